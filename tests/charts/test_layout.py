from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.charts.layouts.canvas import EIGHTHS
from mlkanban.charts.layouts.histogram import layout_histogram
from mlkanban.charts.spec import HistogramSpec, Mark
from mlkanban.flow.percentiles import nearest_rank


def spec_of(values, *marks):
    counts = {value: values.count(value) for value in sorted(set(values))}
    return HistogramSpec(tuple(counts.items()), "days", marks)


def percentile_marks(values):
    ordered = sorted(values)
    return [Mark(nearest_rank(ordered, p), f"p{p}") for p in (50, 70, 85, 95)]


values = st.lists(st.integers(1, 400) | st.integers(1, 20), min_size=1, max_size=80)
sizes = st.tuples(st.integers(30, 200), st.integers(8, 60))


@settings(max_examples=200)
@given(values, st.integers(1, 500), sizes)
def test_nothing_leaves_the_canvas_and_nothing_overlaps(values, sle, size):
    spec = spec_of(values, *percentile_marks(values), Mark(sle, "SLE"))
    plan = layout_histogram(spec, *size)
    assert plan.margin + 1 + plan.columns == size[0]
    assert plan.rows + 3 == size[1]
    right = 0
    for bar in plan.bars:
        assert bar.column >= right
        right = bar.column + bar.columns
        assert bar.rows < plan.rows  # room for the line of a mark
    assert right <= plan.columns
    for column, lowest in plan.marks:
        bar = next(bar for bar in plan.bars if bar.centre == column)
        assert lowest == bar.rows
    end = -1
    for label in plan.mark_labels:
        assert label.column > end
        end = label.end
    assert end <= plan.columns
    words = " ".join(label.text for label in plan.mark_labels).split()
    assert sorted(words) == sorted(mark.label for mark in spec.marks)


@settings(max_examples=200)
@given(values, sizes)
def test_axis_labels_keep_their_distance(values, size):
    plan = layout_histogram(spec_of(values), *size)
    assert plan.x_ticks
    for (a, left), (b, right) in pairwise(plan.x_ticks):
        assert b - a >= (len(left) + len(right)) / 2 + 2
    rows = [row for row, _ in plan.y_ticks]
    assert all(b - a >= 2 for a, b in pairwise(rows))
    assert all(0 <= row < plan.rows for row in rows)
    assert all(
        int(text) == (i + 1) * int(plan.y_ticks[0][1]) for i, (_, text) in enumerate(plan.y_ticks)
    )


@given(values, sizes)
def test_bars_are_as_high_as_the_axis_says(values, size):
    plan = layout_histogram(spec_of(values), *size)
    row, label = plan.y_ticks[0]
    for bar in plan.bars:
        cards = bar.eighths / EIGHTHS / (row + 1) * int(label)
        rounding = 0.5 / EIGHTHS / (row + 1) * int(label)
        nearest = round(cards)
        assert abs(cards - nearest) <= rounding or bar.eighths == 1
    assert all(bar.eighths == 0 or bar.eighths >= 1 for bar in plan.bars)
    assert plan.bars[0].eighths > 0  # the smallest value is there, however few


def test_labels_that_would_touch_become_one():
    values = [1] * 12 + [2] * 4 + [3] * 3 + [40]
    marks = percentile_marks(values)
    assert [(m.value, m.label) for m in marks] == [(1, "p50"), (2, "p70"), (3, "p85"), (3, "p95")]
    plan = layout_histogram(spec_of(values, *marks, Mark(20, "SLE")), 76, 16)
    assert [label.text for label in plan.mark_labels] == ["p50 p70 p85 p95", "SLE"]
    assert len(plan.marks) == 4


def test_an_overfull_last_bar_says_so():
    plan = layout_histogram(spec_of([1, 2, 2, 3, 400]), 76, 16)
    assert plan.x_ticks[-1][1] == "34+"
    assert plan.bars[-1].eighths > 0


def test_one_card_among_thousands_is_seen():
    plan = layout_histogram(HistogramSpec(((1, 1), (2, 9000)), "days", ()), 76, 16)
    assert plan.bars[0].eighths == 1


def test_a_mark_beyond_the_values_has_its_place():
    plan = layout_histogram(spec_of([1, 2, 2, 3], Mark(10, "SLE")), 76, 16)
    assert len(plan.bars) == 10
    assert plan.marks == ((plan.bars[9].centre, 0),)


def test_bars_of_several_days_are_named_by_their_range():
    plan = layout_histogram(spec_of(list(range(1, 71))), 76, 16)
    assert plan.x_ticks[0][1] == "1-3"
