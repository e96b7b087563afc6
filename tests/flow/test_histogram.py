from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.flow.histogram import Bin, bins

counts = st.dictionaries(st.integers(0, 5000), st.integers(1, 50), min_size=1, max_size=60)


@given(counts, st.integers(2, 200))
def test_every_value_is_in_the_one_bin_that_holds_it(values, columns):
    sorted_in = bins(values, columns)
    assert len(sorted_in) <= max(1, columns // 2)
    assert sorted_in[0].first == min(values)
    for this, following in pairwise(sorted_in):
        assert this.last == following.first - 1
    assert sorted_in[-1].last is None
    for b in sorted_in:
        end = float("inf") if b.last is None else b.last
        assert b.count == sum(c for v, c in values.items() if b.first <= v <= end)


@given(counts, st.integers(2, 200))
def test_bins_are_equally_wide_and_the_last_starts_within_the_values(values, columns):
    sorted_in = bins(values, columns)
    widths = {b.last - b.first + 1 for b in sorted_in if b.last is not None}
    assert len(widths) <= 1
    assert sorted_in[-1].first <= max(values)
    if len(values) <= 30:
        assert widths <= {1}
    elif widths:
        span = max(values) - min(values) + 1
        assert widths == {max(1, -(-span // (columns // 2)))}


def test_up_to_thirty_distinct_days_each_has_its_bin():
    assert bins({1: 2, 3: 1}, 80) == (Bin(1, 1, 2), Bin(2, 2, 0), Bin(3, None, 1))
    assert len(bins(Counter(range(1, 31)), 60)) == 30
    assert bins(Counter(range(1, 31)), 20)[0] == Bin(1, 1, 1)


def test_more_days_share_bins():
    assert bins(Counter(range(1, 32)), 20)[:2] == (Bin(1, 4, 4), Bin(5, 8, 4))


def test_a_far_value_falls_into_the_open_end():
    assert bins({1: 5, 2: 3, 400: 1}, 8) == (
        Bin(1, 1, 5), Bin(2, 2, 3), Bin(3, 3, 0), Bin(4, None, 1)
    )  # fmt: skip


def test_no_values_no_bins():
    assert bins({}, 80) == ()
