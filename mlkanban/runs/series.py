"""Reading the values that runs report over time, wherever those are: in logs of ours, or in the
files of trackers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlkanban.errors import MlkanbanError
from mlkanban.log import logger
from mlkanban.runs.local.folder import folders_of
from mlkanban.runs.local.log_series import LogSeries
from mlkanban.runs.model.run import Run, ancestors, parents_of
from mlkanban.runs.model.series import RunSeries
from mlkanban.runs.model.tracker_run import RUN_TAG
from mlkanban.runs.trackers.mlflow import newest_tagged
from mlkanban.runs.trackers.places import place
from mlkanban.runs.trackers.run_series import TrackerSeries

_PAUSE_SECONDS = 30.0
"""Seconds between two searches for the record of a run that MLflow may keep."""
_MOST_INNER = 20
"""Runs started in another that are asked for its curve."""


class SeriesReader:
    """Reads the series of runs, and reads on when it is asked again, for one thread at a time."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._logs: dict[str, LogSeries] = {}
        self._trackers: dict[tuple[str, str], TrackerSeries] = {}
        self._records: dict[str, tuple[str, str]] = {}
        self._asked: dict[str, float] = {}
        self._lock = threading.Lock()

    def read(self, run: Run, name: str, runs: Sequence[Run] = ()) -> RunSeries:
        """The series of a run, of them at least that of the metric `name` if there is one, else
        another one. `runs` are all runs of its card: what a run of ours did not write to its log,
        one that was started in it may have told a tracker."""
        with self._lock:
            return self._with_inner(run, name, runs)

    def _with_inner(self, run: Run, name: str, runs: Sequence[Run]) -> RunSeries:
        """The series of a run; where it has no curve, that of a run that was started in it: of the
        one whose value it repeats, which is the best one, else of the newest that has one."""
        found = self._own(run, name)
        if found.has_curve(name):
            return found
        parents = parents_of([*runs, run])
        inner = [
            one for one in runs if any(above.id == run.id for above in ancestors(one, parents))
        ]
        value = run.metrics.get(name)
        inner.sort(key=lambda one: value is None or one.metrics.get(name) != value)
        for one in inner[:_MOST_INNER]:
            found = found.with_curve(replace(self._tracked(one, name), inner=one.id), name)
            if found.has_curve(name):
                break
        return found

    def _own(self, run: Run, name: str) -> RunSeries:
        found = self._logged(run)
        if not found.has_curve(name):
            there = run if run.state.ended else self._as_mlflow_has_it(run)
            tracked = self._tracked(there, name)
            found = found.with_curve(tracked, name) if found.series else tracked
        if not found.series and name and (other := next(iter(run.metrics), "")):
            tracked = self._tracked(run, other)
            found = tracked if tracked.series else found
        return found

    def _as_mlflow_has_it(self, run: Run) -> Run:
        """A run of ours that goes on, with its record in the MLflow store of its folder. Cards
        learn of that record only when the run has ended."""
        now = time.monotonic()
        last = self._asked.get(run.id, -_PAUSE_SECONDS)
        if run.id not in self._records and now - last >= _PAUSE_SECONDS:
            self._asked[run.id] = now
            for folder in folders_of(self._data, [run.id]):
                if record := _mlflow_record(run.id, str(folder.start().get("cwd") or "")):
                    self._records[run.id] = record
        ref, where = self._records.get(run.id, (run.tracked, run.where))
        return replace(run, tracked=ref, where=where)

    def _logged(self, run: Run) -> RunSeries:
        """What is in the log of a run that was started here."""
        for folder in folders_of(self._data, [run.id]):
            log = self._logs.setdefault(run.id, LogSeries(folder))
            try:
                return log.read(over=run.state.ended)
            except FileNotFoundError:
                return RunSeries(why="its log is not here")
            except OSError as error:
                logger("series").warning("%s: %s", run.id, error.strerror)
                return RunSeries(why=f"its log cannot be read: {error.strerror}")
        return RunSeries()

    def _tracked(self, run: Run, name: str) -> RunSeries:
        """What a tracker keeps of a run."""
        wanted = name or next(iter(run.metrics), "")
        if not wanted or not run.where:
            return RunSeries()
        ref = run.tracked or run.id
        key = (ref, wanted)
        if key not in self._trackers:
            self._trackers[key] = TrackerSeries(ref, Path(run.where), wanted)
        return self._trackers[key].read()


def _mlflow_record(run: str, cwd: str) -> tuple[str, str] | None:
    """The ref of the record of a run, and where it is: in the store that MLFLOW_TRACKING_URI names
    here, or one in the folder that the run was started in."""
    if not cwd:
        return None
    folder = Path(cwd)
    named = os.environ.get("MLFLOW_TRACKING_URI", "")
    places = [place(named, folder) if named else None, folder / "mlflow.db", folder / "mlruns"]
    for path in places:
        try:
            if path and path.exists() and (ref := newest_tagged(path, RUN_TAG, run)):
                return ref, str(path)
        except (MlkanbanError, OSError) as error:
            logger("series").warning("%s: %s", path, error)
    return None
