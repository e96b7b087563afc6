from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.store import ranks


@given(st.lists(st.integers(0, 100), min_size=1, max_size=60))
def test_a_rank_is_between_its_neighbours(places: list[int]) -> None:
    order: list[str] = []
    for place in places:
        at = place % (len(order) + 1)
        low = order[at - 1] if at else None
        high = order[at] if at < len(order) else None
        order.insert(at, ranks.between(low, high))
    assert order == sorted(set(order))


def test_ranks_at_either_end_stay_short() -> None:
    first = last = ranks.between(None, None)
    for _ in range(2000):
        first, last = ranks.between(None, first), ranks.between(last, None)
    assert max(len(first), len(last)) <= 8


@pytest.mark.parametrize(("low", "high"), [("a1", "a1"), ("a2", "a1")])
def test_equal_or_crossed_neighbours_have_no_rank_between(low: str, high: str) -> None:
    with pytest.raises(ValueError, match="no rank between"):
        ranks.between(low, high)


@given(st.integers(0, 200))
def test_fresh_ranks_are_in_order(count: int) -> None:
    made = ranks.fresh(count)
    assert len(made) == count
    assert made == sorted(set(made))
    for low, high in pairwise(made):
        assert low < ranks.between(low, high) < high
