"""The series of metrics in the log of a run, read on as the log grows."""

from __future__ import annotations

from mlkanban.growing_file import GrowingFile
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.inspect import logs
from mlkanban.runs.model.metric_lines import MARK, MOST, MOST_UNREAD, metric_line
from mlkanban.runs.model.series import RunSeries, SeriesBuilder


class LogSeries:
    """Reads the lines of metrics of a run, each once. A log that was truncated, as that of a job
    that begins again, is read from its start."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._log: GrowingFile | None = None
        self._forget()

    def _forget(self) -> None:
        self._builders: dict[str, SeriesBuilder] = {}
        self._unread: dict[str, str] = {}

    def read(self, *, over: bool) -> RunSeries:
        """The series so far; `over` says that the run has ended. OSError when its log cannot be
        read."""
        if self._log is None:
            out, _ = logs(self._folder, self._folder.start())
            if len(out) != 1:
                return RunSeries(
                    why="each task of an array has a log of its own"
                    if out
                    else "SLURM does not say yet where its log is"
                )
            self._log = GrowingFile(out[0])
        new = self._log.read(MARK.encode(), over=over)
        if new.anew:
            self._forget()
        for line in new.lines:
            self._take(line)
        return RunSeries(
            {name: builder.series for name, builder in self._builders.items()},
            tuple(self._unread.values())[:MOST_UNREAD],
        )

    def _take(self, line: str) -> None:
        found = metric_line(line)
        if found is None:
            return
        for name, written in found.unread.items():
            if name in self._builders:
                self._builders[name].unread = written
            if name in self._unread or len(self._unread) < MOST:
                self._unread[name] = written
        for name, value in found.values.items():
            if name not in self._builders:
                if len(self._builders) == MOST:
                    continue
                self._builders[name] = SeriesBuilder(name)
            self._builders[name].add(value, found.step, found.epoch)
            self._unread.pop(name, None)
