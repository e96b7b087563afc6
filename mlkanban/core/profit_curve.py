"""Worth: what a metric brings, as a curve of straight lines between points."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Mapping
from datetime import date
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from mlkanban.core.metrics import parse_number
from mlkanban.errors import UsageProblem
from mlkanban.records import record
from mlkanban.text import beginning

SECTION = "worth"
"""The section of the charter that holds the points."""
_EXAMPLE = "Write it as val_auc 0.90=0 0.93=24000 0.95=31000 EUR/year."
_FEWEST = 2
_NAMED = 60
"""As many letters of a text are named where it cannot be read."""


class ProfitCurve(NamedTuple):
    """What each value of `metric` brings, in `unit`, on cards that have all `tags`. Points are
    (value, worth) in ascending order; between them the curve is straight, beyond its ends it is
    flat."""

    metric: str
    points: tuple[tuple[float, float], ...]
    unit: str = ""
    tags: tuple[str, ...] = ()

    def holds_for(self, metric: str, tags: Collection[str]) -> bool:
        """Whether it says what this metric brings on a card with these tags."""
        return metric == self.metric and set(self.tags) <= set(tags)

    @property
    def first(self) -> float:
        return self.points[0][0]

    @property
    def last(self) -> float:
        return self.points[-1][0]

    @property
    def step(self) -> float:
        """A small step of the metric, a power of ten: a thousandth on a curve from .90 to .95."""
        # Rounded: from .9 to 1.0 is a tenth as from 0 to .1, whatever floating point makes of it.
        width = round(math.log10(self.last - self.first), 9)
        return float(10.0 ** (math.floor(width) - 1))

    def at(self, value: float) -> float:
        """What a value brings."""
        if value <= self.first:
            return self.points[0][1]
        if value >= self.last:
            return self.points[-1][1]
        place = bisect_right(self.points, value, key=lambda point: point[0])
        (low, before), (high, after) = self.points[place - 1], self.points[place]
        # By shares of both ends: their difference alone may be too large for a number.
        share = (value - low) / (high - low)
        return before * (1 - share) + after * share

    def between(self, low: float, high: float) -> tuple[float, float]:
        """The least and the most that values from `low` to `high` bring."""
        inner = [worth for value, worth in self.points if low < value < high]
        brought = [self.at(low), self.at(high), *inner]
        return min(brought), max(brought)


def parse_curve(text: str) -> ProfitCurve:
    """Parse `val_auc 0.90=0 0.93=24000 0.95=31000 EUR/year`: a metric, points, and their unit;
    `val_auc #fraud 0.90=0 ...` holds for cards with that tag alone."""
    words = text.replace("=", " = ").split()
    signs = [place for place, word in enumerate(words) if word == "="]
    begin, end = (signs[0] - 1, signs[-1] + 2) if signs else (0, 0)
    name = " ".join(word for word in words[:begin] if not word.startswith("#"))
    tags = tuple(word[1:].lower() for word in words[:begin] if word.startswith("#"))
    if not name or end > len(words) or signs != [*range(begin + 1, end, 3)]:
        raise UsageProblem(
            f"{beginning(text, _NAMED)!r} does not say what a metric brings.", _EXAMPLE
        )
    points = sorted((parse_number(words[at - 1]), parse_number(words[at + 1])) for at in signs)
    if len(points) < _FEWEST:
        raise UsageProblem("A curve takes two points at least.", _EXAMPLE)
    for (value, _), (after, _) in pairwise(points):
        if value == after:
            raise UsageProblem(f"Two points stand at {value:.15g}.", "Give each value once.")
    if not math.isfinite(points[-1][0] - points[0][0]):
        raise UsageProblem("The points lie too far apart.", _EXAMPLE)
    return ProfitCurve(name, tuple(points), " ".join(words[end:]), tags)


def curve_in(fields: Mapping[str, Any]) -> ProfitCurve | None:
    """The profit curve of a board with these fields; None without one, and where it is malformed,
    since logs come from elsewhere, too."""
    text = fields.get(f"charter:{SECTION}")
    try:
        return parse_curve(str(text)) if text else None
    except UsageProblem:
        return None


class MetricWorth(NamedTuple):
    """What a value of a metric brings. It is trusted to `margin` (None where that is not known),
    which brings from `low` to `high`; a better value by one `step` brings `more`. `beyond` says on
    which side of the points the value lies, where the curve is taken for flat."""

    metric: str
    value: float
    margin: float | None
    worth: float
    low: float
    high: float
    step: float
    more: float
    unit: str
    beyond: Literal["below", "above", ""]


def metric_worth(
    curve: ProfitCurve, value: float, margin: float | None = None, *, lower_is_better: bool = False
) -> MetricWorth:
    """What a value brings on a curve."""
    worth, step = curve.at(value), -curve.step if lower_is_better else curve.step
    low, high = curve.between(value - (margin or 0.0), value + (margin or 0.0))
    beyond: Literal["below", "above", ""] = ""
    if not curve.first <= value <= curve.last:
        beyond = "below" if value < curve.first else "above"
    return MetricWorth(
        curve.metric, value, margin, worth, low, high, step, curve.at(value + step) - worth,
        curve.unit, beyond,
    )  # fmt: skip


def worth_of_target(
    curve: ProfitCurve, metric: Mapping[str, Any] | None, tags: Collection[str]
) -> float | None:
    """What the target of a metric, as a card stores it, brings over its baseline; None where the
    curve is about another one, or one of both is not known."""
    if not metric or not curve.holds_for(metric["name"], tags):
        return None
    target, baseline = metric.get("target"), metric.get("baseline")
    if target is None or baseline is None:
        return None
    return curve.at(target) - curve.at(baseline)


WorthKind = Literal["baseline", "in use", "best", "target"]


@record(frozen=True, slots=True)
class WorthMark:
    """A place on the curve, of a card."""

    kind: WorthKind
    at: MetricWorth
    ref: str
    title: str


@record(frozen=True, slots=True)
class WorthMarks:
    """The profit curve of a board, and the places on it that are known on a day."""

    curve: ProfitCurve
    marks: tuple[WorthMark, ...]
    day: date

    def mark(self, kind: WorthKind) -> WorthMark | None:
        return next((mark for mark in self.marks if mark.kind == kind), None)

    @property
    def start(self) -> WorthMark | None:
        """What others are compared with: the model in use, or else the baseline."""
        return self.mark("in use") or self.mark("baseline")
