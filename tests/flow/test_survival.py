from fractions import Fraction
from random import Random
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from mlkanban.flow.percentiles import nearest_rank
from mlkanban.flow.survival import kaplan_meier

durations = st.lists(st.integers(1, 25), max_size=40)


@given(durations.filter(bool), durations)
def test_scipy_agrees(finished, censored):
    survival = kaplan_meier(finished, censored)
    expected = ecdf(CensoredData(uncensored=finished, right=censored)).sf
    assert [t for t, _ in survival.steps] == sorted(set(finished))
    for t, s in survival.steps:
        assert abs(float(s) - expected.evaluate(t)) < 1e-12


@given(durations.filter(bool), st.integers(1, 99))
def test_without_open_cards_it_is_the_percentile(finished, p):
    assert kaplan_meier(finished, []).time(p) == nearest_rank(sorted(finished), p)


@given(durations.filter(bool), durations, st.integers(1, 99))
def test_open_cards_never_make_it_shorter(finished, censored, p):
    without, counting = kaplan_meier(finished, []).time(p), kaplan_meier(finished, censored).time(p)
    assert without is not None
    assert counting is None or counting >= without


def test_a_worked_example():
    survival = kaplan_meier([1, 5, 6, 9, 10, 14, 15, 17], [11, 21])
    falls = {1: ".9", 5: ".8", 6: ".7", 9: ".6", 10: ".5", 14: ".375", 15: ".25", 17: ".125"}
    assert survival.steps == tuple((t, Fraction(s)) for t, s in falls.items())
    assert [survival.time(p) for p in (50, 70, 85, 95)] == [10, 15, 17, None]


def test_at_a_tie_the_open_card_still_counts_as_at_risk():
    assert kaplan_meier([3], [3]).steps == ((3, Fraction(1, 2)),)


def test_nothing_known():
    assert kaplan_meier([], [4, 5]).time(50) is None


def test_a_hundred_thousand_cards_are_no_wait():
    finished = [i * i % 3001 + 1 for i in range(80_000)]
    censored = [i * 7 % 2999 + 1 for i in range(20_000)]
    began = perf_counter()
    kaplan_meier(finished, censored).time(95)
    assert perf_counter() - began < 1


watched = st.tuples(st.integers(1, 25), st.booleans(), st.integers(0, 24)).map(
    lambda one: (one[0], one[1], min(one[2], one[0] - 1))
)
"""How long a card lasted, whether it ended then, and the age at which it came to be known."""


def estimate(cards):
    return kaplan_meier(
        [days for days, ended, _ in cards if ended],
        [days for days, ended, _ in cards if not ended],
        [entry for _, _, entry in cards if entry],
    )


@given(st.lists(watched, min_size=1, max_size=40))
def test_a_card_counts_from_the_age_at_which_it_came_to_be_known(cards):
    share, expected = Fraction(1), []
    for t in sorted({days for days, ended, _ in cards if ended}):
        at_risk = sum(entry < t <= days for days, _, entry in cards)
        ends = sum(days == t and ended for days, ended, _ in cards)
        if at_risk == ends and any(entry >= t for _, _, entry in cards):
            break  # S would be 0, though others are known to be older
        share *= 1 - Fraction(ends, at_risk)
        expected.append((t, share))
    assert estimate(cards).steps == tuple(expected)


def test_a_worked_example_with_cards_from_before():
    # n_3 = 10: the cards of 8 and 9 days came at age 4. n_5 = 11: that of 3 days has gone.
    cards = [(3, True, 0), (5, True, 1), (8, True, 4), (9, False, 4), *[(9, False, 0)] * 8]
    found = estimate(cards)
    s3 = Fraction(9, 10)
    s5 = s3 * Fraction(10, 11)
    assert found.steps == ((3, s3), (5, s5), (8, s5 * Fraction(9, 10)))
    assert found.withheld is None


@pytest.mark.parametrize("early", [2, 4, 9])
def test_few_at_risk_withhold_nothing(early):
    """The first of a few young cards ended, and thirty more are known from age 10 on: what comes
    later is told, as lifelines has it."""
    cards = [(2, True, 0), *[(30, False, 0)] * (early - 1), *[(20, True, 10)] * 30]
    found = estimate(cards)
    s2 = 1 - Fraction(1, early)
    assert found.steps == ((2, s2), (20, s2 * (1 - Fraction(30, early + 29))))
    assert found.withheld is None


@given(st.lists(watched, min_size=1, max_size=40), st.integers(0, 25), st.integers(0, 25))
def test_what_young_cards_did_does_not_change_the_chances_of_old_ones(cards, age, days):
    """The chance of a card of some age is that among those that were watched after it."""
    old = [(lasted, ended, max(entry, age)) for lasted, ended, entry in cards if lasted > age]
    found = estimate(cards)
    assert found.chance(age, days) == pytest.approx(estimate(old).chance(age, days))
    assert [found.time_left(age, p) for p in (50, 85)] == [
        estimate(old).time_left(age, p) for p in (50, 85)
    ]
    assert found.older(age) == sum(ended for _, ended, _ in old)


def test_all_at_risk_end_though_others_are_older():
    """All at risk end on one day, and nobody is to come: S is 0. Where others come, known to be
    older, it is not told from there, and of those it is."""
    assert estimate([(5, True, 0)] * 3).steps == ((5, Fraction(0)),)
    assert estimate([(5, True, 0)] * 3 + [(5, False, 0)]).steps == ((5, Fraction(1, 4)),)
    found = estimate([(3, True, 0)] * 10 + [(9, True, 4)] * 12 + [(12, True, 4)] * 12)
    assert found.withheld == 3
    assert found.steps == ()
    assert found.time(50) is found.chance(0, 9) is found.chance(2, 1) is None
    assert found.chance(4, 5) == 0.5
    assert (found.time_left(4, 50), found.time_left(4, 85), found.older(4)) == (5, 8, 24)


def test_a_few_young_cards_are_no_ground_for_what_all_take():
    old = [(20, True, 10)] * 12
    assert estimate([(1, True, 0), *old]).steps == ()
    assert estimate([(1, True, 0), *old]).time(85) is None


def test_a_window_of_a_steady_board_shows_what_cards_take():
    """Cards of 1 to 100 days come every day; without the ages at the start of the window, the slow
    ones, which are open longer, would weigh too much."""
    rng, with_age, without = Random(7), [], []
    for begun in range(-400, 30):
        for _ in range(10):
            days, first = rng.randint(1, 100), max(0, -begun)
            if begun + days > 0:
                seen, ended = min(days, 30 - begun), begun + days <= 30
                with_age.append((seen, ended, first))
                without.append((seen, ended, 0))
    assert abs(estimate(with_age).time(50) - 50) <= 4
    assert estimate(without).time(50) >= 60


@given(durations, durations, st.integers(0, 30), st.integers(0, 30))
def test_the_chance_to_end_in_time_is_that_of_those_that_lasted_so_long(ends, cut, age, days):
    survival = kaplan_meier(ends, cut)

    def lasting(t):
        return min((share for at, share in survival.steps if at <= t), default=Fraction(1))

    assert survival.at(age) == lasting(age)
    known = bool(survival.steps) and age < max(at for at, _ in survival.steps)
    expected = 1 - lasting(age + days) / lasting(age) if known else None
    found = survival.chance(age, days)
    assert found is expected or found == pytest.approx(float(expected or 0), abs=1e-12)


@given(durations, durations, st.integers(0, 30), st.integers(1, 99))
def test_the_time_left_is_the_first_day_on_which_the_chance_is_reached(ends, cut, age, p):
    survival = kaplan_meier(ends, cut)
    left = survival.at(age)
    reached = (d for d in range(60) if left and 100 * (1 - survival.at(age + d) / left) >= p)
    assert survival.time_left(age, p) == next(reached, None)
