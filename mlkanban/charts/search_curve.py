"""The values of a search over the numbers of its trials, with the best one so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mlkanban.charts.learning_curve import levels_of
from mlkanban.charts.spec import CurveLevel, CurveLine, CurveSpec
from mlkanban.core.metrics import compact_text, direction_of, number_text
from mlkanban.runs.model.search import SearchHistory
from mlkanban.runs.model.value_range import readable_range, with_levels


@dataclass(frozen=True, slots=True)
class SearchPicture:
    """A picture of the values of a search, and which values and levels lie outside of it."""

    spec: CurveSpec
    hidden: tuple[float, ...]
    levels: tuple[CurveLevel, ...]

    @property
    def cut(self) -> bool:
        """Whether something need not be in it."""
        return bool(self.hidden or self.levels)


def search_curve(
    history: SearchHistory, metric: Mapping[str, Any], *, whole: bool = False
) -> SearchPicture:
    """A point for each trial and a line of steps for the best value so far, which goes on to the
    last trial; over the `whole` range, or without values that are far worse than the others."""
    trials = history.trials
    steps = [(float(trials[0].number), trials[0].best)]
    for one, other in pairwise(trials):
        if other.best != one.best:
            steps.append((float(other.number), one.best))
        steps.append((float(other.number), other.best))
    best = compact_text(number_text(history.best.value, metric))
    lines = (
        CurveLine("", "text", tuple(((float(t.number), t.value),) for t in trials), "."),
        CurveLine(f"{best} best so far", "live", (tuple(steps),), "*"),
    )
    first, last = float(min(1, trials[0].number)), float(trials[-1].number)
    return in_range("trial", lines, [t.value for t in trials], metric, first, last, whole=whole)


def in_range(
    axis: str,
    lines: tuple[CurveLine, ...],
    values: list[float],
    metric: Mapping[str, Any],
    first: float,
    last: float,
    *,
    whole: bool,
) -> SearchPicture:
    """A picture of lines with these values, the baseline and the target of their metric."""
    levels = levels_of(metric)
    low, high = min(values), max(values)
    if whole:
        low = min(low, *(level.value for level in levels), high)
        high = max(high, *(level.value for level in levels), low)
    else:
        low, high = readable_range(values, lower=direction_of(metric) == "<=")
        low, high = with_levels(low, high, (level.value for level in levels))
    shown = tuple(level for level in levels if low <= level.value <= high)
    return SearchPicture(
        CurveSpec(axis, lines, shown, first, last, low, high),
        tuple(value for value in values if not low <= value <= high),
        tuple(level for level in levels if level not in shown),
    )
