from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil, log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, poisson

from mlkanban.display.number_text.backtest import sentence, summary
from mlkanban.flow.backtest import KINDS, HitRate, Methods, _Replay, backtest
from mlkanban.flow.card_chances import remaining_of
from mlkanban.flow.card_forecast import card_forecasts
from mlkanban.flow.forecast import forecast
from mlkanban.flow.history import CardHistory, FlowState, trace
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window
from tests.examples import examples
from tests.flow.logs import GPU, WORKFLOW, at, card, histories, sample, took

RATE, STAY = 1.5, 0.85
"""Cards begun each day, and the share of open ones that are not finished on a day."""


def steady(seed: int = 3, days: int = 500) -> list[CardHistory]:
    """Cards begun at a steady rate, days independent, each finished on any day by chance."""
    rng = Random(seed)
    cards = []
    for day in range(1, days):
        for n in range(sum(rng.random() < RATE / 10 for _ in range(10))):
            lasts = ceil(log(1 - rng.random()) / log(STAY))
            cards.append(took(f"c{day}x{n}", lasts, start=day + 0.01 * n))
    return cards


def known_whole(cards: Sequence[CardHistory], day: int, days: int | None = None) -> Sample:
    """What is known at the end of a day."""
    end = WORKFLOW.end_of_day(at(day).date())
    return follow(WORKFLOW, cards, end, Window.back(days, WORKFLOW.day(end)))


def test_forecasts_of_a_steady_board_hold_as_often_as_they_say() -> None:
    found = backtest(known_whole(steady(), 500))
    assert len(found.days) >= 60
    for kind in KINDS:
        assert [score.percent for score in found.scores[kind]] == list(PERCENTILES)
        score = found.score(kind, 85)
        assert score.judged
        assert score.off >= 0
        assert score.share is not None
        assert 75 <= score.share <= 98


def test_a_board_that_breaks_down_is_called_out() -> None:
    """Every hundred days it stops for fifty."""
    cards = [c for c in steady(days=800) if (c.steps[-1].at - at(1)).days % 150 < 100]
    rushed = Methods(lambda counts: {85: round(14 * RATE) - 4}, lambda counts: {}, lambda *_: None)
    found = backtest(known_whole(cards, 800), methods=rushed)
    assert found.score("how_many", 85).off == -1
    assert any("held less often" in line for line in summary(found).lines)


def test_chances_of_open_cards_are_those_that_were_told_then() -> None:
    """Day by day as the forecast by card has them, no two of a card for the same days; one card has
    parts and is not judged by its age."""
    cards = [
        *steady(days=400),
        card("whole", (375, 1)),
        replace(card("p", (376, 1)), parent="whole"),
    ]
    whole, days = known_whole(cards, 400), 14
    finish = {c.ref: c.finish for c in whole.worked}
    begin, last = whole.days.start, whole.days.stop - 1
    tried = range(begin + 30, last)
    told: list[tuple[float, bool, int]] = []
    ready = begin
    for day in tried[:: max(1, -(-len(tried) // 120))]:
        if day < ready:
            continue
        ready = day + days
        then = known_whole(cards, day - at(1).date().toordinal() + 1)
        for forecast_then in card_forecasts(then, days=days).cards:
            done = finish[forecast_then.ref]
            if forecast_then.chance is not None and not forecast_then.parts and ready <= last:
                told.append((forecast_then.chance, done is not None and done <= ready, day))
    found = backtest(whole, days=days).chances
    assert sum(one.n for one in found) == len(told) > 100
    for one in found:
        some = [t for t in told if one.low <= 100 * t[0] < one.high + (one.high == 100)]
        assert (one.n, one.held) == (len(some), sum(held for _, held, _ in some))
        assert one.said == pytest.approx(100 * sum(c for c, _, _ in some) / len(some))
        assert one.periods == len({day for *_, day in some})


# Forecasters that are known to be right or wrong


def planted(shift: int) -> Methods:
    """What is so of the steady board, in truth; with a shift above 0 too early, below too late."""
    spread = poisson(RATE * 14)
    many = {p: int(spread.ppf(1 - p / 100)) + shift for p in PERCENTILES}
    sure = [float(poisson(RATE * days).sf(20 - 1)) for days in range(60)]
    soon = {
        p: max(1, next(days for days, chance in enumerate(sure) if chance >= p / 100) - shift // 2)
        for p in PERCENTILES
    }

    def card_days(remaining: object, age: int, p: int) -> int | None:
        days = ceil(log(1 - p / 100) / log(STAY))
        return max(1, ceil(days / 3) if shift > 0 else 2 * days if shift < 0 else days)

    return Methods(lambda _: many, lambda _: soon, card_days)


@pytest.mark.parametrize(("shift", "off"), [(8, -1), (-8, 1), (0, 0)])
def test_early_late_and_honest_forecasters_are_told_apart(shift: int, off: int) -> None:
    found = backtest(known_whole(steady(days=900), 900), cards=20, methods=planted(shift))
    for kind in KINDS:
        for percent in (50, 70):
            score = found.score(kind, percent)
            assert score.judged
            assert score.off == off, (kind, score)
    words = {-1: "less often than they say", 1: "more often than they say", 0: "periods)."}
    assert all(words[off] in sentence(found, kind, 70) for kind in KINDS)


@given(st.integers(1, 200), st.data())
def test_the_interval_is_that_of_scipy(periods: int, data: st.DataObject) -> None:
    held = data.draw(st.integers(0, periods))
    score = HitRate(50, 10 * periods, 10 * held, periods)
    expected = binomtest(held, periods).proportion_ci(method="wilson")
    assert score.interval == pytest.approx((100 * expected.low, 100 * expected.high))


@pytest.mark.parametrize(
    ("held", "periods", "off"),
    [
        (85, 9, 0), (30, 9, 0), (85, 10, 0), (30, 10, -1), (100, 10, 0), (100, 30, 1), (75, 30, 0),
        (75, 300, -1), (92, 300, 1),
    ],
)  # fmt: skip
def test_nothing_is_concluded_from_less_than_ten_periods(held: int, periods: int, off: int) -> None:
    score = HitRate(85, 100, held, periods)
    assert score.judged == (periods >= 10)
    assert score.off == off


# What counts as a trial


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


def test_the_future_changes_no_forecast() -> None:
    cards, made = steady(days=120), []
    for day in (90, 119):
        asked: dict[int, list[int]] = {}

        def how_many(
            counts: Sequence[int], asked: dict[int, list[int]] = asked
        ) -> Mapping[int, int]:
            asked[len(counts)] = [*counts]
            return {}

        backtest(
            known_whole(cards, day),
            days=1,
            methods=Methods(how_many, lambda _: {}, lambda *_: None),
        )
        made.append(asked)
    early, later = made
    assert len(early) == 59
    assert {days: later[days] for days in early} == early


def test_a_short_history_is_a_sentence() -> None:
    found = backtest(sample([took("a", 2), card("b", (3, 1))], day=9))
    assert found.days == ()
    assert "No trials yet" in summary(found).lines[0]
    assert sentence(found, "how_many") == "Not tested 14 days ahead: no trials yet."


def like_clockwork(until: int) -> list[CardHistory]:
    """A card begun every day, each finished on its fifth day."""
    return [took(f"c{day}", 5, start=day) for day in range(1, until + 1)]


def test_work_like_clockwork_is_called_surer_than_it_says() -> None:
    found = backtest(sample(like_clockwork(400), day=400))
    for kind in KINDS:
        for percent in (50, 70):
            assert found.score(kind, percent).off == 1, kind
    assert found.cards_ahead == 14


def planning(*, how_many: int = 0, when: int | None = None, card: int | None = None) -> Methods:
    """The same answer on each day."""
    return Methods(lambda _: {85: how_many}, lambda _: {85: when}, lambda *_: card)


def test_a_trial_counts_once_its_day_has_come() -> None:
    """The last day is over, and thirty days of past lie before the first trial."""
    for days, trials in ((44, 0), (45, 1), (60, 16)):
        found = backtest(known_whole(like_clockwork(days), days), methods=planning(how_many=1))
        assert found.score("how_many", 85).trials == trials
    for ahead, trials in ((10, 20), (29, 1), (30, 0)):
        # Whatever became of them: 5 cards are there on the fifth day.
        for cards in (5, 500):
            found = backtest(
                known_whole(like_clockwork(60), 60), cards=cards, methods=planning(when=ahead)
            )
            score = found.score("when", 85)
            assert (score.trials, score.held) == (trials, trials if cards == 5 else 0)
        found = backtest(known_whole(like_clockwork(60), 60), methods=planning(card=ahead))
        assert found.score("card", 85).trials == 4 * trials


def test_no_card_at_all_is_no_forecast_that_holds() -> None:
    found = backtest(known_whole(like_clockwork(60), 60), methods=planning(how_many=0))
    score = found.score("how_many", 85)
    assert (score.trials, score.held, score.periods, score.silent) == (0, 0, 0, 16)
    assert score.share is None
    assert found.days == ()
    [none, why] = summary(found).lines
    assert none == "No trials."
    assert why == "Not one card was likely enough, which is no trial: on 16 of 16 days at 85 %."
    assert sentence(found, "how_many") == (
        "Not tested 14 days ahead: no trials yet, not one card was that likely on 16 days."
    )


def test_days_without_a_forecast_make_no_independent_periods() -> None:
    """Two cards are promised in the first weeks alone."""
    early = Methods(
        lambda counts: {85: 2 if len(counts) < 59 else 0}, lambda _: {}, lambda *_: None
    )
    found = backtest(known_whole(like_clockwork(300), 300), methods=early)
    score = found.score("how_many", 85)
    assert score.silent > 60
    assert score.trials < 20
    assert score.periods == 2


def test_an_open_card_that_is_late_counts_against_its_forecast() -> None:
    """Of two that were begun on day 50, one is open still, and one was abandoned."""
    cards = [*like_clockwork(200), card("late", (50, 1)), took("gone", 60, 50, "abandoned")]
    found = backtest(known_whole(cards, 200), methods=planning(card=4)).score("card", 85)
    before = backtest(known_whole(cards[:-2], 200), methods=planning(card=4)).score("card", 85)
    assert before.held == before.trials == found.held
    # On each second day from the 51st to the 196th.
    assert found.trials - before.trials in (73, 74)


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


def known_on(
    some: Sample, day: int, back: int | None, cards: int
) -> dict[tuple[str, int], tuple[int, int]]:
    """The forecasts of a day, by the board as it was known then: kind and p -> how many are
    decided, and how many of these held."""
    last = some.whole_days.stop - 1
    as_of = WORKFLOW.end_of_day(date.fromordinal(day))
    then = follow(WORKFLOW, some.histories, as_of, Window.back(back, WORKFLOW.day(as_of)))
    if back is not None:
        # The first days of a window that begins before the board are no days of it.
        assert then.days.start >= min(c.start for c in some.worked if c.start is not None)
    final = {c.ref: c for c in some.cards}
    later = sorted(
        c.finish for c in some.worked
        if c.finish is not None and c.flow.state is FlowState.FINISHED and c.finish > day
    )  # fmt: skip
    found: dict[tuple[str, int], tuple[int, int]] = {}
    ahead = forecast(then, days=7, cards=cards)
    remaining = remaining_of(then)
    for p in PERCENTILES:
        if ahead.possible and day + 7 <= last:
            came = sum(end <= day + 7 for end in later)
            # Where not one card is that likely, nothing is promised.
            promised = ahead.how_many[p] > 0
            if promised:
                found["how_many", p] = (1, ahead.how_many[p] <= came)
        due = ahead.when.get(p)
        if due is not None and due.toordinal() <= last:
            found["when", p] = (1, sum(end <= due.toordinal() for end in later) >= cards)
        decided = []
        for c in then.open:
            now = final[c.ref]
            left = remaining.days(then.days_of(c), p)
            gone = now.flow.state is FlowState.ABANDONED or now.flow.never_worked
            if left is None or day + left > last or now.start is None or gone:
                continue
            decided.append(now.finish is not None and now.finish - day <= left)
        if decided:
            found["card", p] = (len(decided), sum(decided))
    return found


@pytest.mark.parametrize(("seed", "back"), [(0, None), (1, None), (2, 30), (3, None), (4, 20)])
def test_every_trial_is_what_the_board_of_that_day_would_have_said(
    seed: int, back: int | None
) -> None:
    whole = any_world(seed)
    some = whole.within(Window.back(back, whole.window.last))
    found = backtest(some, days=7, cards=3)
    first = min(c.start for c in some.worked if c.start is not None)
    assert len(_Replay(some)._turned) > 10
    totals: Counter[tuple[str, int]] = Counter()
    held: Counter[tuple[str, int]] = Counter()
    used = []
    for day in range(first + 30, some.whole_days.stop - 1):
        known = known_on(some, day, back, 3)
        used += [date.fromordinal(day)] * bool(known)
        for key, (tries, good) in known.items():
            totals[key] += tries
            held[key] += good
    assert found.days == tuple(used)
    assert sum(totals.values()) > 50
    for kind, scores in found.scores.items():
        for score in scores:
            key = kind, score.percent
            assert (score.trials, score.held) == (totals[key], held[key]), key


def test_from_a_first_day_on_nothing_before_it_is_used() -> None:
    cards = steady(days=200)
    end = WORKFLOW.end_of_day(at(200).date())
    window = Window.between(at(100).date(), WORKFLOW.day(end))
    seen: list[int] = []

    def how_many(counts: Sequence[int]) -> Mapping[int, int]:
        seen.append(len(counts))
        return {85: 1}

    found = backtest(
        follow(WORKFLOW, cards, end, window),
        methods=Methods(how_many, lambda _: {}, lambda *_: None),
    )
    assert found.days[0] == at(130).date()
    assert (seen[0], seen[-1]) == (31, 87)


@pytest.mark.parametrize(
    ("days", "trials", "apart"), [(45, 14, 1), (151, 120, 1), (152, 61, 2), (272, 81, 3)]
)
def test_trials_lie_as_close_as_gives_a_hundred_and_twenty_at_most(
    days: int, trials: int, apart: int
) -> None:
    cards = [took(f"c{n}", 1, start=n) for n in range(1, days + 1)]
    found = backtest(known_whole(cards, days), days=1, methods=planning(how_many=1))
    assert len(found.days) == trials
    assert found.days[0] == at(31).date()
    assert {(b - a).days for a, b in zip(found.days, found.days[1:], strict=False)} == {apart}
    assert (at(days - 1).date() - found.days[-1]).days < apart


@pytest.mark.parametrize(("days", "ahead", "periods"), [(100, 14, 4), (100, 7, 9), (171, 14, 10)])
def test_periods_are_trials_that_do_not_overlap(days: int, ahead: int, periods: int) -> None:
    """From the 31st day on, as often as the days looked ahead fit."""
    cards = [took(f"c{n}", 1, start=n) for n in range(1, days + 1)]
    some = known_whole(cards, days)
    found = backtest(some, days=ahead, methods=planning(how_many=1)).score("how_many", 85)
    assert found.periods == (days - 31) // ahead == periods
    when = backtest(some, cards=1, methods=planning(when=ahead)).score("when", 85)
    assert when.periods == found.periods


@pytest.mark.parametrize(
    ("percent", "trials", "held", "share"),
    [
        (50, 4, 4, None), (50, 5, 4, 80.0), (70, 9, 9, None), (70, 10, 0, 0.0), (85, 9, 9, None),
        (85, 10, 9, 90.0), (95, 19, 19, None), (95, 20, 20, 100.0), (50, 0, 0, None),
    ],
)  # fmt: skip
def test_a_share_asks_for_as_many_trials_as_a_percentile_for_values(
    percent: int, trials: int, held: int, share: float | None
) -> None:
    assert HitRate(percent, trials, held, trials).share == share


@pytest.mark.parametrize(("day", "ahead"), [(2, 42), (3, 21), (22, 2), (400, 1)])
def test_as_many_cards_are_waited_for_as_two_weeks_bring(day: int, ahead: int) -> None:
    cards = [took(f"c{n}", 1) for n in range(3)]
    assert backtest(sample(cards, day=day)).cards_ahead == ahead


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


def test_days_on_which_nothing_could_be_forecast_are_no_trials() -> None:
    """A card is begun on day 1; from day 60 on one is finished each day."""
    cards = [card("early", (1, 1)), *(took(f"c{n}", 1, start=n) for n in range(60, 101))]
    found = backtest(known_whole(cards, 100), kinds=("how_many",))
    could = [at(day).date() for day in range(64, 87)]
    assert set(found.days) < set(could)
    assert (found.days[0], found.days[-1]) == (could[0], could[-1])
    assert {score.trials + score.silent for score in found.scores["how_many"]} == {23}
    assert {score.trials for kind in ("when", "card") for score in found.scores[kind]} == {0}


def test_a_card_is_no_trial_on_days_on_which_it_is_blocked() -> None:
    """What is shown of it then is that nothing is known."""
    steady_cards = steady(days=400)
    steps = (300, 1), (320, 4)
    free, held = (
        _Replay(known_whole([*steady_cards, card("held", *some)], 400))
        for some in (steps, (steps[0], (305, 1, None, None, GPU), (315, 1), steps[1]))
    )
    first = WORKFLOW.day(at(1)).toordinal() - 1
    for day, fewer in ((304, 0), (305, 1), (314, 1), (315, 0)):
        told = [len([*one.chances(one.known_on(first + day), 7)]) for one in (free, held)]
        assert told[0] - told[1] == fewer
