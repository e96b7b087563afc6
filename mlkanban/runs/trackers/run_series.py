"""The series of a metric of one run of a tracker. Files are read again only when they changed, and
what grows is read from where it was read to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from mlkanban.errors import MlkanbanError, StoreBusy
from mlkanban.runs.model.series import RunSeries, Series
from mlkanban.runs.trackers import mlflow, optuna, tensorboard, wandb

_BESIDE = ("", "-wal", "-journal")


class SeriesSource(Protocol):
    """Reads the series of a metric of one run, or reads on."""

    def read(self) -> Series: ...


class TrackerSeries:
    """The series `name` of the run that a tracker calls `ref` and keeps at `where`."""

    def __init__(self, ref: str, where: Path, name: str) -> None:
        self._where, self._name = where, name
        self._ref = ref
        self._source: SeriesSource | None = None
        self._stamp: object = None
        self._read = RunSeries()

    def read(self) -> RunSeries:
        """The series as far as it can be read; why it cannot is said with it."""
        kind, _, run = self._ref.partition(":")
        if kind not in _SOURCES:
            return RunSeries(why="its tracker keeps no values over time")
        try:
            stamp = [_stamp(Path(f"{self._where}{end}")) for end in _BESIDE]
            if self._where.is_file() and stamp == self._stamp:
                return self._read
            if self._source is None:
                self._source = _SOURCES[kind](self._ref, run, self._where, self._name)
            series = self._source.read()
            self._stamp = stamp
        except StoreBusy:
            return self._read  # it is being written just now: the next look will see it
        except MlkanbanError as error:
            return RunSeries(why=error.text)
        except OSError as error:
            return RunSeries(why=f"{error.filename} cannot be read: {error.strerror}.")
        except (ValueError, TypeError, OverflowError, RecursionError):
            return RunSeries(why=f"{self._where} holds what no tracker writes.")
        unread = (series.unread,) if series.unread else ()
        known = {self._name: series} if series.count or unread else {}
        self._read = RunSeries(known, unread)
        return self._read


def _stamp(path: Path) -> tuple[int, int]:
    """What is different once a file was written."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


_SOURCES: dict[str, Callable[[str, str, Path, str], SeriesSource]] = {
    "mlflow": lambda ref, run, where, name: (
        mlflow.FolderSeries(run, where, name)
        if where.is_dir()
        else mlflow.DatabaseSeries(run, where, name)
    ),
    "optuna": lambda ref, run, where, name: optuna.TrialSeries(ref, where, name),
    "tensorboard": lambda ref, run, where, name: tensorboard.EventFileSeries(Path(run), name),
    "wandb": lambda ref, run, where, name: wandb.HistorySeries(run, where, name),
}
"""How each tracker keeps them, by the word that begins the name of its runs."""
