"""Worth: what a metric brings, as a curve of straight lines between points."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from mlkanban.core.model_health import number
from mlkanban.errors import UsageProblem
from mlkanban.text import beginning

SECTION = "worth"
"""The section of the charter that holds the points."""
_EXAMPLE = "Write it as val_auc 0.90=0 0.93=24000 0.95=31000 EUR/year."
_FEWEST = 2
_NAMED = 60
"""As many letters of a text are named where it cannot be read."""


class ProfitCurve(NamedTuple):
    """What each value of `metric` brings, in `unit`. Points are (value, worth) in ascending order;
    between them the curve is straight, beyond its ends it is flat."""

    metric: str
    points: tuple[tuple[float, float], ...]
    unit: str = ""

    @property
    def first(self) -> float:
        return self.points[0][0]

    @property
    def last(self) -> float:
        return self.points[-1][0]

    @property
    def step(self) -> float:
        """A small step of the metric, a power of ten: a thousandth on a curve from .90 to .95."""
        return float(10.0 ** (math.floor(math.log10(self.last - self.first)) - 1))

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
    """Parse `val_auc 0.90=0 0.93=24000 0.95=31000 EUR/year`: a metric, points, and their unit."""
    words = text.replace("=", " = ").split()
    signs = [place for place, word in enumerate(words) if word == "="]
    begin, end = (signs[0] - 1, signs[-1] + 2) if signs else (0, 0)
    if begin < 1 or end > len(words) or signs != [*range(begin + 1, end, 3)]:
        raise UsageProblem(
            f"{beginning(text, _NAMED)!r} does not say what a metric brings.", _EXAMPLE
        )
    points = sorted((number(words[at - 1]), number(words[at + 1])) for at in signs)
    if len(points) < _FEWEST:
        raise UsageProblem("A curve takes two points at least.", _EXAMPLE)
    for (value, _), (after, _) in pairwise(points):
        if value == after:
            raise UsageProblem(f"Two points stand at {value:.15g}.", "Give each value once.")
    if not math.isfinite(points[-1][0] - points[0][0]):
        raise UsageProblem("The points lie too far apart.", _EXAMPLE)
    return ProfitCurve(" ".join(words[:begin]), tuple(points), " ".join(words[end:]))


def curve_in(fields: Mapping[str, Any]) -> ProfitCurve | None:
    """The profit curve of a board with these fields; None without one, and where it is malformed,
    since logs come from elsewhere, too."""
    text = fields.get(f"charter:{SECTION}")
    try:
        return parse_curve(str(text)) if text else None
    except UsageProblem:
        return None
