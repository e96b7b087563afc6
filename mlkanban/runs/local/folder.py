"""The folder of one run, with everything that its processes ever write: what was started, how it
ended, and its output. The processes never open the database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from mlkanban.core.names import only_id
from mlkanban.errors import NotFound
from mlkanban.files import NoPlainFile, open_plain, write_whole
from mlkanban.hints import hint
from mlkanban.runs.model.records import (
    EndRecord,
    Record,
    SchedulerRecord,
    StartRecord,
    StopRecord,
    left_out,
    record_of,
)
from mlkanban.runs.model.run_ids import ID

VERSION = 1
_MOST_METRICS_BYTES = 1_000_000
_MOST_PATCH_BYTES = 2_000_000
_NEWEST_RUNS = 200
"""Runs that are looked at for those in a folder."""
_MOST_RECORD_BYTES = 16_000_000
"""Of what is written here by mlkanban: an array has up to a hundred thousand tasks."""


def runs_folder(data: Path) -> Path:
    """The folder that holds the folders of all runs, below the data folder."""
    return data / "runs"


def new_id(now: datetime) -> str:
    """A new run id: sortable by time, and unique across machines."""
    made = f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03x}"
    return made + os.urandom(3).hex()[:5]


class RunFolder:
    """The files of one run. A file that cannot be read counts as missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.out, self.err = path / "out.log", path / "err.log"
        self.rc_file = path / "rc"
        self.metrics_file = path / "metrics.json"
        self.start_file = path / "start.json"
        self.patch_file = path / "changes.patch"
        self.turn_file = path / "turn"
        self._end, self._stop, self._scheduler = (
            path / "end.json", path / "stop.json", path / "scheduler.json",
        )  # fmt: skip

    def make(self) -> None:
        """Create the folder with empty logs; FileExistsError when it exists."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700)
        for log in (self.out, self.err):
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
            os.close(os.open(log, flags, 0o600))

    def write_start(self, record: StartRecord) -> None:
        _write(self.start_file, record)

    def write_end(self, record: EndRecord) -> None:
        _write(self._end, record)

    def write_stop(self, record: StopRecord) -> None:
        """Record who asked the run to stop, so that its end does not count as a failure."""
        _write(self._stop, record)

    def write_scheduler(self, record: SchedulerRecord) -> None:
        """Record the scheduler's latest answer, for everything that reads this folder."""
        _write(self._scheduler, record)

    def scheduler(self) -> SchedulerRecord:
        return _read(SchedulerRecord, self._scheduler)

    def give_turn(self) -> None:
        """Let the process that waits in the queue start the job."""
        os.close(os.open(self.turn_file, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))

    def start(self) -> StartRecord:
        return _read(StartRecord, self.start_file)

    def end(self) -> EndRecord:
        return _read(EndRecord, self._end)

    @property
    def has_ended(self) -> bool:
        """Whether its processes, or the scheduler, said that it ended."""
        if self._end.exists() or self.rc_file.exists():
            return True
        state = self.scheduler().get("state")
        return state is not None and state.ended

    def stop_asked_by(self) -> str:
        """Who asked the run to stop; '' when nobody did."""
        return _read(StopRecord, self._stop).get("by", "")

    def stop_asked_at(self) -> str:
        """When the run was asked to stop; '' when nobody asked."""
        return _read(StopRecord, self._stop).get("at", "")

    def rc(self) -> int | None:
        """The exit status that the shell around the job wrote; None for none."""
        with suppress(OSError, ValueError), open_plain(self.rc_file) as source:
            return int(source.read(10))
        return None

    def rc_age(self, now: datetime) -> float:
        """Seconds since that status was written; 0 for none."""
        with suppress(OSError):
            return now.timestamp() - self.rc_file.stat().st_mtime
        return 0.0

    def metrics(self) -> str:
        """The contents of the job's metrics file; '' without one.

        OSError says what is wrong with the file: the job can put anything there, and reading it
        must neither block nor follow a link.
        """
        try:
            with open_plain(self.metrics_file, follow=False) as source:
                content = source.read(_MOST_METRICS_BYTES + 1)
        except FileNotFoundError:
            return ""
        except NoPlainFile as error:
            raise OSError("it is no plain file") from error
        except OSError as error:
            raise OSError("it cannot be read") from error
        if len(content) > _MOST_METRICS_BYTES:
            raise OSError(f"it is larger than {_MOST_METRICS_BYTES // 1_000_000} MB")
        return content.decode("utf-8-sig", errors="replace")

    def unreadable_parts(self) -> dict[str, list[str]]:
        """The parts of its records that are left out, since they are not of their kind, by the
        names of the files."""
        return {file.name: parts for file, _, parts in self._unreadable()}

    def drop_unreadable_parts(self) -> None:
        """Write the records again without the parts that are left out when they are read. OSError
        where that cannot be."""
        for file, record, _ in self._unreadable():
            write_whole(file, json.dumps(record).encode())

    def _unreadable(self) -> Iterator[tuple[Path, object, list[str]]]:
        for file, values, record in (
            _with_record(StartRecord, self.start_file),
            _with_record(EndRecord, self._end),
            _with_record(StopRecord, self._stop),
            _with_record(SchedulerRecord, self._scheduler),
        ):
            if parts := left_out(values, record):
                yield file, record, parts

    def patch(self) -> bytes:
        """The uncommitted changes that were kept with the run; b'' for none."""
        with suppress(OSError), open_plain(self.patch_file) as source:
            return source.read(_MOST_PATCH_BYTES)
        return b""

    def beat(self) -> None:
        """Record a sign of life."""
        with suppress(OSError):
            os.utime(self.start_file)

    def heartbeat(self, now: datetime) -> float:
        """Seconds since the last sign of life."""
        with suppress(OSError):
            return max(0.0, now.timestamp() - self.start_file.stat().st_mtime)
        return float("inf")

    def scheduler_age(self, now: datetime) -> float:
        """Seconds since the scheduler's answer last changed."""
        with suppress(OSError):
            return max(0.0, now.timestamp() - self._scheduler.stat().st_mtime)
        return 0.0

    def note(self, line: str) -> None:
        """Append a line to the job's stderr."""
        with suppress(OSError), self.err.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"{line}\n")


def queue_folder(data: Path) -> Path:
    """The folder with a file for each run of the queue of this machine, below the data folder."""
    return data / "queue"


def folders_of(data: Path, ids: Iterable[str]) -> Iterator[RunFolder]:
    """The folders of those runs that may have one here. Ids come from other machines, too, and an
    id of a foreign form could name any path."""
    return (RunFolder(runs_folder(data) / run) for run in ids if ID.fullmatch(run))


def tail(log: Path, most: int = 65536) -> str:
    """The end of a log; '' when there is none."""
    try:
        with open_plain(log) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            return file.read(most).decode(errors="replace")
    except OSError:
        return ""


def run_ids(folder: Path) -> list[str]:
    """The ids of the runs that have a folder, oldest first."""
    with suppress(OSError):
        return sorted(name for name in os.listdir(folder) if ID.fullmatch(name))
    return []


def going_on_in(data: Path, cwd: str, since: datetime) -> list[str]:
    """The ids of the runs that were started in a folder, have not ended as far as their own folders
    say, and gave a sign of life since then. Only the newest runs are looked at."""
    return [
        folder.id for folder in newest_folders(data)
        if not folder.has_ended and folder.heartbeat(since) == 0
        and folder.start().get("cwd", "") == cwd
    ]  # fmt: skip


def newest_folders(data: Path) -> Iterator[RunFolder]:
    """The folders of the newest runs that were started on this machine, newest first."""
    for run in run_ids(runs_folder(data))[: -_NEWEST_RUNS - 1 : -1]:
        yield RunFolder(runs_folder(data) / run)


def find_run(data: Path, wanted: str) -> RunFolder:
    """The run with this id, or with a part of it that only one run has: the beginning, the end, or
    the beginning of the short id at its end."""
    folder = runs_folder(data)
    run = only_id(run_ids(folder), wanted)
    if not run:
        raise NotFound(
            f"There are no files of a run {wanted!r} here.",
            hint("If it was started on another machine, they are there. List runs: {runs}"),
        )
    return RunFolder(folder / run)


def _write(file: Path, record: Record) -> None:
    write_whole(file, json.dumps({"v": VERSION, **record}).encode())


def _read(kind: type[Record], file: Path) -> Record:
    return record_of(kind, _values(file))


def _with_record(kind: type[Record], file: Path) -> tuple[Path, object, object]:
    values = _values(file)
    return file, values, record_of(kind, values)


def _values(file: Path) -> object:
    try:
        with open_plain(file) as source:
            values: object = json.loads(source.read(_MOST_RECORD_BYTES).decode(errors="replace"))
    except (OSError, ValueError, RecursionError):
        return None
    return values
