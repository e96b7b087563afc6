"""Numbers of a window that ended, of some cards only, and of a day that still goes on."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.charts.layouts import layout
from mlkanban.charts.pictures import when
from mlkanban.charts.spec import HistogramSpec, Spec
from mlkanban.display.number_text import forecast_cards, number_view
from mlkanban.display.number_text.little import reason
from mlkanban.flow.backtest import Methods, backtest
from mlkanban.flow.bottleneck import bottleneck
from mlkanban.flow.card_forecast import card_forecasts
from mlkanban.flow.cfd import cfd
from mlkanban.flow.cycle_time import cycle_times, grouped
from mlkanban.flow.forecast import forecast
from mlkanban.flow.history import Limits
from mlkanban.flow.iterations import iterations
from mlkanban.flow.little import little
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from mlkanban.flow.wip import wip
from mlkanban.glyphs import UTF8
from tests.examples import examples
from tests.flow.logs import WORKFLOW, at, card, histories, sample, took


@settings(max_examples=examples(150), deadline=None)
@given(histories(), st.integers(1, 30))
def test_the_cards_told_are_those_of_the_last_day(cards, last):
    today = WORKFLOW.day(at(31))
    some = follow(WORKFLOW, cards, at(31), Window(None, today - timedelta(days=31 - last), "to"))
    counted, lines = wip(some), cfd(some).lines
    assert len(counted.cards) == (counted.counts[-1] if counted.counts else 0)
    if lines[0].counts:
        for line, after in pairwise(lines):
            assert len(line.cards) == line.counts[-1] - after.counts[-1]


def pairs():
    """Two cards at a time in Train, one of each type, for two days each."""
    return [
        card(f"{kind}{n}", (1 + 2 * n, 1), (3 + 2 * n, 4), type=kind)
        for n in range(10)
        for kind in ("model", "data")
    ]


def test_a_stage_is_full_whatever_cards_are_looked_at():
    limits = (Limits(), Limits(2), Limits(), Limits(), Limits())
    workflow = type(WORKFLOW)(WORKFLOW.stages, 1, 4, WORKFLOW.timezone, WORKFLOW.kinds, limits)
    whole = sample(pairs(), day=21.5, workflow=workflow)
    for some in (whole, *(group for _, group in whole.grouped("type"))):
        assert (bottleneck(some).stages[0].at_limit_share or 0) > 0.9
    assert bottleneck(whole).stages[0].residence_share == 1.0


def test_open_cards_are_counted_where_no_forecast_can_be_made():
    cards = [*(took(f"c{n}", 1) for n in range(3)), *(card(f"o{n}", (5, 1)) for n in range(5))]
    figures = dict(forecast_cards.figures(card_forecasts(sample(cards))))
    assert (figures["open"], figures["likely in 14 d"]) == ("5", "-")


def labels(spec: Spec | None) -> set[str]:
    assert isinstance(spec, HistogramSpec)
    return {mark.label for mark in spec.marks}


def test_the_expectation_stands_on_no_stage():
    cards = [card(f"c{n}", (n, 1), (n + 1, 2), (n + 7, 3), (n + 8, 4)) for n in range(1, 16)]
    view, some = number_view("cycle-time"), sample(cards, day=40)
    assert "SLE" in labels(view.draw(view.count(some), some))
    for _, group, number in view.by(some, "stage"):
        assert "SLE" not in labels(view.draw(number, group))


def test_there_is_a_reason_too_when_all_took_one_day():
    cards = [took(f"c{n}", 1, start=n + 1) for n in range(10)]
    found = little(sample([*cards, *(card(f"o{n}", (1, 1)) for n in range(5))], day=21))
    assert found.observed_days == 0
    assert "cards still open at the end spent 105 days" in reason(found)


def test_the_days_of_a_wide_forecast_rise_from_little_to_all():
    some = sample([took(f"c{n}", 3, start=1 + n * 2.5) for n in range(60)], day=155)
    spec = when(forecast(some, cards=200))
    assert spec is not None
    placed = layout(spec, 78, 20)
    assert placed is not None
    heights: dict[int, int] = {}
    blocks = (places for drawn, places in placed.cells.items() if drawn.glyph in UTF8.eighths)
    for places in blocks:
        for column, row in places:
            heights[column] = max(heights.get(column, 0), row)
    bars = [heights[column] for column in sorted(heights)]
    assert bars == sorted(bars)
    assert bars[-1] > 5 * max(1, bars[0])


def test_a_forecast_does_not_fail_because_the_day_is_not_over():
    """One card every evening: in the morning of the last day none is missing."""
    cards = [card(f"c{n}", (n + 0.2, 1), (n + 0.4, 4)) for n in range(1, 60)]
    one_a_day = Methods(lambda _: {85: 1}, lambda _: {}, lambda *_: None)
    for moment in (59.0, 59.5):
        known = sample(cards, day=moment)
        assert forecast(known).past_days == 58
        found = backtest(known, days=1, methods=one_a_day)
        assert found.score("how_many", 85).trials > 20
        assert found.score("how_many", 85).held == found.score("how_many", 85).trials


def test_a_card_that_finished_after_the_window_was_open_at_its_end():
    """Known today: of the cards open on day 20 some have finished, some have not been begun."""
    cards = [
        *(took(f"c{n}", 4, start=n) for n in range(5, 15)),
        took("later", 30, start=10),
        took("later too", 30, start=11),
        card("still", (12, 1)),
        took("after", 2, start=25),
        card("begun after", (30, 1)),
    ]
    past = Window.between(WORKFLOW.day(at(1)), WORKFLOW.day(at(20)))
    times = cycle_times(follow(WORKFLOW, cards, at(60), past))
    then = cycle_times(follow(WORKFLOW, cards, WORKFLOW.end_of_day(past.last), past))
    assert (times.n, times.open) == (then.n, then.open) == (10, 3)
    assert times.percentiles_with_open == then.percentiles_with_open
    # Ten of 4 days, three censored at 11, 10 and 9.
    assert times.percentiles_with_open[70] == 4
    assert times.percentiles_with_open[85] is None
    forecasts = card_forecasts(follow(WORKFLOW, cards, at(60), past))
    assert (forecasts.n, forecasts.open, forecasts.censored) == (10, 2, 3), (
        "of now: still and begun"
    )
    assert iterations(follow(WORKFLOW, cards, at(60), past)).n == 13
    staged = grouped(follow(WORKFLOW, cards, at(60), past), "stage")
    assert [(name, t.n, t.open) for name, t in staged][1] == ("Train", 10, 3)


@settings(max_examples=examples(100), deadline=None)
@given(histories(), st.integers(2, 30), st.integers(1, 30))
def test_every_card_of_a_stage_has_left_it_or_is_there(cards, last, days):
    """By steps alone: who stands in a stage at the end of the window, and who left it within."""
    window = Window.back(days, WORKFLOW.day(at(last)))
    some = follow(WORKFLOW, cards, at(31), window)
    assert window.first is not None
    end, begin = WORKFLOW.end_of_day(window.last), WORKFLOW.start_of_day(window.first)
    counts = {
        card.ref: card
        for card in some.cards
        if not card.flow.never_worked and card.flow.state != "discarded"
    }
    for stage, (_, times) in enumerate(grouped(some, "stage")):
        there, left = set(), set()
        for ref, followed in counts.items():
            steps = [step for step in followed.history.steps if step.at <= end]
            places = [step.stage if step.outcome is None else None for step in steps]
            if places and places[-1] == stage:
                there.add(ref)
            elif stage in places:
                last_there = max(n for n, place in enumerate(places) if place == stage)
                if steps[last_there + 1].at >= begin:
                    left.add(ref)
        assert times.open == len(there)
        assert {c.ref for c in (*times.cards, *times.abandoned)} == left


@pytest.mark.parametrize(
    ("first", "last", "there"),
    [
        # The card was in the removed stage; it began on day 5 and was finished on day 9.
        (5, 9, True), (9, 9, True), (10, 20, False), (None, 20, True), (None, 5, True),
        (None, 4, False), (1, 4, False), (1, 5, True),
    ],
)  # fmt: skip
def test_a_removed_stage_is_there_where_a_card_counts_that_was_in_it(first, last, there):
    workflow = replace(WORKFLOW, removed=frozenset({2}))
    begin = None if first is None else WORKFLOW.day(at(first))
    window = Window.between(begin, WORKFLOW.day(at(last)))
    gone = card("gone", (5, 1), (6, 2), (7, 3), (9, 4))
    some = follow(workflow, [gone, card("other", (1, 1))], at(30), window)
    assert some.stages == ((1, 2, 3) if there else (1, 3))
    assert some.stages_before_delivery == ((0, 1, 2, 3) if there else (0, 1, 3))
    never = follow(workflow, [card("other", (1, 1))], at(30), window)
    assert never.stages == (1, 3)


def test_days_and_ages_are_counted_with_both_ends():
    cards = [took("done", 3, start=2), card("open", (4, 1)), took("later", 2, start=9)]
    some = sample(cards, day=10, days=6)  # from day 5 to day 10
    by_ref = {c.ref: c for c in some.cards}
    refs = ("done", "open", "later")
    assert [some.days_of(by_ref[ref]) for ref in refs] == [3, 7, 2]
    assert [some.days_by_end(by_ref[ref]) for ref in refs] == [3, 7, 2]
    assert (len(some.days), some.days[0], some.days[-1]) == (
        6, at(5).toordinal(), at(10).toordinal(),
    )  # fmt: skip
    past = some.within(Window.between(None, WORKFLOW.day(at(5))))
    assert [past.days_by_end(by_ref[ref]) for ref in ("done", "open")] == [3, 2]
    assert len(past.days) == 4  # from the first commitment on
    assert len(sample([], day=10).days) == 0
    assert [c.ref for c in some.finished] == ["later"]
    assert [c.ref for c in past.finished] == ["done"]


@pytest.mark.parametrize(
    ("first", "last", "day", "inside"),
    [(2, 4, 1, False), (2, 4, 2, True), (2, 4, 4, True), (2, 4, 5, False), (None, 4, 1, True),
     (None, 4, 5, False), (3, 3, 3, True)],
)  # fmt: skip
def test_a_window_holds_its_first_and_its_last_day(first, last, day, inside):
    days = {n: WORKFLOW.day(at(n)) for n in range(1, 7)}
    window = Window.between(days[first] if first else None, days[last])
    assert (days[day] in window) is inside


def test_a_window_of_some_days_ends_today():
    today = WORKFLOW.day(at(10))
    assert Window.back(1, today) == Window(today, today, "1d", 1)
    assert Window.back(3, today) == Window(WORKFLOW.day(at(8)), today, "3d", 3)
    assert Window.back(None, today) == Window(None, today, "all")
    assert Window.between(today, today).name == f"{today} to {today}"
    with pytest.raises(ValueError, match="comes after"):
        Window.between(today, WORKFLOW.day(at(9)))
