from fractions import Fraction

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.flow.percentiles import nearest_rank, needed, percentiles, whole_percents


def test_at_least_p_percent_took_this_long_or_less_and_fewer_took_less():
    for n in range(1, 401):
        for p in range(1, 100):
            rank = nearest_rank(range(1, n + 1), p)  # of 1..n, v is the count of values <= v
            assert 100 * rank >= p * n > 100 * (rank - 1), (n, p)


def test_numpy_agrees_where_its_floating_point_is_exact():
    values = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144]
    for n in range(1, len(values) + 1):
        for p in (25, 50, 75):  # binary fractions
            expected = numpy.percentile(values[:n], p, method="inverted_cdf")
            assert nearest_rank(values[:n], p) == expected


def test_where_floating_point_goes_wrong():
    values = range(1, 101)
    assert nearest_rank(values, 55) == 55 == -(-100 * Fraction(55, 100) // 1)
    assert numpy.percentile(values, 55, method="inverted_cdf") == 56


def test_a_worked_example():
    ordered = [1, 5, 6, 9, 10, 14, 15, 17]
    assert [nearest_rank(ordered, p) for p in (50, 70, 85, 95)] == [9, 14, 15, 17]


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, []),
        (4, []),
        (5, [50]),
        (9, [50]),
        (10, [50, 70, 85]),
        (19, [50, 70, 85]),
        (20, [50, 70, 85, 95]),
        (400, [50, 70, 85, 95]),
    ],
)
def test_too_few_cards_show_no_percentile(n, shown):
    values = percentiles(range(1, n + 1))
    assert list(values) == [50, 70, 85, 95]
    assert [p for p, value in values.items() if value is not None] == shown


def test_what_a_percentile_needs():
    assert [needed(p) for p in (50, 51, 85, 86, 99)] == [5, 10, 10, 20, 20]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=9).filter(any))
def test_whole_percents_add_up_and_none_is_a_percent_off(parts):
    exact = [100 * part / sum(parts) for part in parts]
    found = whole_percents([part / sum(parts) for part in parts])
    assert sum(found) == 100
    assert all(abs(whole - share) < 1 for whole, share in zip(found, exact, strict=True))


def test_the_largest_remainders_get_what_is_left():
    assert whole_percents([0.285, 0.375, 0.34]) == [29, 37, 34]
    assert whole_percents([1 / 3] * 3) == [34, 33, 33]
    assert whole_percents([0.0, 0.0]) == [0, 0]
    assert whole_percents([0.29, 0.71]) == [29, 71]  # 100 * 0.29 is 28.999.. in floating point
