"""The values of a metric over time, in little memory."""

import math
from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.series import (
    MOST_POINTS,
    Axis,
    Latest,
    RunSeries,
    Series,
    SeriesBuilder,
    common_axes,
    drawn_metric,
)


def made(values, steps=None) -> Series:
    builder = SeriesBuilder("loss")
    for at, value in enumerate(values):
        builder.add(value, steps[at] if steps else None)
    return builder.series


def test_few_values_are_kept_as_they_are() -> None:
    series = made([0.5, 0.25, 0.75], [10, 20, 30])
    assert [(p.number, p.value, p.step) for p in series.points] == [
        (1, 0.5, 10), (2, 0.25, 20), (3, 0.75, 30),
    ]  # fmt: skip
    assert (series.count, series.last, series.best(lower=True)) == (
        3, series.points[2], series.points[1],
    )  # fmt: skip
    assert made([]).last is None


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30), st.integers(1, 200))
def test_of_many_values_the_extremes_the_first_and_the_last_stay(some, times) -> None:
    values = some * times
    series = made(values)
    kept = [point.value for point in series.points]
    assert len(kept) <= MOST_POINTS
    assert series.count == len(values)
    assert (kept[0], kept[-1]) == (values[0], values[-1])
    assert (min(kept), max(kept)) == (min(values), max(values))
    numbers = [point.number for point in series.points]
    assert numbers == sorted(set(numbers))
    assert all(values[point.number - 1] == point.value for point in series.points)


def test_the_beginning_of_a_long_series_is_told_as_closely_as_its_end() -> None:
    numbers = [point.number for point in made([at % 7 for at in range(30_000)]).points]
    gaps = [later - earlier for earlier, later in pairwise(numbers)]
    assert max(gaps) < 150


def test_what_is_no_number_is_no_value_and_breaks_off() -> None:
    builder = SeriesBuilder("loss")
    for value in (0.5, math.nan, math.inf, 1.7976931348623157e308):
        builder.add(value)
    assert (builder.series.count, builder.series.unread) == (1, "loss=inf")
    builder.add(0.4)
    assert (builder.series.count, builder.series.unread) == (2, "")


def test_a_series_has_the_axes_that_all_its_values_have() -> None:
    builder = SeriesBuilder("loss")
    builder.add(1.0, step=1, epoch=1)
    builder.add(2.0, step=2)
    assert builder.series.axes == {Axis.STEP, Axis.REPORT}
    assert common_axes([builder.series]) == [Axis.STEP]
    assert common_axes([builder.series, made([1.0])]) == [Axis.REPORT]


def test_a_step_that_goes_back_begins_another_part() -> None:
    series = made([1.0, 2.0, 3.0, 4.0], [10, 20, 10, 30])
    assert [*series.parts(Axis.STEP)] == [[(10, 1.0), (20, 2.0)], [(10, 3.0), (30, 4.0)]]
    assert [*series.parts(Axis.REPORT)] == [[(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]]


def test_time_counts_from_the_first_value() -> None:
    builder = SeriesBuilder("loss")
    builder.add(1.0, at=1_000.0)
    builder.add(2.0, at=1_060.0)
    assert [*builder.series.parts(Axis.TIME)] == [[(0.0, 1.0), (60.0, 2.0)]]


def test_a_shape_has_few_cells() -> None:
    assert made([1.0, 3.0, 5.0, 7.0]).shape(2) == [2.0, 6.0]
    assert made([1.0, 3.0]).shape(8) == [1.0, 3.0]
    assert made([]).shape(8) == []


def test_the_shape_of_a_long_series_has_the_means_of_all_its_values() -> None:
    values = [10.0 if at % 1000 == 0 else 0.1 for at in range(50_001)]
    assert made(values).shape(10) == pytest.approx([0.11] * 10, rel=0.02)
    huge = made([1.5e308, -1.5e308] * 5_000).shape(4)
    assert all(abs(value) < 1e300 for value in huge)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30), st.integers(1, 200))
def test_the_values_at_the_ends_are_those_of_all(some, times) -> None:
    values = [value + at / 1e3 for at, value in enumerate(some * times)]
    series = made(values)
    assert [*series.lowest[:1000]] == sorted(values)[:1000]
    assert [*series.highest[-1000:]] == sorted(values)[-1000:]
    assert series.shape(1) == pytest.approx([fmean(values)], abs=1e-3)


def test_a_place_that_all_values_share_is_none() -> None:
    same, other = made([1.0, 2.0], [0, 0]), made([1.0, 2.0], [0, 1])
    assert (same.place(same.points[1]), other.place(other.points[1])) == ("", "step 1")
    assert Latest.of("r", same, "loss").place == ""
    assert made([1.0], [0]).place(made([1.0], [0]).points[0]) == "step 0"


def test_a_place_is_the_step_or_the_epoch() -> None:
    builder = SeriesBuilder("loss")
    builder.add(1.0, step=1_200_000)
    builder.add(1.0, epoch=2.5)
    builder.add(1.0)
    assert [p.place for p in builder.series.points] == ["step 1200000", "epoch 2.5", ""]


def test_curves_are_of_the_metric_or_of_what_is_reported_in_its_place() -> None:
    many, one = made([0.5, 0.25]), made([0.9])
    silent, loss = RunSeries(), RunSeries({"loss": many})
    both = RunSeries({"loss": many, "auc": many})
    assert drawn_metric([silent, loss], "auc") == "loss"
    assert drawn_metric([RunSeries({"loss": many, "auc": one})], "auc") == "loss", "one at the end"
    assert drawn_metric([loss, both], "auc") == "auc"
    assert drawn_metric([loss], "") == "loss"
    assert drawn_metric([silent, RunSeries({"loss": one})], "auc") == "auc"


def test_the_newest_value_is_that_of_the_metric_once_there_is_one() -> None:
    loss, auc = made([0.5]), Series("auc", made([0.9]).points, 1)
    assert RunSeries({"loss": loss}).shown("auc") is loss
    assert RunSeries({"loss": loss, "auc": auc}).shown("auc") is auc
    assert RunSeries().shown("auc") is None
    assert Latest.of("r1", loss, "auc").other
    assert not Latest.of("r1", auc, "auc").other


def test_steps_that_are_all_the_same_are_no_axis() -> None:
    builder = SeriesBuilder("auc")
    for at in range(31):
        builder.add(at / 31, 0, at=1000.0 + 20 * at)
    assert common_axes([builder.series]) == [Axis.TIME]
