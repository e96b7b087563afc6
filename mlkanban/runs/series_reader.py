"""Reading the values that runs report over time, wherever those are: in logs of ours, or in the
files of trackers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from mlkanban.core.metrics import direction_of, has_direction
from mlkanban.core.timestamps import moment
from mlkanban.errors import StoreBusy
from mlkanban.log import logger
from mlkanban.runs.local.folder import folders_of, going_on_in
from mlkanban.runs.local.log_series import LogSeries
from mlkanban.runs.model.run import OBJECTIVE, Run, ancestors, parents_of
from mlkanban.runs.model.run_ids import split_task
from mlkanban.runs.model.series import RunSeries
from mlkanban.runs.model.tracker_names import SEARCHING
from mlkanban.runs.trackers.places import records_of, usual
from mlkanban.runs.trackers.tracker import GoingOn, LiveRecord
from mlkanban.runs.trackers.tracker_series import TrackerSeries

_PAUSE_SECONDS = 30.0
"""Seconds between two searches for what trackers have of a run that goes on."""
_MOST_INNER = 20
"""Runs started in another that are asked for its curve."""


class _Found(NamedTuple):
    """What trackers have of a run that goes on, and why others cannot say it. `looked` is when they
    were asked."""

    looked: float
    records: Sequence[LiveRecord]
    problems: Sequence[str]


class SeriesReader:
    """Reads the series of runs, and reads on when it is asked again, for one thread at a time."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._logs: dict[str, LogSeries] = {}
        self._trackers: dict[tuple[str, str], TrackerSeries] = {}
        self._found: dict[str, _Found] = {}
        self._live: dict[tuple[str, str, str], TrackerSeries] = {}
        self._lock = threading.Lock()

    def read(
        self, run: Run, metric: Mapping[str, Any] | None, runs: Sequence[Run] = ()
    ) -> RunSeries:
        """The series of a run, of them at least that of the metric of its card if there is one,
        else another one. `runs` are all runs of its card: what a run of ours did not write to its
        log, one that was started in it may have told a tracker."""
        name = str((metric or {}).get("name") or "")
        direction = direction_of(metric) if metric and has_direction(metric) else ""
        with self._lock:
            return self._with_inner(run, name, runs, direction)

    def _with_inner(self, run: Run, name: str, runs: Sequence[Run], direction: str) -> RunSeries:
        """The series of a run; where it has no curve, that of a run that was started in it: of the
        one whose value it repeats, which is the best one, else of the newest that has one."""
        found = self._own(run, name, direction)
        if found.has_curve(name):
            return found
        parents = parents_of([*runs, run])
        inner = [
            one for one in runs if any(above.id == run.id for above in ancestors(one, parents))
        ]
        value = run.metrics.get(name)
        inner.sort(key=lambda one: value is None or one.metrics.get(name) != value)
        of_other_metrics: set[str] = set()
        for one in inner[:_MOST_INNER]:
            if one.experiment in of_other_metrics:
                continue
            tracked = self._tracked(one, name, direction, run.argv)
            found = found.with_curve(replace(tracked, inner=one.id), name)
            if found.has_curve(name):
                break
            if _is_trial(one) and tracked.has_curve("") and tracked.of(name) is None:
                of_other_metrics.add(one.experiment)  # all trials of a study have one objective
        return found

    def _own(self, run: Run, name: str, direction: str) -> RunSeries:
        found = self._logged(run)
        if not found.has_curve(name):
            going_on = not (run.state.ended or run.where)
            tracked = (
                self._of_trackers(run, name, direction)
                if going_on
                else self._tracked(run, name, direction)
            )
            found = found.with_curve(tracked, name) if found.series else tracked
        if not found.series and name and (other := next(iter(run.metrics), "")):
            tracked = self._tracked(run, other, direction)
            found = tracked if tracked.series else found
        return found

    def _of_trackers(self, run: Run, name: str, direction: str) -> RunSeries:
        """What trackers have of a run that goes on: the metric of the newest record that has it,
        else another one. Cards learn of these records only when the run has ended."""
        now = time.monotonic()
        last = self._found.get(run.id)
        if last is None or now - last.looked >= _PAUSE_SECONDS:
            try:
                last = self._found[run.id] = self._search(run, name, direction, now)
            except StoreBusy as error:  # what was found before is still there
                last = last or _Found(now, (), (error.text,))
        with_metrics = [record for record in last.records if record.metrics]
        own = [record for record in with_metrics if name in record.metrics]
        for record in (own or with_metrics)[:1]:
            wanted = name if own else record.metrics[0]
            key = (run.id, record.ref, wanted)
            if key not in self._live:
                self._live[key] = TrackerSeries.of_record(record, wanted)
            self._live[key].about = record.about
            return self._live[key].read()
        return RunSeries(why=" ".join(last.problems))

    def _search(self, run: Run, name: str, direction: str, now: float) -> _Found:
        for folder in folders_of(self._data, [run.id]):
            start = folder.start()
            cwd, since = start.get("cwd", ""), moment(run.started)
            if not cwd or since is None:
                continue
            going_on = GoingOn(
                run.id, start.get("label", ""), run.argv, Path(cwd), since,
                alone=not {*going_on_in(self._data, cwd, since)} - {run.id}, metric=name,
                direction=direction,
            )  # fmt: skip
            records, problems = records_of(going_on, usual(Path(cwd), os.environ))
            for problem in problems:
                logger("series").warning("%s", problem)
            return _Found(now, records, problems)
        return _Found(now, (), ())

    def _logged(self, run: Run) -> RunSeries:
        """What is in the log of a run that was started here."""
        whole, task = split_task(run.id)
        for folder in folders_of(self._data, [whole]):
            log = self._logs.setdefault(run.id, LogSeries(folder, task))
            try:
                return log.read(over=run.state.ended)
            except FileNotFoundError:
                return RunSeries(why="its log is not here")
            except OSError as error:
                logger("series").warning("%s: %s", run.id, error.strerror)
                return RunSeries(why=f"its log cannot be read: {error.strerror}")
        return RunSeries()

    def _tracked(self, run: Run, name: str, direction: str, argv: Sequence[str] = ()) -> RunSeries:
        """What a tracker keeps of a run; `argv` is the command line of the run that it was started
        in."""
        wanted = name or next(iter(run.metrics), "")
        if _is_trial(run) and not _may_be_of_objective(run, name, direction):
            others = [*run.metrics]
            wanted = OBJECTIVE if OBJECTIVE in others or not others else others[0]
        if not wanted or not run.where:
            return RunSeries()
        ref = run.tracked or run.id
        key = (ref, wanted)
        if key not in self._trackers:
            self._trackers[key] = TrackerSeries(ref, Path(run.where), wanted, run.argv or argv)
        return self._trackers[key].read()


def _is_trial(run: Run) -> bool:
    return (run.tracked or run.id).partition(":")[0] in SEARCHING


def _may_be_of_objective(run: Run, name: str, direction: str) -> bool:
    """Whether the metric of a card may be the objective of a trial: the trial keeps none under the
    name that Optuna gives an objective without one, and both call the same side good."""
    if OBJECTIVE in run.metrics:
        return name == OBJECTIVE
    return run.direction == (direction or run.direction)
