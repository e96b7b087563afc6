"""The values of a search over the numbers of its trials, with the best one so far."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from mlkanban.charts.learning_curve import levels_of
from mlkanban.charts.spec import CurveLine, CurveSpec
from mlkanban.core.metrics import compact_text, number_text
from mlkanban.runs.model.search import SearchHistory


def search_curve(history: SearchHistory, metric: Mapping[str, Any]) -> CurveSpec:
    """A point for each trial and a line of steps for the best value so far, which goes on to the
    last trial."""
    trials, levels = history.trials, levels_of(metric)
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
    values = [*(trial.value for trial in trials), *(level.value for level in levels)]
    first, last = float(min(1, trials[0].number)), float(trials[-1].number)
    return CurveSpec("trial", lines, levels, first, last, min(values), max(values))
