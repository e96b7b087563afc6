from datetime import date, timedelta
from math import prod

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from mlkanban.display.number_text.forecast_cards import summary
from mlkanban.display.number_view import chance_text
from mlkanban.flow.card_forecast import card_forecasts
from mlkanban.flow.sample import follow
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Window
from tests.flow.logs import WORKFLOW, at, card, rows, sample, took

durations = st.lists(st.integers(1, 25), min_size=1, max_size=40)


@given(durations, st.lists(st.integers(1, 25), max_size=20), st.integers(1, 24), st.integers(0, 20))
def test_the_chance_of_a_card_is_that_of_scipys_curve(finished, censored, age, days):
    curve = ecdf(CensoredData(uncensored=finished, right=censored)).sf
    found = kaplan_meier(finished, censored)

    def s(t):
        return float(curve.evaluate(numpy.array([t]))[0])

    chance = found.chance(age, days)
    if age >= max(finished):
        assert chance is None
    elif s(age) > 0:
        assert chance is not None
        assert abs(float(chance) - (s(age) - s(age + days)) / s(age)) < 1e-9


@given(durations, st.lists(st.integers(1, 25), max_size=20), st.integers(0, 24))
def test_the_days_left_are_the_fewest_that_reach_the_share(finished, censored, age):
    curve = kaplan_meier(finished, censored)
    for p in (50, 70, 85, 95):
        left = curve.time_left(age, p)
        reached = [
            d
            for d in range(60)
            if curve.at(age) and 100 * (curve.at(age) - curve.at(age + d)) >= p * curve.at(age)
        ]
        assert left == (reached[0] if reached else None)


def ten_each(*days):
    """Ten finished cards that took each of these times."""
    return [took(f"f{d}x{n}", d) for d in days for n in range(10)]


def test_every_open_card_gets_its_days():
    cards = [*ten_each(2, 4, 6, 8, 10), card("young", (17, 1)), card("old", (1, 1))]
    found = card_forecasts(sample(cards, day=18), days=4)
    assert [c.ref for c in found.cards] == ["young", "old"]
    young, old = found.cards
    # Of age 2 on a day that goes on it has lasted 1: 51 of 52 come to day 2, and so on.
    assert (young.age_days, young.older) == (2, 50)
    assert young.chance is not None
    stay = [(52, 10), (41, 10), (31, 10)]
    expected = 1 - prod((risk - ends) / risk for risk, ends in stay)
    assert young.chance == pytest.approx(expected)
    assert young.by[50] == date(2026, 1, 18) + timedelta(days=4)
    assert (old.age_days, old.older, old.chance) == (18, 0, None)
    assert old.by == {50: None, 85: None}
    said = summary(found)
    assert rows(said)[1][2:5] == ("unknown", "too few older", "too few older")
    assert said.lines[0].startswith("About 1 of the 1 open card whose chance is known will be")
    assert "The chance of 1 card is unknown: fewer than 10 finished cards got" in said.lines[1]
    tomorrow = card_forecasts(sample(cards, day=18), days=1)
    assert tomorrow.cards[0].chance == pytest.approx(10 / 52)
    assert summary(tomorrow).lines[0].startswith("Probably none of the 1 open card")


def test_a_card_may_be_finished_today_as_long_as_the_day_goes_on():
    """All but three of 78 took one day; one was begun half an hour ago."""
    cards = [took(f"f{n}", 10 if n < 3 else 1, start=1 + n % 20) for n in range(78)]
    begun = card("new", (35, 1))
    [now] = card_forecasts(sample([*cards, begun], day=35.1)).cards
    assert (now.age_days, now.older) == (1, 78)
    assert now.by == {50: date(2026, 2, 4), 85: date(2026, 2, 4)}
    # Once the day is over it has outlived all but three, which are too few to go by.
    end = WORKFLOW.end_of_day(at(35).date())
    over = follow(WORKFLOW, [*cards, begun], end, Window.back(None, WORKFLOW.day(end)))
    [late] = card_forecasts(over).cards
    assert (late.older, late.chance, late.by) == (3, None, {50: None, 85: None})


@pytest.mark.parametrize(("older", "known"), [(9, False), (10, True)])
def test_a_chance_rests_on_ten_cards_that_were_older(older, known):
    cards = [*ten_each(1), *(took(f"o{n}", 20) for n in range(older)), card("c", (25, 1))]
    [found] = card_forecasts(sample(cards, day=30)).cards
    assert (found.older, found.chance is not None) == (older, known)
    assert (found.by[50] is not None) == known


def test_cards_begun_before_the_window_count_from_the_age_they_had_then():
    """A hundred a day, of 1 to 60 days: in a window of 20 days the slow ones began before it."""
    cards = [
        card(f"c{begun}x{days}", (begun, 1), (begun + days - 1, 1, "shipped"))
        for begun in range(1, 200) for days in range(1, 61, 3)
    ]  # fmt: skip
    [found] = [
        c
        for c in card_forecasts(sample([*cards, card("new", (200, 1))], day=200, days=20)).cards
        if c.ref == "new"
    ]
    assert found.by[50] is not None
    assert abs((found.by[50] - date(2026, 7, 19)).days - 30) <= 3


def test_too_few_cards_are_a_sentence():
    found = card_forecasts(sample([took("a", 2), card("b", (3, 1))], day=9))
    assert found.cards == ()
    assert summary(found).lines == ("1 finished card; the forecast of a card needs 10.",)
    assert summary(found).claims == ()


def test_no_chance_is_a_certainty():
    assert [chance_text(c) for c in (None, 0.0, 0.2, 0.95, 0.96, 1.0)] == [
        "unknown", "<1 %", "20 %", "95 %", ">95 %", ">95 %"
    ]  # fmt: skip


@pytest.mark.parametrize(("done", "told"), [(9, 0), (10, 3)])
def test_a_forecast_of_cards_needs_ten_finished_ones_and_looks_two_weeks_ahead(done, told):
    cards = [took(f"f{n}", 10 + n, start=1) for n in range(1, done + 1)]
    opened = [card("b", (25, 1)), card("a", (25, 1)), card("old", (1, 3))]
    some = sample([*cards, *opened], day=30)
    found = card_forecasts(some)
    assert (found.n, found.open, found.censored, found.days) == (done, 3, 3, 14)
    assert found.until == some.today + timedelta(days=14)
    assert found == card_forecasts(some, days=14)
    assert len(found.cards) == told
    if told:
        # Likeliest first, of equal ones the youngest, then by id; of none too few were older.
        assert [(c.ref, c.age_days, c.stage) for c in found.cards] == [
            ("a", 6, "Train"), ("b", 6, "Train"), ("old", 30, "Evaluate"),
        ]  # fmt: skip
        assert list(found.cards[0].by) == [50, 85]
        assert found.cards[2].chance is None
        assert found.cards[2].by == {50: None, 85: None}
