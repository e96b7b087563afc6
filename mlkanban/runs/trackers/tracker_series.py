"""The series of a metric of one run of a tracker. Files are read again only when they changed, and
what grows is read from where it was read to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from mlkanban.errors import MlkanbanError, StoreBusy
from mlkanban.runs.model.series import RunSeries
from mlkanban.runs.trackers.places import TRACKERS
from mlkanban.runs.trackers.tracker import LiveRecord, SeriesSource

_BESIDE = ("", "-wal", "-journal")
_SERIES = {tracker.kind: tracker.series for tracker in TRACKERS}


class TrackerSeries:
    """The series `name` of the run that a tracker calls `ref` and keeps at `where`, or the only one
    it keeps, by its own name; `argv` is the command line of that run, as far as it is known."""

    def __init__(self, ref: str, where: Path, name: str, argv: Sequence[str] = ()) -> None:
        make = _SERIES.get(ref.partition(":")[0])
        self._where, self._name = where, name
        self.about = ""
        """Whose values they are, where the run has several records."""
        self._make: Callable[[], SeriesSource] | None = None
        if make is not None:
            self._make = partial(make, ref, where, name, argv)
        self._source: SeriesSource | None = None
        self._stamp: object = None
        self._read = RunSeries()

    @classmethod
    def of_record(cls, record: LiveRecord, name: str) -> TrackerSeries:
        """The series of what a tracker has of a run that goes on."""
        made = cls("", record.where, name)
        made._make, made.about = partial(record.series, name), record.about
        return made

    def read(self) -> RunSeries:
        """The series as far as it can be read; why it cannot is said with it."""
        if self._make is None:
            return RunSeries(why="its tracker keeps no values over time")
        try:
            stamp = [_stamp(Path(f"{self._where}{end}")) for end in _BESIDE]
            if self._where.is_file() and stamp == self._stamp:
                return self._read
            if self._source is None:
                self._source = self._make()
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
        about = "; ".join(filter(None, (self.about, series.about)))
        known = {series.name: replace(series, about=about)} if series.count or unread else {}
        self._read = RunSeries(known, unread)
        return self._read


def _stamp(path: Path) -> tuple[int, int]:
    """What is different once a file was written."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
