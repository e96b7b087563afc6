"""The runs of a card in short, as its face shows them: a small text that is read without the rest.

What goes on is kept by when it began, so that a face can say how long without asking the store.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mlkanban.core.metrics import TYPED, metric_text, number_text
from mlkanban.core.timestamps import moment
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.run import Run, is_typed, runs_in
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.usage import usage

if TYPE_CHECKING:
    from mlkanban.runs.model.results import Results

_SHORT_COMMIT = 7
_VISIBLE = frozenset({RunState.STARTING, RunState.RUNNING, RunState.ORPHAN})
_NEVER = datetime.fromtimestamp(0, UTC)


class Brief(NamedTuple):
    """`runs` is how many there are. `commit` is that of the newest that has one, `*` after it where
    files differed. `since` is the start (ISO 8601 UTC) of the longest of those that go on, '' when
    none does; `sure` is whether its processes can be seen. `gpu_hours` are those that are known for
    good; `gpus` are at work now, on average since `busy` (seconds since 1970). `partly` is whether
    of some runs it is not known what they used. `best` is the best mean of a configuration, where
    that is another one than was tried last, and
    `mark` that of the names by which runs were told to be repeats (runs/model/repeats.py). `waits`
    is since when a scheduler lets the first of them wait (seconds since 1970), 0 where none
    waits."""

    runs: int
    commit: str = ""
    since: str = ""
    sure: bool = True
    gpu_hours: float = 0.0
    gpus: int = 0
    busy: float = 0.0
    partly: bool = False
    best: float | None = None
    mark: str = ""
    waits: float = 0.0

    @classmethod
    def of(cls, runs: Sequence[Run], best: float | None = None, mark: str = "") -> Brief:
        """Of the runs of a card, newest first."""
        live = [run for run in runs if not run.state.ended and run.state is not RunState.QUEUED]
        begun = {run.id: at.timestamp() for run in live if (at := moment(run.started))}
        first = min(
            (run for run in live if run.id in begun), key=lambda run: begun[run.id], default=None
        )
        working = {
            run.id: (run.gpus, begun[run.id] + (run.waited or 0))
            for run in live
            if run.gpus and run.elapsed is None and not run.task_count and run.id in begun
        }
        for run in live:
            if run.gpus and run.at_work and (since := moment(run.at_work_since)):
                working[run.id] = (run.gpus * run.at_work, since.timestamp())
        gpus = sum(many for many, _ in working.values())
        for_good = (
            replace(run, at_work=None) for run in runs if run.task_count or run.id not in working
        )
        used = usage(for_good, _NEVER)
        newest = next((run for run in runs if run.commit), None)
        return cls(
            runs=len(runs),
            commit=newest.commit[:_SHORT_COMMIT] + "*" * newest.dirty if newest else "",
            since=first.started if first else "",
            sure=first is None or first.state in _VISIBLE,
            gpu_hours=round(used.gpu_hours, 3),
            gpus=gpus,
            busy=math.fsum(n * at for n, at in working.values()) / gpus if gpus else 0.0,
            partly=bool(used.unknown),
            best=best,
            mark=mark,
            waits=min(
                (at.timestamp() for run in runs if (at := moment(run.waits_since))), default=0.0
            ),
        )

    @classmethod
    def read(cls, packed: str) -> Brief:
        """What `packed` holds; no runs for ''."""
        return cls(*json.loads(packed)) if packed else cls(0)

    @property
    def packed(self) -> str:
        """A text to keep, '' for no runs."""
        kept = self if self.waits else self[:-1] if self.mark else self[:-2]
        return json.dumps(kept, separators=(",", ":")) if self.runs else ""

    def used(self, now: datetime) -> float:
        """The gpu-hours of all runs up to now, as far as they are known."""
        return self.gpu_hours + self.gpus * max(0.0, now.timestamp() - self.busy) / 3600


def on_face(fields: Mapping[str, Any], repeats: Repeats = DEFAULT) -> tuple[str, str]:
    """The metric and the runs among the fields of a card, as its face keeps them."""
    runs, metric = runs_in(fields), fields.get("metric")
    text = metric_text(measured(runs, metric, repeats))
    if is_typed(runs, metric):
        text += TYPED
    return text, Brief.of(runs, _best(_results(runs, metric, repeats)), repeats.mark).packed


def measured(
    runs: Sequence[Run], metric: Mapping[str, Any] | None, repeats: Repeats = DEFAULT
) -> Mapping[str, Any] | None:
    """The metric of a card as every surface shows it: at the mean of the configuration that was
    tried last, unless a person wrote another value. The mean is rounded, but not over the target.
    """
    if metric is None or is_typed(runs, metric):
        return metric
    results = _results(runs, metric, repeats)
    if results is not None:
        return {**metric, "value": float(number_text(results.latest.mean, metric))}
    return {**metric, "value": None} if runs and metric.get("value") is not None else metric


def _results(
    runs: Sequence[Run], metric: Mapping[str, Any] | None, repeats: Repeats
) -> Results | None:
    if metric is None or not runs:
        return None
    from mlkanban.runs.model.results import results  # with statistics, which most boards do without

    return results(runs, metric, repeats)


def _best(results: Results | None) -> float | None:
    """The mean of the best configuration, where it was not tried last."""
    if results is None or results.best is results.latest:
        return None
    return float(number_text(results.best.mean, results.metric))
