from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random
from sys import maxsize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.display.number_text.backtest import sentence, summary
from mlkanban.flow.backtest import HORIZON, PASTS, HitRate, _Replay, backtest
from mlkanban.flow.forecast import FEWEST_DAYS, Sums, whole_days
from mlkanban.flow.history import CardHistory, FlowState, trace
from mlkanban.flow.percentiles import PERCENTILES, needed
from mlkanban.flow.sample import follow
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Window
from tests.examples import examples
from tests.flow.logs import WORKFLOW, at, card, histories, sample, took


def steady(cards=400, seed=3):
    """About one finish a day, days independent."""
    rng = Random(seed)
    return [took(f"c{n}", rng.randint(1, 12), start=1 + rng.uniform(0, 400)) for n in range(cards)]


def test_forecasts_of_a_steady_board_hold_as_often_as_they_say():
    found = backtest(sample(steady(), day=400))
    assert len(found.days) >= 60
    for kinds in found.scores.values():
        for scores in kinds.values():
            assert [score.percent for score in scores] == list(PERCENTILES)
            for score in scores:
                assert score.trials >= 60
                assert score.share is not None
                assert score.share >= score.percent - 12
    assert "held" in sentence(found, "how_many", back=90)


def test_a_board_that_breaks_down_is_called_out():
    cards = steady()
    half = [c for c in cards if c.steps[0].at < at(200)] + [
        c for n, c in enumerate(cards) if c.steps[0].at >= at(200) and n % 12 == 0
    ]
    said = summary(backtest(sample(half, day=400)))
    assert any("less often" in line or "--window 30d" in line for line in said.lines)


@settings(max_examples=examples(25), deadline=None)
@given(histories(15), st.integers(8, 25))
def test_a_trial_knows_nothing_of_what_came_after(cards, day):
    """Cutting the history off after the trial day changes nothing of what was known then."""
    whole = _Replay(sample(cards, 31))
    for back in (day, day - 3):
        for c in whole._turned:
            flow = trace(WORKFLOW, c.history, WORKFLOW.end_of_day(at(back).date()))
            then = whole._then(c, at(back).date().toordinal())
            worked = flow is not None and flow.start is not None and not flow.never_worked
            assert (then is not None) == worked
            if then is not None:
                assert flow is not None
                assert then.done == (flow.state is FlowState.FINISHED)


@settings(max_examples=examples(40), deadline=None)
@given(histories(15), st.integers(3, 30))
def test_final_facts_cut_off_are_what_was_known(cards, day):
    """For cards that never came back: tracing them as of the day gives the same."""
    some = sample(cards, 31)
    replay = _Replay(some)
    turned = {c.ref for c in replay._turned}
    as_of = WORKFLOW.end_of_day(at(day).date())
    ordinal = at(day).date().toordinal()
    plain = [c for c in some.worked if c.ref not in turned]
    for c in plain:
        flow = trace(WORKFLOW, c.history, as_of)
        then_open = flow is not None and flow.start is not None and flow.finish is None
        assert c.start is not None
        assert then_open == (c.start <= ordinal and (c.finish is None or c.finish > ordinal))


def test_the_future_changes_no_prediction():
    cards = steady(120)
    early = sample(cards, day=90)
    later = sample(cards, day=400)
    day = at(60).date().toordinal()

    def predictions(some):
        made = []

        class Replay(_Replay):
            def _throughput(self, day, past):
                made.append(tuple(past))
                return super()._throughput(day, past)

        replay = Replay(replace(some, window=Window(None, some.window.last, "all")))
        replay.cards = 5
        list(replay.trial(day))
        return made

    assert predictions(early) == predictions(later)


def test_a_short_history_is_a_sentence():
    found = backtest(sample([took("a", 2), card("b", (3, 1))], day=9))
    assert found.days == ()
    assert "Nothing to replay" in summary(found).lines[0]
    assert sentence(found, "how_many", back=90) == ""
    assert found.best_past_days == PASTS[-1]


def like_clockwork(until: int) -> list[CardHistory]:
    """A card begun every day, each finished on its fifth day."""
    return [took(f"c{day}", 5, start=day) for day in range(1, until + 1)]


def test_forecasts_of_work_like_clockwork_all_hold():
    found = backtest(sample(like_clockwork(200), day=200))
    for kinds in found.scores.values():
        for kind, scores in kinds.items():
            assert {score.share for score in scores} == {100.0}, kind
    assert found.cards_ahead == 14


def test_a_day_is_a_trial_once_two_weeks_after_it_are_known():
    """The last day is not over, and there are thirty days of past before the first trial."""
    assert backtest(sample(like_clockwork(45), day=45)).days == ()
    assert backtest(sample(like_clockwork(46), day=46)).days == (at(31).date(),)


@pytest.mark.parametrize(("day", "ahead"), [(2, 42), (3, 21), (22, 2), (400, 1)])
def test_as_many_cards_are_waited_for_as_two_weeks_bring(day, ahead):
    cards = [took(f"c{n}", 1) for n in range(3)]
    assert backtest(sample(cards, day=day)).cards_ahead == ahead


def test_an_open_card_that_is_late_counts_against_its_forecast():
    cards = [*like_clockwork(200), card("late", (100, 1))]
    scores = backtest(sample(cards, day=200)).scores[90]["card"]
    assert all(score.held < score.trials for score in scores)


def test_a_card_that_takes_a_day_longer_than_any_other_holds_no_forecast():
    cards = [*like_clockwork(200), took("slow", 6, start=100)]
    scores = backtest(sample(cards, day=200)).scores[90]["card"]
    assert all(score.held < score.trials for score in scores)


def any_world(seed):
    """Cards of two months that skip, go back, come back, are abandoned or still open."""
    rng = Random(seed)
    cards = []
    for n in range(70):
        day = rng.uniform(1, 55)
        steps: list[tuple[float | int | str, ...]] = []
        for stage in rng.choice(([1], [1, 3], [1, 0, 1], [1, 4, 3], [0, 1, 1], [1, 3])):
            steps.append((day, stage))
            day += rng.expovariate(0.3)
        end = rng.choice(("shipped", "shipped", "shipped", "learned", "abandoned", "discarded", ""))
        if end:
            steps.append((day, steps[-1][1], end))
        if end and n % 5 == 0:
            steps.append((day + 2, steps[-1][1], rng.choice(("learned", "abandoned"))))
        cards.append(card(f"c{n}", *steps))
    return sample(cards, day=60)


def known_on(some, day, first, cards_ahead):
    """The forecasts of a day, from the board as it was known then, with nothing prepared: days of
    past, kind and p -> how many are decided, and how many of these held."""
    last = whole_days(some).stop - 1
    as_of = WORKFLOW.end_of_day(date.fromordinal(day))
    then = follow(WORKFLOW, some.histories, as_of, Window.back(None, WORKFLOW.day(as_of)))
    final = {c.ref: c for c in some.cards}
    done = [c.finish for c in some.worked if c.flow.state is FlowState.FINISHED]
    later = sorted(at for at in done if day < at <= last)
    found = {}
    for back in PASTS:
        since = max(first, day - back + 1)
        ended = [c for c in then.worked if c.finish is not None and c.finish >= since]
        good = [c for c in ended if c.flow.state is FlowState.FINISHED]
        past = [sum(c.finish == at for c in good) for at in range(since, day + 1)]
        took = [then.days_of(c) for c in good]
        cut = [then.days_of(c) for c in (*ended, *then.open) if c not in good]
        survival = kaplan_meier(took, cut)
        for p in PERCENTILES:
            if sum(map(bool, past)) >= FEWEST_DAYS:
                sums = Sums(past)
                came = sum(at <= day + HORIZON for at in later)
                found[back, "how_many", p] = (1, sums.how_many(p, HORIZON) <= came)
                due = sums.when(p, cards_ahead) or maxsize
                if len(later) >= cards_ahead:
                    found[back, "when", p] = (1, later[cards_ahead - 1] - day <= due)
                elif day + due <= last:
                    found[back, "when", p] = (1, 0)
            if len(took) >= needed(PERCENTILES[0]):
                decided = []
                for c in then.open:
                    now = final[c.ref]
                    abandoned = now.finish is not None and now.flow.state is FlowState.ABANDONED
                    left = survival.time_left(then.days_of(c), p)
                    if now.start is None or abandoned or left is None:
                        continue
                    if now.finish is not None or day + left <= last:
                        decided.append(now.finish is not None and now.finish - day <= left)
                found[back, "card", p] = (len(decided), sum(decided))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_every_trial_is_what_the_board_of_that_day_would_have_said(seed):
    some = any_world(seed)
    replay, told = _Replay(some), backtest(some)
    first = min(c.start for c in some.worked)
    assert len(replay._turned) > 10
    totals: Counter[tuple[tuple[int, str, int], str]] = Counter()
    for day in range(first, whole_days(some).stop):
        known = {(back, kind, p): (tries, good) for back, kind, p, tries, good in replay.trial(day)}
        assert known == known_on(some, day, first, told.cards_ahead)
        if date.fromordinal(day) in told.days:
            for key, (tries, good) in known.items():
                totals[key, "trials"] += tries
                totals[key, "held"] += good
    for back, kinds in told.scores.items():
        for kind, scores in kinds.items():
            for score in scores:
                key = back, kind, score.percent
                assert (score.trials, score.held) == (totals[key, "trials"], totals[key, "held"])


def daily_cards(days):
    """A card on each of so many days, begun and finished on it."""
    return [took(f"c{n}", 1, start=n) for n in range(1, days + 1)]


@pytest.mark.parametrize(
    ("days", "trials", "apart"),
    [
        # The first trial has thirty days behind it, the last one fourteen whole days ahead.
        (44, 0, None), (45, 1, None), (46, 2, 1), (164, 120, 1), (165, 61, 2), (284, 120, 2),
        (285, 81, 3),
    ],
)  # fmt: skip
def test_trials_lie_as_close_as_gives_a_hundred_and_twenty_at_most(days, trials, apart):
    end = WORKFLOW.end_of_day(at(days).date())
    some = follow(WORKFLOW, daily_cards(days), end, Window.back(None, WORKFLOW.day(end)))
    found = backtest(some)
    assert len(found.days) == trials
    if trials:
        assert found.days[0] == at(31).date()
        assert found.days[-1] <= at(days - 14).date()
    if apart:
        assert {(b - a).days for a, b in zip(found.days, found.days[1:], strict=False)} == {apart}
        assert (at(days - 14).date() - found.days[-1]).days < apart
    assert list(found.scores) == [30, 90]
    assert all(list(kinds) == ["how_many", "when", "card"] for kinds in found.scores.values())
    assert found.cards_ahead == 14 or not trials
    for kinds in found.scores.values():
        for kind in ("how_many", "when"):
            assert [(s.trials, s.held) for s in kinds[kind]] == [(trials, trials)] * 4


@pytest.mark.parametrize(
    ("percent", "trials", "held", "share"),
    [
        (50, 4, 4, None), (50, 5, 4, 80.0), (70, 9, 9, None), (70, 10, 0, 0.0), (85, 9, 9, None),
        (85, 10, 9, 90.0), (95, 19, 19, None), (95, 20, 20, 100.0), (50, 0, 0, None),
    ],
)  # fmt: skip
def test_a_share_asks_for_as_many_trials_as_a_percentile_for_values(percent, trials, held, share):
    assert HitRate(percent, trials, held).share == share


def scored(*held_of_30, trials=100):
    """The rates at 50 % of the forecasts from 30 days of past, and of those from 90."""
    rates = [
        {"how_many": (HitRate(50, trials, held),), "when": (HitRate(50, 3, 0),), "card": ()}
        for held in held_of_30
    ]
    empty = backtest(sample([]))
    return replace(empty, scores=dict(zip((30, 90), rates, strict=True)))


@pytest.mark.parametrize(
    ("near", "far", "best", "worst"),
    [
        (50, 60, 30, (0, 10)), (60, 50, 90, (10, 0)), (55, 55, 90, (5, 5)), (45, 55, 90, (5, 5)),
        (44, 55, 90, (6, 5)), (46, 55, 30, (4, 5)), (40, 59, 90, (10, 9)),
    ],
)  # fmt: skip
def test_the_past_is_best_whose_forecasts_are_least_wrong_either_way(near, far, best, worst):
    found = scored(near, far)
    assert found.best_past_days == best
    assert (found.worst(30), found.worst(90)) == worst
    assert found.differences(30) == [near - 50]


def test_a_past_without_a_share_is_not_the_best_one():
    none = scored(0, 0, trials=4)
    assert (none.differences(30), none.worst(30), none.best_past_days) == ([], 0.0, 90)
    some = scored(0, 0)
    few = replace(some, scores={30: some.scores[30], 90: none.scores[90]})
    assert few.best_past_days == 30


@pytest.mark.parametrize(
    ("steps", "came_back"),
    [
        ([(1, 1)], False), ([(1, 0), (2, 1), (3, 4)], False), ([(1, 1), (2, 3), (3, 1)], False),
        ([(1, 1), (2, 1, "shipped"), (3, 4, "shipped")], False),
        ([(1, 1), (2, 0)], True), ([(1, 4), (2, 1)], True), ([(1, 1), (2, 4), (3, 3)], True),
        ([(1, 1), (2, 1, "learned"), (3, 1)], True),
        ([(1, 1), (2, 1, "learned"), (3, 1, "shipped")], True),
        ([(1, 1), (2, 1, "discarded")], True),
    ],
)  # fmt: skip
def test_only_a_card_that_came_back_is_followed_anew_on_each_day(steps, came_back):
    replay = _Replay(sample([card("c", *steps)]))
    assert [c.ref for c in replay._turned] == ["c"] * came_back


def test_days_on_which_nothing_could_be_forecast_are_no_trials():
    """A card is begun on day 1; from day 60 on one is finished each day."""
    cards = [card("early", (1, 1)), *(took(f"c{n}", 1, start=n) for n in range(60, 101))]
    end = WORKFLOW.end_of_day(at(100).date())
    found = backtest(follow(WORKFLOW, cards, end, Window.back(None, WORKFLOW.day(end))))
    assert found.days == tuple(at(day).date() for day in range(64, 87))
    near = found.scores[30]
    assert {score.trials for score in near["how_many"]} == {23}
