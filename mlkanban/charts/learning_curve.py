"""The learning curves of a few runs as one picture."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlkanban.charts.spec import CurveLevel, CurveLine, CurveSpec, Role
from mlkanban.core.metrics import compact, compact_text, number_text
from mlkanban.runs.model.series import Axis, Series, common_axes

_VALUE = 5
"""The cells of most values."""
_OUTLIERS = 0.2
"""The share of all values that does not widen the picture: the first ones of a training."""
_NICE = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True, slots=True)
class NamedSeries:
    """A series with what it is called in a picture, its colour and its letter. One that still
    `grows` has room at its end."""

    series: Series
    label: str
    role: Role
    letter: str = "*"
    grows: bool = False


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """A picture of learning curves, over one of the `axes`; `hidden` is how many of the values lie
    outside."""

    spec: CurveSpec
    axes: tuple[Axis, ...]
    hidden: int
    values: int


def learning_curve(
    named: Sequence[NamedSeries],
    metric: Mapping[str, Any] | None,
    axis: Axis | None = None,
    *,
    whole: bool = False,
) -> LearningCurve | None:
    """The curves of series, the first the most important. The picture reaches from the baseline, or
    from where a fifth of all values is worse if that is worse, to the best of all, so that the ends
    can be told apart; or over the `whole` range. None where no series has two values."""
    shown = [one for one in named if one.series.points]
    if all(len(one.series.points) < 2 for one in shown):
        return None
    axes = common_axes([one.series for one in shown])
    over = axis if axis in axes else axes[0]
    metric = metric or {}
    levels = tuple(
        CurveLevel(metric[name], f"{word} {compact(metric[name])}", role)
        for name, word, role in _LEVELS
        if metric.get(name) is not None
    )
    values = sorted(point.value for one in shown for point in one.series.points)
    ends = [level.value for level in levels]
    low, high = min([values[0], *ends]), max([values[-1], *ends])
    if not whole and metric.get("direction") == "<=":
        edge = max([values[-1 - int(_OUTLIERS * len(values))], *ends])
        high = min(high, -_rounded(-edge, edge - low))
    elif not whole:
        edge = min([values[int(_OUTLIERS * len(values))], *ends])
        low = max(low, _rounded(edge, high - edge))
    lines = tuple(
        CurveLine(
            _label(one, metric),
            one.role,
            tuple(tuple(part) for part in one.series.parts(over)),
            one.letter,
        )
        for one in reversed(shown)
    )
    places = [place for line in lines for part in line.parts for place, _ in (part[0], part[-1])]
    last = max(places)
    growing = [
        place
        for one in shown
        if one.grows
        for part in one.series.parts(over)
        for place, _ in part[-1:]
    ]
    if growing:
        last = max(last, _with_room(max(growing)))
    spec = CurveSpec(over.value, lines, levels, min(0.0, *places), last, low, high)
    hidden = sum(not low <= value <= high for value in values)
    return LearningCurve(spec, tuple(axes), hidden, len(values))


_LEVELS: tuple[tuple[str, str, Role], ...] = (
    ("baseline", "base", "faint"),
    ("target", "target", "focus"),
)


def _label(one: NamedSeries, metric: Mapping[str, Any]) -> str:
    """The newest value, and what it is of: as wide for another value."""
    value = compact_text(number_text(one.series.points[-1].value, metric))
    return f"{value:<{_VALUE}} {one.label}".strip()


def _rounded(edge: float, span: float) -> float:
    """The lower edge of a picture at a round number, so that it stays while values come."""
    if not span > 0:
        return edge
    grid = 10.0 ** math.floor(math.log10(span)) / 5
    return math.floor(edge / grid + 1e-9) * grid


def _with_room(last: float) -> float:
    """The end of an axis for what still grows: seldom another one, so that little is painted
    again."""
    if last <= 0:
        return 1.0
    size = 1.0
    while size * 10 <= last:
        size *= 10
    while size > last:
        size /= 10
    return next((size * nice for nice in _NICE if size * nice > last), size * 10)
