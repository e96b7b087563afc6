from datetime import date, timedelta

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from mlkanban.display.number_text.forecast_cards import chance_text, summary
from mlkanban.flow.card_forecast import card_forecasts
from mlkanban.flow.survival import kaplan_meier
from tests.flow.logs import card, rows, sample, took

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


def test_every_open_card_gets_its_days():
    cards = [took(f"f{d}", d) for d in (2, 4, 6, 8, 10)]
    cards += [card("young", (19, 1)), card("old", (1, 1))]
    found = card_forecasts(sample(cards, day=20), days=4)
    assert [c.ref for c in found.cards] == ["young", "old"]
    young, old = found.cards
    # Past day 2 five are at risk (4 6 8 10 and the old one): .8 stay past 4, .6 past 6, .4 past 8.
    assert young.age_days == 2
    assert young.chance is not None
    assert round(young.chance, 6) == 0.4
    assert young.by[50] == date(2026, 1, 20) + timedelta(days=6)
    assert (old.chance, old.by) == (None, {50: None, 85: None})
    assert "unknown" in rows(summary(found))[1]


def test_too_few_cards_are_a_sentence():
    found = card_forecasts(sample([took("a", 2), card("b", (3, 1))], day=9))
    assert found.cards == ()
    assert summary(found).lines == ("1 finished card; the forecast of a card needs 5.",)


def test_no_chance_is_a_certainty():
    assert [chance_text(c) for c in (None, 0.2, 0.95, 0.96, 1.0)] == [
        "unknown", "20 %", "95 %", ">95 %", ">95 %"
    ]  # fmt: skip


@pytest.mark.parametrize(("done", "told"), [(4, 0), (5, 3)])
def test_a_forecast_of_cards_needs_five_finished_ones_and_looks_two_weeks_ahead(done, told):
    cards = [took(f"f{n}", 5 * n, start=1) for n in range(1, done + 1)]
    opened = [card("b", (25, 1)), card("a", (25, 1)), card("old", (1, 3))]
    some = sample([*cards, *opened], day=30)
    found = card_forecasts(some)
    assert (found.n, found.open, found.censored, found.days) == (done, 3, 3, 14)
    assert found.until == some.today + timedelta(days=14)
    assert found == card_forecasts(some, days=14)
    assert len(found.cards) == told
    if told:
        # Likeliest first, of equal ones the youngest, then by id; none was ever as old as the last.
        assert [(c.ref, c.age_days, c.stage) for c in found.cards] == [
            ("a", 6, "Train"), ("b", 6, "Train"), ("old", 30, "Evaluate"),
        ]  # fmt: skip
        assert list(found.cards[0].by) == [50, 85]
        assert found.cards[2].chance is None
        assert found.cards[2].by == {50: None, 85: None}
