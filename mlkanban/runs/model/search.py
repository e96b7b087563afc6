"""A search: many runs with other parameters each, as the trials of a study or the runs of a sweep,
and how its best value grew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mlkanban.core.metrics import has_direction
from mlkanban.runs.model.results import SEARCH, Results
from mlkanban.runs.model.run import Run, ancestors, parents_of, tasks_apart

_TRIAL = re.compile(r"optuna:(?P<study>.+)/(?P<number>\d+)(?:@[0-9a-f]{8})?", re.DOTALL)


class SearchTrial(NamedTuple):
    """A trial with a value: its number, the value, and the best one up to it."""

    number: int
    value: float
    best: float


class SearchHistory(NamedTuple):
    """The trials of a search that have a value, in the order in which they began; `total` is how
    many trials there are with those that have none, `word` what one of them is called: a `trial` of
    a study, a `run` of others."""

    trials: tuple[SearchTrial, ...]
    total: int
    word: str = "trial"

    @property
    def best(self) -> SearchTrial:
        """The trial with the best value, the first of equal ones."""
        last = self.trials[-1].best
        return next(trial for trial in self.trials if trial.value == last)


def search_history(runs: Sequence[Run], found: Results | None) -> SearchHistory | None:
    """How the best value of a search grew; None where the runs have few configurations, or nobody
    knows which values are better. Trials of one study have the numbers that Optuna gave them, other
    runs are numbered from 1 in the order in which they began."""
    if found is None or len(found.configurations) < SEARCH or not has_direction(found.metric):
        return None
    apart = tasks_apart(runs)
    parents = parents_of(apart)
    outer = {above.id for run in apart for above in ancestors(run, parents)}
    inner = [run for run in apart if run.id not in outer and run.state.ended]
    of_study = _numbers_of_study(inner)
    numbers = of_study or {
        run.id: at for at, run in enumerate(sorted(inner, key=lambda run: (run.started, run.id)), 1)
    }
    pick = min if found.lower else max
    trials: list[SearchTrial] = []
    counted = [run for run in found.runs if run.id in numbers]
    for run in sorted(counted, key=lambda run: numbers[run.id]):
        value = float(run.metrics[found.name])
        best = pick(value, trials[-1].best) if trials else value
        trials.append(SearchTrial(numbers[run.id], value, best))
    word = "trial" if of_study else "run"
    return SearchHistory(tuple(trials), len(inner), word) if trials else None


def _numbers_of_study(runs: Sequence[Run]) -> dict[str, int]:
    """The numbers of trials by their ids, where all of these are trials of one study."""
    matches = {run.id: _TRIAL.fullmatch(run.id) for run in runs}
    studies = {match["study"] if match else None for match in matches.values()}
    if len(studies) != 1 or None in studies:
        return {}
    return {run: int(match["number"]) for run, match in matches.items() if match}
