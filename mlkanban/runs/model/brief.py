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

from mlkanban.core.board import Outcome
from mlkanban.core.metrics import (
    CardMetrics,
    GuardState,
    MetricFields,
    broken_text,
    is_broken,
    metrics_in,
    open_text,
    state_of,
)
from mlkanban.core.timestamps import moment
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.run import Run, is_typed, runs_in
from mlkanban.runs.model.state import AT_WORK, RunState
from mlkanban.runs.model.usage import usage

if TYPE_CHECKING:
    from mlkanban.runs.model.results import Results

_SHORT_COMMIT = 7
_ALWAYS_KEPT = 9
"""Fields of a Brief; those behind them are left out where they say nothing."""
_NEVER = datetime.fromtimestamp(0, UTC)


class Brief(NamedTuple):
    """`runs` is how many there are. `commit` is that of the newest that has one, `*` after it where
    files differed. `since` is the start (ISO 8601 UTC) of the longest of those that go on, '' when
    none does; `sure` is whether its processes can be seen. `gpu_hours` are those that are known for
    good; `gpus` are at work now, on average since `busy` (seconds since 1970). `partly` is whether
    of some runs it is not known what they used. `last` is the mean of the configuration that was
    tried last, where another one is chosen, and `mark` that of the names by which runs were told to
    be repeats (runs/model/repeats.py). `waits` is since when the first of them waits for its turn
    (seconds since 1970), 0 where none does, and `queued` how many wait, for a scheduler or in the
    queue of a machine; `held` of these are held back, so that their turn does not come.
    `more_slots` is how many slots they take beyond the one that an
    unattended card has."""

    runs: int
    commit: str = ""
    since: str = ""
    sure: bool = True
    gpu_hours: float = 0.0
    gpus: int = 0
    busy: float = 0.0
    partly: bool = False
    last: float | None = None
    mark: str = ""
    waits: float = 0.0
    queued: int = 0
    more_slots: int = 0
    held: int = 0

    @classmethod
    def of(cls, runs: Sequence[Run], last: float | None = None, mark: str = "") -> Brief:
        """Of the runs of a card, newest first."""
        live = [run for run in runs if run.may_go_on and run.state is not RunState.QUEUED]
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
            sure=first is None or first.state in AT_WORK,
            gpu_hours=round(used.gpu_hours, 3),
            gpus=gpus,
            busy=math.fsum(n * at for n, at in working.values()) / gpus if gpus else 0.0,
            partly=bool(used.unknown),
            last=last,
            mark=mark,
            waits=min(
                (
                    at.timestamp()
                    for run in runs
                    if not run.held_back and (at := moment(run.waits_since))
                ),
                default=0.0,
            ),
            queued=sum(run.state is RunState.QUEUED for run in runs),
            more_slots=more_slots(runs),
            held=sum(run.held_back for run in runs),
        )

    @classmethod
    def read(cls, packed: str) -> Brief:
        """What `packed` holds; no runs for ''."""
        return cls(*json.loads(packed)) if packed else cls(0)

    @property
    def packed(self) -> str:
        """A text to keep, '' for no runs."""
        kept = list(self)
        while len(kept) > _ALWAYS_KEPT and not kept[-1]:
            kept.pop()
        return json.dumps(kept, separators=(",", ":")) if self.runs else ""

    @property
    def goes_on(self) -> bool:
        """Whether a run has not ended, as far as anybody knows."""
        return bool(self.since or self.queued)

    def used(self, now: datetime) -> float:
        """The gpu-hours of all runs up to now, as far as they are known."""
        return self.gpu_hours + self.gpus * max(0.0, now.timestamp() - self.busy) / 3600


def more_slots(runs: Sequence[Run]) -> int:
    """How many slots the runs of an unattended card take beyond one: as many as execute, and -1
    where all that have not ended wait in the queue, or they would wait for each other."""
    going_on = [run for run in runs if not run.state.ended]
    if going_on and all(run.state is RunState.QUEUED and not run.job for run in going_on):
        return -1
    return max(0, executing(runs) - 1)


def executing(runs: Sequence[Run]) -> int:
    """How many runs take a slot: those that have not ended and do not wait."""
    return sum(not run.state.ended and run.state is not RunState.QUEUED for run in runs)


def on_face(fields: Mapping[str, Any], repeats: Repeats = DEFAULT) -> tuple[str, str]:
    """The metrics and the runs among the fields of a card, as its face keeps them."""
    runs, metrics = runs_in(fields), metrics_in(fields)
    last = None
    if fields.get("outcome") != Outcome.SHIPPED:
        last = _tried_last(_results(runs, metrics, repeats))
    return measured(runs, metrics, repeats).packed, Brief.of(runs, last, repeats.mark).packed


def measured(runs: Sequence[Run], metrics: CardMetrics, repeats: Repeats = DEFAULT) -> CardMetrics:
    """The metrics of a card as every surface shows them, and as gates and queries judge it: at the
    means of the configuration to take into use (`Results.chosen`), which the verdict is about and a
    release takes, unless a person wrote another value. A mean has the digits that its spread
    leaves, and is not rounded over its target. A guard that no run reported stands where a person
    wrote that it stands, or nowhere; it has a state where that is not the one of its value.
    """
    if not runs:
        return metrics
    results = _results(runs, metrics, repeats)
    metric, typed = metrics.metric, is_typed(runs, metrics.metric)
    if metric is not None and not typed:
        if results is not None:
            metric = {**metric, "value": results.chosen.kept_mean}
        elif metric.get("value") is not None:
            metric = {**metric, "value": None}
    guards = tuple(_guard(runs, guard, results, repeats) for guard in metrics.guards)
    return CardMetrics(metric, guards, typed)


def _guard(
    runs: Sequence[Run], guard: MetricFields, results: Results | None, repeats: Repeats
) -> dict[str, Any]:
    """A guard at the mean of the chosen configuration; where no run reported the metric, of the one
    that was tried last for the guard itself."""
    if results is not None:
        stands = results.chosen
    elif alone := _results(runs, CardMetrics(dict(guard), (dict(guard),)), repeats):
        stands = alone.latest
    else:
        return dict(guard)
    found = next(one for one in stands.guards if one.name == guard["name"])
    if found.mean is None:
        return dict(guard)
    shown = {**guard, "value": float(found.mean_text)}
    return shown if state_of(shown) is found.state else {**shown, "state": found.state.value}


def weak_guards(
    fields: Mapping[str, Any], repeats: Repeats
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The guards of a card with these fields that stand beyond their limits by the chosen
    configuration, which its verdict rests on, and those whose limits lie within the spread of its
    runs, in words."""
    metrics = metrics_in(fields)
    if not metrics.guards:
        return (), ()
    guards = measured(runs_in(fields), metrics, repeats).guards
    broken = (broken_text(guard) for guard in guards if is_broken(guard))
    unsure = (open_text(guard) for guard in guards if state_of(guard) is GuardState.OPEN)
    return tuple(broken), tuple(unsure)


def _results(runs: Sequence[Run], metrics: CardMetrics, repeats: Repeats) -> Results | None:
    if metrics.metric is None or not any(run.metrics or run.tasks for run in runs):
        return None
    from mlkanban.runs.model.results import results  # with statistics, which most boards do without

    return results(runs, metrics.metric, repeats, metrics.guards)


def _tried_last(results: Results | None) -> float | None:
    """The mean of the configuration that was tried last, where another one is chosen."""
    if results is None or results.chosen is results.latest:
        return None
    return results.latest.kept_mean
