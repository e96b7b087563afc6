"""The series of metrics in the log of a run, read on as the log grows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mlkanban.growing_file import GrowingFile
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.inspect import METRICS_BYTES, logs
from mlkanban.runs.model.hydra_log import SIGN, SweepJob, SweepLog, without_logging
from mlkanban.runs.model.metric_lines import MARK, MOST_METRICS, MOST_UNREAD, StepOrder, metric_line
from mlkanban.runs.model.series import RunSeries, Series, SeriesBuilder


class LogSeries:
    """Reads the lines of metrics of a run, or of one `task` of it, each once. A log that was
    truncated, as that of a job that begins again, is read from its start; of a very long one the
    beginning is left out. Of several trainings in one log the series are those of the newest: of a
    sweep of Hydra those of its newest job."""

    def __init__(self, folder: RunFolder, task: int | None = None) -> None:
        self._folder, self._task = folder, task
        self._log: GrowingFile | None = None
        self._forget()

    def _forget(self) -> None:
        self._sweep = SweepLog()
        self._training = _Training()

    def read(self, *, over: bool) -> RunSeries:
        """The series so far; `over` says that the run has ended. OSError when its log cannot be
        read."""
        if self._log is None:
            out, _ = logs(self._folder, self._folder.start(), self._task)
            if len(out) != 1:
                return RunSeries(
                    why="each task of an array has a log of its own"
                    if out
                    else "SLURM does not say yet where its log is"
                )
            self._log = GrowingFile(out[0], _before_end(out[0]))
        new = self._log.read(MARK.encode(), SIGN.encode(), over=over)
        if new.anew:
            self._forget()
        for line in new.lines:
            self._take(line)
        if not self._is_told_apart:
            return RunSeries(why="its jobs wrote into one log, which does not say whose values are")
        return self._training.series

    @property
    def _is_told_apart(self) -> bool:
        """Whether the log says whose values its lines have."""
        if self._sweep.jobs:
            return self._sweep.jobs[-1].alone
        return self._task is None or bool(self._folder.start().get("slurm"))

    def _take(self, line: str) -> None:
        job = self._sweep.take(line)
        current = self._sweep.jobs[-1] if self._sweep.jobs else None
        if current is not None and self._task not in (None, current.number):
            return
        if job is not None:
            self._training = _Training(job)
        else:
            self._training.take(without_logging(line) if current else line)


def _before_end(log: Path) -> int:
    """The bytes at the beginning of a very long log that are not read."""
    with suppress(OSError):
        return max(0, log.stat().st_size - METRICS_BYTES)
    return 0


class _Training:
    """The series of what runs at a time: of a job of a sweep, or of all."""

    def __init__(self, job: SweepJob | None = None) -> None:
        self._job = job
        self._order = StepOrder()
        self._builders: dict[str, SeriesBuilder] = {}
        self._unread: dict[str, str] = {}

    def take(self, line: str) -> None:
        """Read on with a line of metrics."""
        found = metric_line(line)
        if found is None:
            return
        for name in self._order.take(found):
            self._builders.pop(name, None)
        for name, written in found.unread.items():
            if name in self._builders:
                self._builders[name].unread = written
            if name in self._unread or len(self._unread) < MOST_METRICS:
                self._unread[name] = written
        for name, value in found.values.items():
            if name not in self._builders:
                if len(self._builders) == MOST_METRICS:
                    continue
                self._builders[name] = SeriesBuilder(name)
            self._builders[name].add(value, found.step, found.epoch)
            self._unread.pop(name, None)

    @property
    def series(self) -> RunSeries:
        """What was reported so far."""
        return RunSeries(
            {name: self._of(name) for name in self._builders},
            tuple(self._unread.values())[:MOST_UNREAD],
        )

    def _of(self, name: str) -> Series:
        about = ""
        if self._job is not None:
            about = f"job {self._job.number}: {self._job.words}"
        elif again := self._order.again.get(name):
            about = f"training {again + 1} in its log"
        return replace(self._builders[name].series, about=about)
