"""The folder of one run, all that its processes ever write: what was started, how it ended, and
what it wrote. The database is never opened by them."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from mlkanban.errors import NotFound, UsageProblem
from mlkanban.files import write_whole

VERSION = 1
ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_MOST_JSON = 1_000_000


def runs_folder(data: Path) -> Path:
    """Where the folders of all runs lie, below the data folder."""
    return data / "runs"


def new_id(now: datetime) -> str:
    """Sortable by time, and unlike any other, wherever that was made."""
    made = f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03x}"
    return made + os.urandom(3).hex()[:5]


class RunFolder:
    """The files of one run. What cannot be read is as if it were not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.out, self.err = path / "out.log", path / "err.log"
        self.rc_file = path / "rc"
        self.metrics_file = path / "metrics.json"
        self.start_file = path / "start.json"
        self._end, self._stop, self._scheduler = (
            path / "end.json", path / "stop.json", path / "scheduler.json",
        )  # fmt: skip

    def make(self) -> None:
        """Make it, with empty logs; FileExistsError when there is one."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700)
        for log in (self.out, self.err):
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
            os.close(os.open(log, flags, 0o600))

    def write_start(self, values: Mapping[str, Any]) -> None:
        _write(self.start_file, values)

    def write_end(self, values: Mapping[str, Any]) -> None:
        _write(self._end, values)

    def write_stop(self, values: Mapping[str, Any]) -> None:
        """Keep who asked the run to stop, so that its end is not taken for a failure."""
        _write(self._stop, values)

    def write_scheduler(self, values: Mapping[str, Any]) -> None:
        """Keep what its scheduler said last, for all who read this folder."""
        _write(self._scheduler, values)

    def scheduler(self) -> dict[str, Any]:
        return _read(self._scheduler)

    def start(self) -> dict[str, Any]:
        return _read(self.start_file)

    def end(self) -> dict[str, Any]:
        return _read(self._end)

    def stop_asked_by(self) -> str:
        """Who asked it to stop, '' when nobody did."""
        return str(_read(self._stop).get("by", ""))

    def stop_asked_at(self) -> str:
        """When it was asked to stop, '' when nobody did that."""
        return str(_read(self._stop).get("at", ""))

    def rc(self) -> int | None:
        """What the shell around the job wrote as its exit status."""
        with suppress(OSError, ValueError):
            return int(self.rc_file.read_text()[:10])
        return None

    def metrics(self) -> str:
        """What the job wrote into its file of metrics, '' when it did not. OSError says what is
        wrong with it: the job can put anything there, which must neither be waited for nor lead
        elsewhere."""
        try:
            descriptor = os.open(self.metrics_file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise OSError("it cannot be read") from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("it is no plain file")
            with open(descriptor, "rb", closefd=False) as source:
                content = source.read(_MOST_JSON + 1)
        finally:
            os.close(descriptor)
        if len(content) > _MOST_JSON:
            raise OSError(f"it is larger than {_MOST_JSON // 1_000_000} MB")
        return content.decode("utf-8-sig", errors="replace")

    def beat(self) -> None:
        """Give a sign of life."""
        with suppress(OSError):
            os.utime(self.start_file)

    def heartbeat(self, now: datetime) -> float:
        """Seconds from the last sign of life to `now`."""
        with suppress(OSError):
            return max(0.0, now.timestamp() - self.start_file.stat().st_mtime)
        return float("inf")

    def scheduler_age(self, now: datetime) -> float:
        """Seconds from when its scheduler last said something new to `now`."""
        with suppress(OSError):
            return max(0.0, now.timestamp() - self._scheduler.stat().st_mtime)
        return 0.0

    def note(self, line: str) -> None:
        """Add a line to what the job wrote to stderr."""
        with suppress(OSError), self.err.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"{line}\n")


def folders_of(data: Path, ids: Iterable[str]) -> Iterator[RunFolder]:
    """The folders of those runs that may have one here: ids come from other machines too, and what
    is no id of a run of ours could name any place."""
    return (RunFolder(runs_folder(data) / run) for run in ids if ID.fullmatch(run))


def tail(log: Path, most: int = 65536) -> str:
    """The end of a log, '' when there is none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            return file.read(most).decode(errors="replace")
    except OSError:
        return ""


def run_ids(folder: Path) -> list[str]:
    """The ids of the runs that have a folder there, oldest first."""
    with suppress(OSError):
        return sorted(name for name in os.listdir(folder) if ID.fullmatch(name))
    return []


def find_run(data: Path, wanted: str) -> RunFolder:
    """The run with this id, or with a beginning or an end of one that only one has."""
    folder = runs_folder(data)
    known = run_ids(folder)
    matching = [name for name in known if name == wanted] or [
        name for name in known if wanted and (name.startswith(wanted) or name.endswith(wanted))
    ]
    if not matching:
        raise NotFound(
            f"There are no files of a run {wanted!r} here.",
            "They are on the machine it was started on. List runs: mlkanban runs",
        )
    if len(matching) > 1:
        raise UsageProblem(
            f"{wanted!r} could be {' or '.join(matching[-3:])}.", "Type more of the id."
        )
    return RunFolder(folder / matching[0])


def _write(file: Path, values: Mapping[str, Any]) -> None:
    write_whole(file, json.dumps({"v": VERSION, **values}).encode())


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open(encoding="utf-8", errors="replace") as source:
            values = json.loads(source.read(_MOST_JSON))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
