"""What numbers say of random histories is counted again, by the cards alone."""

import re
from collections import Counter
from datetime import UTC, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.display.number_text import number_view
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Window
from tests.examples import examples
from tests.flow.logs import card, histories, sample, took

windows = st.one_of(st.none(), st.integers(1, 31))
_DONE = ("shipped", "learned", "superseded")


def words(name: str, some: Sample) -> str:
    view = number_view(name)
    return "\n".join(view.summary(view.count(view.scoped(some))).lines)


def said(pattern: str, text: str) -> list[int]:
    found = re.search(pattern, text)
    return [int(number) for number in found.groups()] if found else []


def varied(cards):
    """Some of everything, and enough that went through to make sentences."""
    return [*cards, *(took(f"t{n}", 1 + n * n % 9, start=1 + n) for n in range(14))]


def checked(cards, day, days):
    return sample(varied(cards), day=day, days=days)


logs = [histories(12), st.integers(1, 31), windows]


@settings(max_examples=examples(60), deadline=None)
@given(*logs)
def test_so_many_percent_took_so_many_days_or_less(cards, day, days):
    some = checked(cards, day, days)
    took_days = [some.days_of(one) for one in some.finished]
    text = words("cycle-time", some)
    if found := said(r"(\d+) % of finished cards took (\d+) day", text):
        p, most = found
        assert 100 * sum(each <= most for each in took_days) >= p * len(took_days)
        assert 100 * sum(each < most for each in took_days) < p * len(took_days)
    else:
        assert len(took_days) < 5
    if found := said(r"(\d+) % of (\d+) finished cards took (\d+) day", words("sle", some)):
        p, n, most = found
        lately = [some.days_of(one) for one in some.of_all_time.finished][-max(30, n) :]
        assert n == len(lately)
        assert 100 * sum(each <= most for each in lately) >= p * n
    if found := said(r"(\d+) % of finished cards took (\d+) day", words("lead", some)):
        p, most = found
        written = [
            (some.workflow.day(one.flow.finish) - some.workflow.day(one.history.steps[0].at)).days
            + 1
            for one in some.finished
            if one.flow.finish
        ]
        assert 100 * sum(each <= most for each in written) >= p * len(written)


@settings(max_examples=examples(60), deadline=None)
@given(*logs)
def test_work_in_progress_is_that_of_the_cards(cards, day, days):
    some = checked(cards, day, days)
    last = some.window.last.toordinal()
    begun = [one for one in some.worked if one.start is not None and one.start <= last]
    gone = [one for one in begun if one.finish is not None and one.finish <= last]
    open_now = len(begun) - len(gone)
    if found := said(r"^(\d+) in progress at the end", words("wip", some)):
        assert found == [open_now]
    if found := said(r"(\d+) committed and (\d+) departed by .*in progress then: (-?\d+)",
                     words("cfd", some)):  # fmt: skip
        assert found == [len(begun), len(gone), open_now]
    if found := said(r"^(\d+) open, the oldest (\d+) d", words("aging", some)):
        assert found == [len(some.open), max(map(some.days_of, some.open))]
    if found := said(r"^(\d+) finished", words("throughput", some)):
        done = [one for one in gone if one.flow.outcome in _DONE]
        first = some.window.first
        since = 0 if first is None else first.toordinal()
        assert found == [sum((one.finish or 0) >= since for one in done)]


@settings(max_examples=examples(60), deadline=None)
@given(*logs)
def test_the_reason_that_leads_has_the_largest_share(cards, day, days):
    some = checked(cards, day, days)
    begin = some.workflow.start_of_day(some.window.first) if some.window.first else None
    end = some.as_of.astimezone(UTC)
    lost: Counter[str] = Counter()
    for one in some.cards:
        steps = one.history.steps
        for step, after in zip(steps, [*(s.at for s in steps[1:]), end], strict=True):
            inside = step.outcome is None and step.stage in some.workflow.committed
            if step.block and inside:
                since = step.at if begin is None else max(step.at, begin)
                lost[step.block.reason] += max(timedelta(), min(after, end) - since) / timedelta(1)
    text = words("blockers", some)
    if found := re.search(r"largest share of days went to (\S+) ", text):
        assert lost[found[1]] >= max(lost.values()) - 0.06
    if found := re.search(r"All days went to (\S+) ", text):
        assert sum(days > 0.1 for days in lost.values()) <= 1


@settings(max_examples=examples(40), deadline=None)
@given(*logs, st.integers(0, 2))
def test_forecasts_of_a_young_board_are_sentences(cards, day, days, begun):
    """Thirty to sixty days old, with much, little or nothing finished and open."""
    some = varied(cards) if begun else cards
    late = [card(f"o{n}", (20 + n, 1)) for n in range(begun)]
    young = sample([*some, *late], day=29 + day, days=days)
    past = young.within(Window.back(days, young.today - timedelta(days=begun)))
    for each in (young, past, young.only([c.ref for c in young.cards[:2]], "tag:x")):
        for name in ("forecast", "forecast-cards", "due", "backtest", "burn-up"):
            text = words(name, each)
            assert text
            assert "None" not in text
            assert "nan" not in text
            assert "100 %:" not in text
        text = words("forecast", each)
        if found := said(r"Rests on (\d+) card", text):
            whole = set(each.of_all_time.whole_days)
            done = [one.finish for one in each.of_all_time.finished]
            assert found == [sum(day in whole for day in done)]
            assert len({day for day in done if day in whole}) >= 5
        else:
            assert "needs cards finished on 5 different days" in text
        if found := said(
            r"Of (\d+) open card\S* .*about (\d+) will be", words("forecast-cards", each)
        ):
            known, about = found
            assert 0 <= about <= known <= len(each.open)
