"""The rate of finished cards, against numbers that are worked out day by day with scipy."""

from itertools import pairwise

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from mlkanban.flow.finish_rate import Ahead, FinishRate, last
from mlkanban.flow.negative_binomial import NegativeBinomial
from tests.examples import examples

pasts = st.lists(st.integers(0, 6), min_size=31, max_size=120).filter(any)


def tail(mean, dispersion, count):
    """P(X >= count), variance `dispersion` times the mean."""
    if count <= 0 or mean == 0:
        return float(count <= 0)
    dispersion = max(dispersion, 1.001)
    return nbinom.sf(count - 1, mean / (dispersion - 1), 1 / dispersion)


@settings(max_examples=examples(200))
@given(st.floats(0.001, 2000), st.floats(0.5, 60), st.integers(0, 4000))
def test_the_chance_of_so_many_is_that_of_scipy(mean, dispersion, count):
    found = NegativeBinomial(mean, dispersion).at_least(count)
    # Both are differences of logarithms of gamma functions as large as the mean.
    assert found == pytest.approx(tail(mean, dispersion, count), abs=1e-9 + 1e-11 * mean)


def test_of_no_cards_nothing_is_to_be_expected():
    none = NegativeBinomial(0.0, 3.0)
    assert [none.at_least(k) for k in (0, 1)] == [1.0, 0.0]


class Reference:
    """The same for the last day of a past, with all sums written out."""

    def __init__(self, past, horizon):
        self.past, self.horizon = past, horizon

    def weights(self, day):
        return 0.5 ** (numpy.arange(day, -1, -1) / 20)

    def per_day(self, day):
        return numpy.average(self.past[: day + 1], weights=self.weights(day))

    def daily_dispersion(self, day):
        mean = self.per_day(day)
        if not mean:
            return 1.0
        squares = (numpy.array(self.past[: day + 1]) - mean) ** 2
        return numpy.average(squares, weights=self.weights(day)) / mean

    def came(self, day):
        return sum(self.past[day + 1 : day + 1 + self.horizon])

    def dispersion(self, day):
        usual = max(3.0, self.daily_dispersion(day))
        days = range(max(20, day - 365), day - self.horizon + 1)
        expected = [self.per_day(d) * self.horizon for d in days]
        if not sum(expected):
            return usual
        errors = [(self.came(d) - e) ** 2 for d, e in zip(days, expected, strict=True)]
        periods = len(days) / self.horizon
        return (sum(errors) / sum(expected) * periods + usual * 3) / (periods + 3)

    def met(self):
        end = len(self.past) - 1
        made = []
        for day in range(max(30, end - self.horizon - 365), end - self.horizon + 1):
            if sum(count > 0 for count in self.past[: day + 1]) >= 5:
                mean, dispersion = self.per_day(day) * self.horizon, self.dispersion(day)
                came = self.came(day)
                as_many = tail(mean, dispersion, came)
                more = tail(mean, dispersion, came + 1)
                made.append(min(0.75 * more + 0.25 * as_many, 0.9995))
        return made


def learned(past, horizon):
    rate = FinishRate(horizon)
    rate.learn(past)
    return rate


@settings(max_examples=examples(20), deadline=None)
@given(pasts, st.integers(1, 20))
def test_rate_and_dispersion_are_those_that_are_written_out(past, horizon):
    rate, expected, end = learned(past, horizon), Reference(past, horizon), len(past) - 1
    assert rate.per_day == pytest.approx(expected.per_day(end))
    usual = max(3.0, expected.daily_dispersion(end))
    assert rate.usual_dispersion == pytest.approx(usual)
    assert rate.dispersion == pytest.approx(expected.dispersion(end), rel=1e-6)
    ahead = rate.ahead()
    assert ahead.spread.mean == pytest.approx(expected.per_day(end) * horizon)
    met = expected.met()
    assert ahead.met == pytest.approx(sorted(met), abs=1e-9)
    assert (rate.tried, ahead.periods) == (len(met), len(met) / horizon)


def test_only_the_errors_of_a_year_count():
    past = [(day * day) % 5 for day in range(460)]
    rate, expected = learned(past, 14), Reference(past, 14)
    assert rate.dispersion == pytest.approx(expected.dispersion(459))
    assert rate.tried == len(rate.ahead().met) == 366


@settings(max_examples=examples(25), deadline=None)
@given(pasts, pasts, st.integers(1, 20))
def test_what_is_learned_anew_leaves_nothing_of_what_was_known(first, second, horizon):
    rate = learned(first, horizon)
    for past in (second, second[: len(second) // 2], first, [*first, *second]):
        rate.learn(past)
        fresh = learned(past, horizon)
        assert rate.ahead() == fresh.ahead()
        assert (rate.days, rate.finished, rate.active_days) == (
            len(past), sum(past), sum(map(bool, past)),
        )  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(pasts, st.integers(1, 20), st.sampled_from([50, 70, 85, 95]))
def test_as_many_cards_have_a_chance_as_its_calibrated_tail_has(past, horizon, p):
    ahead = learned(past, horizon).ahead()
    cards = ahead.cards(p)
    assert cards == 0 or ahead.chance(cards) >= p / 100
    assert cards == ahead.spread.most or ahead.chance(cards + 1) < p / 100
    tail = [ahead.chance(k) for k in range(ahead.spread.most)]
    assert tail[0] == 1
    assert all(a >= b for a, b in pairwise(tail))


def test_the_chance_is_the_share_of_the_past_in_which_as_much_came():
    """Twenty periods, mixed with four in which forecasts hold as often as they say."""
    rate = learned([1, 0] * 100, 7)
    ahead = rate.ahead()
    for cards in range(1, 9):
        likely = ahead.spread.at_least(cards)
        share = sum(met < likely for met in ahead.met) / len(ahead.met)
        expected = (share * ahead.periods + likely * 4) / (ahead.periods + 4)
        assert ahead.chance(cards) == pytest.approx(expected)


def test_work_like_clockwork_is_trusted_more_with_every_period():
    """One card a day, always: of two weeks at first little is certain, after a year nearly all."""
    sure = [learned([1] * days, 14).ahead().cards(85) for days in (20, 60, 120, 400)]
    assert sure == sorted(sure)
    assert sure[0] <= 8
    assert sure[-1] == 14


def test_the_last_days_weigh_most():
    rising, falling = [0, 1] * 30 + [3] * 30, [3] * 30 + [0, 1] * 30
    assert learned(rising, 14).per_day > 2 * learned(falling, 14).per_day


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_last_number_for_which_something_holds(border, most):
    assert last(lambda number: number <= border, most) == min(border, most)


def test_no_past_makes_a_forecast_surer_than_1999_of_2000() -> None:
    rate = FinishRate(7)
    rate.learn([10] * 60 + [0] * 7)
    assert max(rate.ahead().met) == 0.9995


def test_a_day_that_brought_just_as_many_cards_does_not_speak_against_them() -> None:
    spread = NegativeBinomial(5.0, 2.0)
    likely = spread.at_least(4)
    assert Ahead(spread, (likely,), 1).chance(4) == pytest.approx(likely * 4 / 5)
    assert Ahead(spread, (likely - 0.01,), 1).chance(4) == pytest.approx((1 + likely * 4) / 5)
