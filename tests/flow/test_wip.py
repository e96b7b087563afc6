"""Work in progress and cumulative flow against counting day by day from the steps."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlkanban.display.number_text.cfd import summary
from mlkanban.flow.cfd import CumulativeLine, cfd
from mlkanban.flow.wip import in_progress_on, wip, wip_in_stages
from tests.flow.logs import WORKFLOW, at, card, histories, sample, took

BERLIN = replace(WORKFLOW, timezone=ZoneInfo("Europe/Berlin"))
zones = st.sampled_from([WORKFLOW, BERLIN])
days_back = st.one_of(st.none(), st.integers(1, 31))


def crossed(workflow, history, boundary, day, as_of):
    """Whether a card, as known at `as_of`, had crossed a stage boundary for good by a day's end."""
    since = None
    for step in history.steps:
        if step.at > as_of:
            break
        past = step.stage >= 4 or (step.outcome and step.outcome != "discarded")
        position = 4 if past else step.stage
        if position < boundary:
            since = None
        elif since is None:
            since = step.at
    return since is not None and since.astimezone(workflow.timezone).date() <= day


@given(histories(12), st.integers(1, 31), days_back, zones)
def test_every_day_is_as_counted_by_hand(cards, day, days, workflow):
    some = sample(cards, day, days, workflow)
    worked = {c.ref for c in some.worked}
    of = [c for c in cards if c.ref in worked]
    counted, flow = wip(some), cfd(some)
    for offset, count in enumerate(counted.counts):
        today = date.fromordinal(counted.first + offset)
        by_hand = [
            sum(crossed(workflow, c, boundary, today, at(day)) for c in of)
            for boundary in (1, 2, 3, 4)
        ]
        assert [line.counts[offset] for line in flow.lines] == by_hand
        assert count == by_hand[0] - by_hand[-1]
        assert len(in_progress_on(some, today.toordinal())) == count


@given(histories(), st.integers(1, 31), days_back, zones)
def test_lines_never_fall_and_never_cross(cards, day, days, workflow):
    flow = cfd(sample(cards, day, days, workflow))
    for line in flow.lines:
        assert list(line.counts) == sorted(line.counts)
        assert all(count >= line.before for count in line.counts)
        assert line.came == (line.counts[-1] - line.before if line.counts else 0)
    for upper, lower in zip(flow.lines, flow.lines[1:], strict=False):
        assert all(u >= low for u, low in zip(upper.counts, lower.counts, strict=True))
        assert upper.before >= lower.before


@given(histories(), st.integers(1, 31), zones)
def test_conservation(cards, day, workflow):
    """From nothing in progress on: WIP added up = days of departed cards - 1 each + ages."""
    some = sample(cards, day, None, workflow)
    departed = sum(some.days_of(c) - 1 for c in some.worked if c.finish is not None)
    ages = sum(some.days_of(c) for c in some.open)
    assert sum(wip(some).counts) == departed + ages


@given(histories(), st.integers(2, 4))
def test_bands_keep_the_first_and_the_last_line_and_every_card(cards, most):
    flow = cfd(sample(cards, 31))
    bands = flow.bands(most)
    assert len(bands) <= max(2, most)
    assert bands[0].counts == flow.lines[0].counts
    assert sorted(ref for b in bands for ref in b.cards) == sorted(
        ref for line in flow.lines for ref in line.cards
    )


@given(
    st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=8),
    st.integers(0, 8),
)
@example([[31, 0, 0], [30, 0, 0], [20, 0, 0], [15, 0, 0], [10, 0, 0]], 4)
def test_the_bands_that_are_joined_are_the_first_of_the_thinnest_two(counts, most):
    lines = [
        CumulativeLine(chr(97 + n), n, tuple(day), (f"c{n}",))
        for n, day in enumerate(sorted(counts, key=sum, reverse=True))
    ]
    some = cfd(sample([]))
    expected = [[line] for line in lines]
    while len(expected) > max(2, most):
        # The work between a line and the one after the next; the last line stays by itself.
        between = [
            sum(expected[n][0].counts) - sum(expected[n + 2][0].counts)
            for n in range(len(expected) - 2)
        ]
        at = between.index(min(between))
        expected[at : at + 2] = [expected[at] + expected[at + 1]]
    assert replace(some, lines=tuple(lines)).bands(most) == tuple(
        CumulativeLine(
            " + ".join(line.name for line in joined), joined[0].before, joined[0].counts,
            tuple(ref for line in joined for ref in line.cards),
        )
        for joined in expected
    )  # fmt: skip


def test_the_highest_day_is_the_first_of_its_kind():
    counted = wip(sample([took("a", 5), took("b", 4, start=3), card("c", (9, 1))], day=10))
    assert counted.counts == (1, 1, 2, 2, 1, 0, 0, 0, 1, 1)
    assert counted.highest == (2, date(2026, 1, 3))
    assert counted.cards == ("c",)
    assert counted.mean == pytest.approx(0.9)


def test_a_clock_change_moves_no_card_to_another_day():
    """The night of 29 March 2026 in Berlin has 23 hours."""
    night = datetime(2026, 3, 28, 23, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    later = night + timedelta(hours=24)
    assert (later.date() - night.date()).days == 1
    one = card("a", (1, 1))
    steps = (replace(one.steps[0], at=night), replace(one.steps[0], at=later, outcome="shipped"))
    some = sample([replace(one, steps=steps)], 100, None, BERLIN)
    assert [some.days_of(c) for c in some.finished] == [2]
    assert wip(some).counts[:3] == (1, 0, 0)


def going(*counts):
    """The sentence about a board on which so many cards were in progress at the end of each day,
    the first on the eve of the window."""
    cards = []
    now: list[tuple[str, int]] = []
    for day, count in enumerate(counts, 1):
        while len(now) < count:
            now.append((f"c{day}-{len(now)}", day))
        while len(now) > count:
            ref, begun = now.pop()
            cards.append(card(ref, (begun, 1), (day, 1, "shipped")))
    cards += [card(ref, (begun, 1)) for ref, begun in now]
    return summary(cfd(sample(cards, len(counts), len(counts) - 1))).lines[0]


def test_work_that_grew_and_fell_again_did_not_stay_the_same():
    assert going(7, 4, 13, 7) == (
        "Work in progress is 7 as at the start of the 3 days (4 to 13 between)."
    )
    assert going(3, 3, 3) == "Work in progress stayed at 3 over the 2 days."
    assert going(3, 3) == "Work in progress stayed at 3 on this day."
    assert going(0, 2) == "Work in progress grew from 0 to 2 on this day."
    assert going(2, 3, 5) == "Work in progress grew from 2 to 5 over the 2 days."
    assert going(2, 9, 5) == "Work in progress grew from 2 to 5 over the 2 days (2 to 9 between)."
    assert going(5, 1, 4) == "Work in progress fell from 5 to 4 over the 2 days (1 to 5 between)."


@given(histories(), st.integers(1, 31), days_back, zones)
def test_the_cards_in_a_stage_are_those_that_stand_there_at_the_end_of_each_day(
    cards, day, back, workflow
):
    some = sample(cards, day, back, workflow)
    counted = {
        known.ref: known.history.steps
        for known in some.cards
        if not known.flow.never_worked and known.flow.state != "discarded"
    }

    def standing(stage, day):
        end = workflow.end_of_day(date.fromordinal(day))
        found = set()
        for ref, steps in counted.items():
            now = [step for step in steps if step.at <= end]
            if now and now[-1].outcome is None and now[-1].stage == stage:
                found.add(ref)
        return found

    for stage, found in enumerate(wip_in_stages(some)):
        expected = [standing(stage, day) for day in some.days]
        assert list(found.counts) == [len(refs) for refs in expected]
        if expected:
            assert set(found.cards) == expected[-1]


def test_each_line_has_the_name_of_its_stage_and_its_arrivals():
    cards = [card("a", (1, 1), (3, 2), (5, 3), (8, 4)), card("b", (4, 1), (6, 3)),
             card("c", (7, 1, "abandoned")), card("d", (9, 1))]  # fmt: skip
    found = cfd(sample(cards, day=9, days=5))  # from day 5 on
    assert (date.fromordinal(found.first), found.n) == (at(5).date(), 3)
    lines = [(ln.name, ln.before, ln.counts, ln.came, ln.cards) for ln in found.lines]
    assert lines == [
        ("Train", 2, (2, 2, 2, 2, 3), 1, ("d",)), ("Wait", 1, (1, 2, 2, 2, 2), 1, ()),
        ("Evaluate", 0, (1, 2, 2, 2, 2), 2, ("b",)), ("Departed", 0, (0, 0, 0, 1, 1), 1, ()),
    ]  # fmt: skip
    never = replace(WORKFLOW, first_delivered=5)
    names = [line.name for line in cfd(sample(cards, day=9, workflow=never)).lines]
    assert names == ["Train", "Wait", "Evaluate", "Done", "Departed"]


def test_four_bands_at_most_are_drawn_unless_asked_for_others():
    lines = tuple(CumulativeLine(str(n), 0, (9 - n,), ()) for n in range(6))
    whole = replace(cfd(sample([])), lines=lines)
    assert [len(whole.bands(most)) for most in (0, 2, 3, 4, 6, 9)] == [2, 2, 3, 4, 6, 6]
    assert whole.bands() == whole.bands(4)
