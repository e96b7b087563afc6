"""Which part of learning curves a picture shows, and over what."""

import math

import pytest

from mlkanban.charts.layouts import layout
from mlkanban.charts.learning_curve import NamedSeries, learning_curve
from mlkanban.runs.model.series import Axis, SeriesBuilder

AUC = {"name": "auc", "direction": ">=", "target": 0.95, "baseline": 0.9}
LOSS = {"name": "loss", "direction": "<=", "target": 0.1, "baseline": 0.5}


def named(values, label="best", *, name="auc", grows=False, **places):
    builder = SeriesBuilder(name)
    for at, value in enumerate(values, 1):
        builder.add(value, **{key: of(at) for key, of in places.items()})
    return NamedSeries(builder.series, label, "value", label[0], grows)


RISING = [0.95 - 0.5 / at for at in range(1, 51)]


def test_the_first_values_of_a_training_are_cut_off() -> None:
    curve = learning_curve([named(RISING, step=float)], AUC)
    assert curve is not None
    assert curve.spec.low == 0.9, "the baseline is worse than where a fifth of all values is worse"
    assert curve.spec.high == 0.95
    assert curve.hidden == sum(value < 0.9 for value in RISING)
    whole = learning_curve([named(RISING, step=float)], AUC, whole=True)
    assert whole is not None
    assert (whole.spec.low, whole.hidden) == (RISING[0], 0)


def test_of_a_loss_it_is_the_upper_end_that_is_cut_off() -> None:
    falling = [10 / at for at in range(1, 51)]
    curve = learning_curve([named(falling, name="loss", step=float)], LOSS)
    assert curve is not None
    assert curve.spec.low == 0.1
    assert sorted(falling)[39] <= curve.spec.high < sorted(falling)[40], "a round number"
    assert curve.hidden == 10


def test_without_a_metric_nothing_is_a_level() -> None:
    curve = learning_curve([named([1.0, 2.0])], None)
    assert curve is not None
    assert curve.spec.levels == ()
    assert curve.axes == (Axis.REPORT,)
    assert learning_curve([named([])], AUC) is None
    assert learning_curve([named([0.9])], AUC) is None


def test_curves_are_drawn_over_what_they_have_in_common() -> None:
    both = named([0.9, 0.91], step=lambda at: 100.0 * at, epoch=float)
    epochs = named([0.9, 0.91], "other", epoch=float)
    curve = learning_curve([both], AUC)
    assert curve is not None
    assert (curve.axes, curve.spec.axis) == ((Axis.STEP, Axis.EPOCH), "step")
    for axis in (None, Axis.STEP, Axis.EPOCH):
        curve = learning_curve([both, epochs], AUC, axis)
        assert curve is not None
        assert (curve.axes, curve.spec.axis) == ((Axis.EPOCH,), "epoch")


def test_the_most_important_is_drawn_over_the_others() -> None:
    curve = learning_curve([named(RISING), named(RISING, "running")], AUC)
    assert curve is not None
    assert [line.label.split()[1] for line in curve.spec.lines] == ["running", "best"]


@pytest.mark.parametrize("many", [3, 26, 101, 9_999])
def test_what_grows_has_room_and_seldom_another_scale(many: int) -> None:
    ends = {
        learning_curve([named([0.9] * n, grows=True, step=float)], AUC).spec.last  # type: ignore[union-attr]
        for n in range(many, many + max(1, many // 50))
    }
    assert len(ends) <= 2
    assert many < min(ends) <= 2 * many


def test_a_line_is_cut_where_it_leaves_the_picture() -> None:
    curve = learning_curve([named([0.5, 0.95, 0.5, *[0.94] * 12], step=float)], AUC)
    assert curve is not None
    placed = layout(curve.spec, 100, 12)
    assert placed is not None
    lines = [one for one in placed.curves if one.joined]
    assert len(lines) == 2, "it goes out of sight between"
    assert all(0 <= y <= placed.rows - 1 for one in lines for _, y in one.points)
    assert math.isclose(lines[0].points[0][1], 0.0, abs_tol=1e-6)


def test_of_very_many_values_a_cell_has_a_few() -> None:
    curve = learning_curve([named([at % 7 / 10 for at in range(9_000)], step=float)], None)
    assert curve is not None
    placed = layout(curve.spec, 60, 12)
    assert placed is not None
    assert sum(len(one.points) for one in placed.curves) <= 4 * 2 * placed.columns


def test_names_at_the_end_do_not_cover_each_other() -> None:
    some = [named([0.9, 0.94 + at / 9_000], f"r{at}") for at in range(4)]
    curve = learning_curve(some, AUC)
    assert curve is not None
    placed = layout(curve.spec, 60, 8)
    assert placed is not None
    rows = [word.row for word in placed.words]
    assert len(rows) == len(set(rows)) == 6
