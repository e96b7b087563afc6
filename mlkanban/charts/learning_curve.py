"""The learning curves of a few runs as one picture."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mlkanban.charts.spec import CurveLevel, CurveLine, CurveSpec, Role
from mlkanban.core.metrics import (
    compact,
    compact_text,
    direction_of,
    has_direction,
    number_text,
)
from mlkanban.runs.model.series import MOST_EXTREMES, Axis, Series, common_axes

_VALUE = 5
"""The cells of most values."""
_OUTLIERS = 0.05
"""At most this share of all values lies outside the picture, and no more than are known."""
_ENOUGH = 50
"""Among fewer values none is an outlier."""
_LOWER = 5.0
"""The picture of all values is so many times as high before any is left out: a loss that begins by
halving, or falls to a quarter, is drawn from its beginning."""
_EARLY = 0.2
"""At most this share of all values, the worst, goes where the end of a curve stands so near to its
target that a low picture draws both in one row, as if it were reached."""
_SOME = 10
"""Among fewer values none is left out at all."""
_APART = 0.125
"""Of the height of a picture: two values that are nearer are in one row of a low one."""
_NICE = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True, slots=True)
class NamedSeries:
    """A series with what it is called in a picture, its colour and its letter. One that still
    `grows` has room at its end; of one that ended, `result` is what counts for its run. `run` is
    what its tracker calls the run, '' without a tracker."""

    series: Series
    label: str
    role: Role
    letter: str = "*"
    grows: bool = False
    result: float | None = None
    run: str = ""


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """A picture of learning curves, over one of the `axes`; `hidden` are those of all `values` that
    were reported which it need not show. `closer` is whether another picture than that of the whole
    range shows the ends of the curves closer."""

    spec: CurveSpec
    axes: tuple[Axis, ...]
    hidden: tuple[float, ...]
    values: int
    closer: bool = False


def learning_curve(
    named: Sequence[NamedSeries],
    metric: Mapping[str, Any] | None,
    axis: Axis | None = None,
    *,
    whole: bool = False,
) -> LearningCurve | None:
    """The curves of series, the first the most important, over the `whole` range, or without a few
    values that are so far away that nothing else can be told apart: never the newest of a series,
    the baseline or the target, and none that is better than others. None where no series has two
    values."""
    shown = [one for one in named if one.series.points]
    if all(len(one.series.points) < 2 for one in shown):
        return None
    axes = common_axes([one.series for one in shown])
    over = axis if axis in axes else axes[0]
    metric = metric or {}
    levels = levels_of(metric)
    count = sum(one.series.count for one in shown)
    least = sorted(value for one in shown for value in one.series.lowest)
    greatest = sorted(value for one in shown for value in one.series.highest)
    kept = [*(level.value for level in levels), *(one.series.points[-1].value for one in shown)]
    all_values = low, high = min([least[0], *kept]), max([greatest[-1], *kept])
    if count >= _ENOUGH:
        direction = direction_of(metric) if has_direction(metric) else ""
        many = min(int(_OUTLIERS * count / (1 if direction else 2)), MOST_EXTREMES - 1)
        ends = least[: many + 1], greatest[-1 - many :]
        low, high = _without_outliers(*ends, kept, low, high, direction)
    one_row = _in_one_row(shown[0], metric.get("target"), high - low)
    if count >= _SOME and has_direction(metric) and one_row:
        many = min(int(_EARLY * count), MOST_EXTREMES - 1)
        edges = least[many], greatest[-1 - many]
        low, high = _without_early(*edges, kept, low, high, direction_of(metric))
    closer = whole and (low, high) != all_values
    if whole:
        low, high = all_values
    lines = tuple(
        CurveLine(
            _label(one, metric),
            one.role,
            tuple(tuple(part) for part in one.series.parts(over)),
            one.letter,
        )
        for one in reversed(shown)
    )
    lines += tuple(
        CurveLine("", one.role, ((part[-1],),), one.letter, mark=True)
        for one in reversed(shown)
        if one.grows
        for part in [tuple(one.series.parts(over))[-1]]
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
    hidden = (*(value for value in least if value < low), *(v for v in greatest if v > high))
    return LearningCurve(spec, tuple(axes), hidden, count, closer)


def levels_of(metric: Mapping[str, Any]) -> tuple[CurveLevel, ...]:
    """The baseline and the target of a metric as lines, where there are any."""
    return tuple(
        CurveLevel(metric[name], f"{word} {compact(metric[name])}", role)
        for name, word, role in _LEVELS
        if metric.get(name) is not None
    )


_LEVELS: tuple[tuple[str, str, Role], ...] = (
    ("baseline", "base", "faint"),
    ("target", "target", "focus"),
)


def _label(one: NamedSeries, metric: Mapping[str, Any]) -> str:
    """The newest value, and what it is of: as wide for another value."""
    value = compact_text(number_text(one.series.points[-1].value, metric))
    return f"{value:<{_VALUE}} {one.label}".strip()


def _without_outliers(
    least: Sequence[float],
    greatest: Sequence[float],
    kept: Sequence[float],
    low: float,
    high: float,
    direction: str,
) -> tuple[float, float]:
    """The ends of a picture without the few values that make it much lower: by the `direction` of
    a metric those that are worse, without one at either end. `least` and `greatest` are the values
    that may lie outside, in order, with the next one."""
    below = min([_after_gap(least), *kept])
    above = max([-_after_gap([-value for value in reversed(greatest)]), *kept])
    if direction == "<=":
        below = low
    elif direction:
        above = high
    if high - low < _LOWER * (above - below):
        return low, high
    return (
        max(low, _rounded(below, above - below)),
        min(high, -_rounded(-above, above - below)),
    )


def _in_one_row(one: NamedSeries, target: float | None, span: float) -> bool:
    """Whether a low picture cannot tell the end of a curve from its target."""
    end = one.series.points[-1].value if one.result is None else one.result
    return target is not None and 0 < abs(end - target) < _APART * span


def _without_early(
    below: float, above: float, kept: Sequence[float], low: float, high: float, direction: str
) -> tuple[float, float]:
    """The ends of a picture without the values that are worse than the given one at that end."""
    below, above = min(below, *kept), max(above, *kept)
    if direction == "<=":
        return low, min(high, -_rounded(-above, above - low))
    return max(low, _rounded(below, high - below)), high


def _after_gap(values: Sequence[float]) -> float:
    """The value after the widest gap between neighbours of these in order."""
    return max(pairwise(values), key=lambda pair: pair[1] - pair[0], default=(0.0, values[0]))[1]


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
