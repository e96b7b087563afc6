import itertools
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.display.number_text.xmr import summary
from mlkanban.flow.xmr import NaturalLimits, limits_of, xmr
from tests.flow.logs import sample, took


def test_the_worked_example():
    limits = limits_of([1, 10, 9, 17, 14, 5, 15, 6])
    assert limits is not None
    assert limits.mean == 9.625
    assert limits.upper == pytest.approx(28.245)
    assert limits.lower == 0


@given(st.lists(st.integers(1, 60), min_size=6, max_size=40))
def test_limits_are_the_mean_and_the_moving_ranges(values):
    limits = limits_of(values)
    moving = mean(abs(b - a) for a, b in itertools.pairwise(values))
    assert limits is not None
    assert limits.mean == pytest.approx(mean(values))
    assert limits.upper == pytest.approx(mean(values) + 2.66 * moving)
    assert limits.lower == pytest.approx(max(0, mean(values) - 2.66 * moving))


def of(values):
    cards = [took(f"c{n:02}", days, start=1 + n - days + 40) for n, days in enumerate(values)]
    return xmr(sample(cards, day=100))


def test_cards_are_in_order_of_finish_and_signals_are_named():
    found = of([3, 4] * 8 + [30])
    assert [days for _, days in found.cards][:4] == [3, 4, 3, 4]
    assert [found.cards[at] for at in found.outside] == [("c16", 30)]
    assert "1 card outside" in summary(found).lines[1]
    assert not found.provisional


def test_a_run_on_one_side_is_a_shift():
    found = of([2] * 9 + [12] * 9)
    assert found.runs == ((0, 8), (9, 17))


def test_too_few_values_have_no_limits():
    assert of([3] * 5).limits is None
    assert "limits need 6" in summary(of([3] * 5)).lines[0]
    assert of([3, 4, 5] * 3).provisional
    assert "provisional" in summary(of([3, 4, 5] * 3)).lines[0]


@pytest.mark.parametrize(("many", "limits", "provisional"), [
    (5, False, True), (6, True, True), (14, True, True), (15, True, False), (16, True, False),
])  # fmt: skip
def test_limits_need_six_values_and_settle_with_fifteen(many, limits, provisional):
    found = of([3, 5] * 8 if many == 16 else ([3, 5] * 8)[:many])
    assert (found.limits is not None, found.provisional, found.n) == (limits, provisional, many)


@pytest.mark.parametrize(
    ("values", "runs"),
    [
        ([2] * 7 + [12] * 7, ()), ([2] * 8 + [12] * 7, ((0, 7),)), ([2] * 7 + [12] * 8, ((7, 14),)),
        ([12] * 8 + [2] * 8, ((0, 7), (8, 15))),
        # A value on the mean ends a run.
        ([2] * 8 + [7] + [12] * 8, ((0, 7), (9, 16))),
        ([2] * 4 + [7] + [2] * 4 + [12] * 8, ((9, 16),)),
        ([7] * 20, ()),
    ],
)  # fmt: skip
def test_a_run_has_eight_values_on_one_side_of_the_mean(values, runs):
    assert of(values).runs == runs


def test_only_what_lies_beyond_a_limit_is_outside():
    same = of([4] * 8)
    assert (same.limits, same.outside) == (NaturalLimits(4, 4, 4), ())
    low = of([40, 41] * 8 + [1])
    assert low.outside == (16,)
    found = limits_of([3, 3, 3, 3, 3, 9])
    assert found is not None
    assert found.mean == 4
    assert found.lower == pytest.approx(0.808)
    assert found.upper == pytest.approx(7.192)
