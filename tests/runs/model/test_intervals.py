"""Differences of means with their intervals, held against scipy."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlkanban.runs.model.intervals import MeanValue, difference, t_quantile

values = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=2, max_size=9)


@given(st.floats(1, 1e8))
def test_the_quantile_of_t_is_that_of_scipy(freedom: float) -> None:
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)


def test_the_quantile_at_its_ends() -> None:
    assert t_quantile(1) == pytest.approx(12.706204736174698, rel=1e-12)
    assert t_quantile(math.inf) == pytest.approx(1.959963984540054, rel=1e-12)
    assert t_quantile(1e6) > t_quantile(1.001e6) > t_quantile(math.inf), "no step between ways"


def sample(some: list[float]) -> MeanValue:
    return MeanValue(
        float(np.mean(some)), float(np.std(some, ddof=1)) / len(some) ** 0.5, len(some) - 1
    )


@given(values, values)
def test_the_interval_is_that_of_welch(one: list[float], other: list[float]) -> None:
    if not (np.ptp(one) and np.ptp(other)):
        return
    known = difference(sample(one), sample(other))
    assert known.low is not None
    assert known.high is not None
    held = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert (known.low, known.high) == pytest.approx((held.low, held.high), rel=1e-6, abs=1e-6)


@given(values, st.floats(-1e3, 1e3))
def test_against_a_number_it_is_that_of_one_sample(some: list[float], number: float) -> None:
    if not np.ptp(some):
        return
    known = difference(sample(some), MeanValue(number))
    held = stats.ttest_1samp(some, number).confidence_interval(0.95)
    assert (known.low, known.high) == pytest.approx(
        (held.low - number, held.high - number), rel=1e-6, abs=1e-6
    )


@given(values, values)
def test_the_other_way_round_it_is_the_mirror_image(one: list[float], other: list[float]) -> None:
    there, back = difference(sample(one), sample(other)), difference(sample(other), sample(one))
    assert there.value == -back.value
    assert (there.low is None) == (back.low is None)
    if there.low is not None and back.high is not None:
        assert there.low == pytest.approx(-back.high, abs=1e-9)


def test_without_any_spread_there_is_no_interval() -> None:
    unknown = MeanValue(0.9, None)
    assert difference(unknown, MeanValue(0.8)) == pytest.approx((0.1, None, None))
    assert difference(MeanValue(0.8, 0.01, 2), unknown).low is None
    assert difference(MeanValue(0.9), MeanValue(0.8)).low is None, "two numbers and no chance"


def test_known_noise_on_one_side() -> None:
    """Its degrees of freedom are infinite: the limit of Welch's formula."""
    known = difference(MeanValue(0.9, 0.004, 2), MeanValue(0.88, 0.004))
    held = stats.t.ppf(0.975, 1 / (0.25 / 2)) * math.hypot(0.004, 0.004)
    assert known.high == pytest.approx(0.02 + held)
    two_runs = difference(MeanValue(0.9, 0.004), MeanValue(0.88, 0.004))
    assert two_runs.high == pytest.approx(0.02 + 1.959964 * math.hypot(0.004, 0.004))


def test_huge_and_tiny_values() -> None:
    for size in (1e150, 1e-150):
        known = difference(MeanValue(size, size / 10, 3), MeanValue(0.0, size / 10, 3))
        assert known.low is not None
        assert known.low / size == pytest.approx(1 - stats.t.ppf(0.975, 6) * 0.1 * 2**0.5)


def test_of_a_hundred_intervals_about_five_miss() -> None:
    dice = random.Random(7)
    missed = 0
    for _ in range(600):
        one = [dice.gauss(1.0, 0.2) for _ in range(3)]
        other = [dice.gauss(1.0, 0.1) for _ in range(4)]
        known = difference(sample(one), sample(other))
        missed += not known.low <= 0 <= known.high  # type: ignore[operator]
    assert 0.02 < missed / 600 < 0.08


@pytest.mark.parametrize("freedom", [1, 1.5, 2, 4, 30, 1e5, 1e7, math.inf])
@pytest.mark.parametrize("of", [1, 2, 10, 40, 1000])
def test_the_quantile_of_several_intervals_is_that_of_bonferroni(freedom, of) -> None:
    assert t_quantile(freedom, of) == pytest.approx(stats.t.ppf(1 - 0.025 / of, freedom), rel=1e-7)
