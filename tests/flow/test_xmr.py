import itertools
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.display.number_text.xmr import summary
from mlkanban.flow.xmr import limits_of, xmr
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
