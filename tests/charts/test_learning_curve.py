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


FAR = LOSS | {"target": 0.45}
"""Its target is far from where the curves below end."""
RISING = [0.95 - 0.5 / at for at in range(1, 51)]


SMOOTH = [math.exp(-at / 30) for at in range(120)]


@pytest.mark.parametrize("metric", [FAR, None], ids=["with a target", "without"])
def test_nothing_of_a_smooth_curve_is_left_out(metric) -> None:
    curve = learning_curve([named(SMOOTH, name="loss", step=float)], metric)
    assert curve is not None
    assert (curve.hidden, curve.spec.high) == ((), 1.0)


def test_outliers_are_left_out_of_enough_values() -> None:
    some = [0.1, *[0.91 + at / 10_000 for at in range(58)]]
    curve = learning_curve([named(some, step=float)], AUC)
    assert curve is not None
    assert (curve.spec.low, curve.spec.high, len(curve.hidden)) == (0.9, 0.95, 1), "to the baseline"
    whole = learning_curve([named(some, step=float)], AUC, whole=True)
    assert whole is not None
    assert (whole.spec.low, whole.hidden) == (0.1, ())
    few = learning_curve([named(some[:9], step=float)], AUC)
    assert few is not None
    assert (few.spec.low, few.hidden) == (0.1, ())


STARTS = {
    "inverse": [1 / at for at in range(1, 200)],
    "inverse root": [at**-0.5 for at in range(1, 200)],
    "steep": [math.exp(-at) for at in range(200)],
    "straight": [0.8 + at / 1000 for at in range(96)],
    "noisy": [2 * 0.97**at + 0.01 * (at % 7) for at in range(300)],
}


@pytest.mark.parametrize("values", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("metric", [AUC, FAR, None], ids=["higher", "lower", "without"])
def test_the_start_of_a_smooth_curve_is_drawn(values, metric) -> None:
    curve = learning_curve([named(values, step=float)], metric)
    assert curve is not None
    assert not curve.hidden


@pytest.mark.parametrize(
    "metric", [AUC, LOSS | {"target": 0.05, "baseline": 0.1}], ids=["higher", "lower"]
)
@pytest.mark.parametrize("many", [26, 120])
def test_an_end_short_of_its_target_is_drawn_in_another_row(metric, many: int) -> None:
    """As of a network: .85 in the first epoch, .944 in the last, .95 wanted."""
    values = [0.944 - 0.094 * math.exp(-8 * at / many) for at in range(many)]
    if metric["direction"] == "<=":
        values = [1 - value for value in values]
    curve = learning_curve([named(values, step=float)], metric)
    assert curve is not None
    placed = layout(curve.spec, 100, 7)
    assert placed is not None
    row = (curve.spec.high - curve.spec.low) / 5
    assert abs(values[-1] - metric["target"]) > row * 0.5
    assert 0 < len(curve.hidden) <= len(values) / 5
    everything = learning_curve([named(values, step=float)], metric, whole=True)
    assert everything is not None
    assert not everything.hidden


def test_values_outside_are_counted_among_all_that_were_reported() -> None:
    values = [10.0 if at % 1000 == 0 else 0.1 + at % 7 / 1000 for at in range(50_001)][:-1]
    curve = learning_curve([named(values, name="loss", step=float)], LOSS)
    assert curve is not None
    assert (len(curve.hidden), curve.values) == (50, 50_000)
    fifth = [0.5 if at % 20 == 0 else 0.9 + at % 7 / 1000 for at in range(20_000)]
    curve = learning_curve([named([*fifth, 0.9], step=float)], AUC)
    assert curve is not None
    assert not curve.hidden, "a twentieth is 1,000, one more than is known for certain"
    curve = learning_curve([named([*fifth[:10_000], 0.9], step=float)], AUC)
    assert curve is not None
    assert (len(curve.hidden), curve.spec.low) == (500, 0.9), (
        "of all values, not of those that are kept"
    )


@pytest.mark.parametrize("rows", range(4, 24))
def test_an_axis_has_two_ticks_at_least(rows: int) -> None:
    for values in ([0.8, 0.895], [0.11, 0.97], [3.0, 4.0]):
        curve = learning_curve([named(values, step=float)], None)
        assert curve is not None
        placed = layout(curve.spec, 100, rows + 2)
        assert placed is not None
        assert len(placed.y_ticks) >= 2


@pytest.mark.parametrize(
    "values",
    [[0.919996, 0.92], [0.91999996, 0.92], [0.9199999996, 0.92], [1234567.0, 1234569.0],
     [1e9, 1e9 + 4], [1e-9, 3e-9], [1e12, 1e12 + 1e-3]],
    ids=str,
)  # fmt: skip
def test_no_two_ticks_read_alike(values: list[float]) -> None:
    curve = learning_curve([named(values, step=float)], None)
    assert curve is not None
    placed = layout(curve.spec, 100, 20)
    assert placed is not None
    texts = [text for _, text in placed.y_ticks]
    assert len(set(texts)) == len(texts) >= 2
    assert not any(text.startswith("0.") for text in texts)


def test_without_a_metric_an_outlier_at_either_end_is_left_out() -> None:
    some = [900.0, -900.0, *[1 + at / 100 for at in range(58)]]
    curve = learning_curve([named(some, name="loss", step=float)], None)
    assert curve is not None
    assert len(curve.hidden) == 2
    assert curve.spec.low <= 1 < 1.57 <= curve.spec.high < 2


def test_the_newest_value_and_better_ones_are_no_outliers() -> None:
    diverged = [*[0.2] * 30, *[0.3] * 30, 900.0]
    curve = learning_curve([named(diverged, name="loss", step=float)], LOSS)
    assert curve is not None
    assert (curve.hidden, curve.spec.high) == ((), 900.0)
    better = [-900.0, *[0.2] * 30, *[0.3] * 30]
    curve = learning_curve([named(better, name="loss", step=float)], LOSS)
    assert curve is not None
    assert (curve.hidden, curve.spec.low) == ((), -900.0)


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
    curve = learning_curve([named([0.5, 0.95, 0.5, *[0.94] * 57], step=float)], AUC)
    assert curve is not None
    placed = layout(curve.spec, 100, 12)
    assert placed is not None
    lines = [one for one in placed.curves if one.joined]
    assert len(lines) == 2, "it goes out of sight between"
    assert all(0 <= y <= placed.rows - 1 for one in lines for _, y in one.points)
    assert math.isclose(lines[0].points[0][1], 0.0, abs_tol=1e-6)


def arrows(curve, rows: int) -> list[tuple[int, str]]:
    placed = layout(curve.spec, 100, rows + 2)
    assert placed is not None
    return [(word.row, word.text) for word in placed.words if word.column < placed.columns]


def test_an_arrow_stands_where_a_curve_lies_outside() -> None:
    values = [0.944 - 0.094 * math.exp(-8 * at / 120) for at in range(120)]
    curve = learning_curve([named(values, step=float)], AUC)
    assert curve is not None
    assert arrows(curve, 8) == [(0, "▼"), (0, ".85")]
    loss = LOSS | {"target": 0.05, "baseline": 0.1}
    falling = learning_curve([named([1 - value for value in values], step=float)], loss)
    assert falling is not None
    assert arrows(falling, 8) == [(7, "▲"), (7, ".15")]
    whole = learning_curve([named(values, step=float)], AUC, whole=True)
    assert whole is not None
    assert arrows(whole, 8) == []


def test_an_arrow_hides_no_other_curve() -> None:
    """Its value does not stand where the other curve runs along the edge of the picture."""
    low = named([0.9] * 60, "b", step=float)
    spike = named([0.1, *[0.94] * 59], "a", step=float)
    curve = learning_curve([spike, low], AUC | {"baseline": None})
    assert curve is not None
    assert arrows(curve, 8) == [(0, "▼")]


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
    cells = [(word.row, at) for word in placed.words for at in range(word.column, word.end)]
    assert len(placed.words) == 6
    assert len(cells) == len(set(cells))


def test_all_ticks_of_an_axis_are_in_one_unit() -> None:
    for last, texts in (
        (10_000, ["0", "2k", "4k", "6k", "8k", "10k"]),
        (6000, ["0", "1000", "2000", "3000", "4000", "5000", "6000"]),
    ):
        steps = named([0.9, 0.91, 0.92], step=lambda at, last=last: (at - 1) * last / 2)
        curve = learning_curve([steps], AUC)
        assert curve is not None
        placed = layout(curve.spec, 80, 8)
        assert placed is not None
        assert [text for _, text in placed.x_ticks] == texts


def test_labels_stand_in_the_row_of_their_line() -> None:
    """Nothing stands at the height of another line, and no target is drawn through a curve that
    ends short of it."""
    best = named([0.85 + 0.094 * at / 65 for at in range(66)])
    running = named([0.86 + 0.082 * at / 40 for at in range(41)], "running", grows=True)
    metric = AUC | {"baseline": 0.934}
    whole = learning_curve([best, running], metric, whole=True)
    assert whole is not None
    for width, height in ((80, 7), (120, 7), (160, 9), (100, 20)):
        placed = layout(whole.spec, width, height)
        assert placed is not None
        rows = {word.text.strip(): word.row for word in placed.words}
        target = [curve for curve in placed.curves if curve.role == "focus"]
        apart = height > 7
        assert bool(target) is apart
        assert ("target .95" in rows) is apart
        ends = {curve.role: curve.points[-1][1] for curve in placed.curves if curve.joined}
        assert rows[".944  best"] == round(ends["value"])
        if height == 7:
            assert rows[".942  running"] == rows[".944  best"]


def test_the_end_of_what_runs_is_marked() -> None:
    running = named([0.9, 0.93], "running", grows=True)
    curve = learning_curve([named([0.9, 0.92, 0.94]), running], AUC)
    assert curve is not None
    assert [(line.mark, line.parts[0][-1]) for line in curve.spec.lines if line.mark] == [
        (True, (2, 0.93))
    ]
    placed = layout(curve.spec, 60, 12)
    assert placed is not None
    assert [word.text for word in placed.words].count("•") == 1
