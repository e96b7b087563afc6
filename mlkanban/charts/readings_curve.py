"""The readings of a metric of a model in use over time, with the threshold of the last one."""

from collections.abc import Sequence

from mlkanban.charts.spec import CurveLevel, CurveLine, CurveSpec, Role
from mlkanban.core.metrics import compact, compact_text, number_text
from mlkanban.core.model_health import HealthReading
from mlkanban.core.timestamps import moment

ENOUGH = 2
"""So many readings at different times make a picture."""


def readings_curve(readings: Sequence[HealthReading], metric: str) -> CurveSpec | None:
    """The readings of a metric over the time since the first one, and the limit beyond which is an
    alert; None for fewer than two of them."""
    dated = sorted(
        (at, reading)
        for reading in readings
        if reading.metric == metric and (at := moment(reading.at)) is not None
    )
    if len({at for at, _ in dated}) < ENOUGH:
        return None
    first = dated[0][0]
    points = tuple(((at - first).total_seconds(), reading.value) for at, reading in dated)
    last = dated[-1][1]
    role: Role = "alarm" if last.alert else "value"
    limit = last.limit
    levels = (
        () if limit is None else (CurveLevel(limit, f"alert {last.sign}{compact(limit)}", "focus"),)
    )
    label = compact_text(number_text(last.value))
    values = [value for _, value in points] + [level.value for level in levels]
    return CurveSpec(
        "time", (CurveLine(label, role, (points,)),), levels, 0.0, points[-1][0], min(values),
        max(values),
    )  # fmt: skip
