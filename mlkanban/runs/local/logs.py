"""Show the output of a run. On a terminal it is only text: nothing in a log may act on the
terminal."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mlkanban.errors import NotFound
from mlkanban.runs.local.folder import ID, RunFolder, runs_folder, tail
from mlkanban.runs.local.inspect import judged, logs
from mlkanban.runs.local.processes import here
from mlkanban.runs.local.start import Clock
from mlkanban.runs.model.failure import ESCAPES, last_lines
from mlkanban.text import display_lines

_CHUNK = 1 << 16
_LOOKS = 0.2
_LINE = re.compile(rb"[^\r\n]*[\r\n]")


class _Copy:
    """Copies one growing log to one stream; the log may not exist yet."""

    def __init__(self, path: Path, target: int) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._target = target
        self._plain = os.isatty(target)
        self._rest = b""

    def more(self, *, last: bool = False) -> bool:
        """Copy new lines, complete ones only; returns whether there were any."""
        if self._file is None:
            try:
                self._file = self._path.open("rb")
            except OSError:
                return False
        chunk = self._file.read(_CHUNK)
        if not chunk and self._began_anew(self._file):
            self._file.close()
            self._file, self._rest = None, b""
            return True
        if not self._plain:
            _write(self._target, chunk)
            return bool(chunk)
        text = self._rest + chunk
        end = len(text) if last and not chunk else 0
        for line in _LINE.finditer(text):
            end = max(end, line.end())
        self._rest = text[end:]
        for part in re.split(rb"([\r\n])", text[:end]):
            shown = part if part in (b"\r", b"\n") else _harmless(part)
            _write(self._target, shown)
        return bool(chunk)

    def _began_anew(self, file: BinaryIO) -> bool:
        """Whether the log was truncated, or another one was put into its place: a job that is put
        back into the queue begins its log again."""
        try:
            now, here = self._path.stat(), os.fstat(file.fileno())
        except OSError:
            return False
        return now.st_size < file.tell() or not os.path.samestat(now, here)


def copy_logs(folder: RunFolder, clock: Clock, *, follow: bool) -> None:
    """Copy both logs to stdout and stderr; with `follow`, until the run has ended."""
    sys.stdout.flush()
    start = folder.start()
    out, err = logs(folder, start)
    if not follow and not any(os.access(log, os.R_OK) for log in (*out, *err)):
        raise NotFound(
            f"No log of run {folder.id} can be read here.",
            f"It is to be in {', '.join(map(str, out or err))}."
            if out or err
            else "SLURM does not say where the job writes to, or it has not started yet.",
        )
    copies = [_Copy(log, 1) for log in out] + [_Copy(log, 2) for log in err if log not in out]
    while True:
        # Looked at before the last is copied: what was written before the end is there.
        over = not follow or judged(folder, folder.start(), here(), clock()).state.ended
        while any(copy.more(last=over) for copy in copies):
            pass
        if over:
            return
        time.sleep(_LOOKS)


class Written(NamedTuple):
    """The last lines of a run on stdout and on stderr, without control sequences."""

    out: list[str]
    err: list[str]


def last_written(data: Path, run_id: str) -> Written:
    """The last output of a run; nothing where its logs are not here. For an array of jobs, that of
    the last task."""
    if not ID.fullmatch(run_id):
        return Written([], [])
    folder = RunFolder(runs_folder(data) / run_id)
    out, err = logs(folder, folder.start())
    alone = [log for log in err if log not in out]
    return Written(*(last_lines(tail(files[-1])) if files else [] for files in (out, alone)))


def _harmless(raw: bytes) -> bytes:
    text = ESCAPES.sub("", raw.decode(errors="replace"))
    return display_lines(text).encode(errors="replace")


def _write(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]
