"""The runs of this machine by the folders they were started in: in which of them a tracker may have
written, and with which interpreter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mlkanban.core.timestamps import instant
from mlkanban.runs.local.folder import newest_folders
from mlkanban.runs.model.inbox import LocalRun

_SIGN_OF_LIFE_SECONDS = 60.0
"""So long after its last sign of life a run may have gone on."""
_MOST_FOLDERS = 20
"""Folders of runs that trackers are looked for in."""


def local_runs(data: Path) -> list[LocalRun]:
    """The newest runs that were started on this machine. One that did not write its end went on to
    its last sign of life, and a little longer."""
    found = []
    for folder in newest_folders(data):
        start = folder.start()
        ended = folder.end().get("ended", "")
        if not ended:
            with suppress(OSError, OverflowError):
                at = folder.start_file.stat().st_mtime + _SIGN_OF_LIFE_SECONDS
                ended = instant(datetime.fromtimestamp(at, UTC))
        card, cwd, started = (start.get("card"), start.get("cwd"), start.get("started"))
        if card and cwd and started:
            found.append(LocalRun(folder.id, card, cwd, started, ended))
    return found


def newest_working_folders(runs: Iterable[LocalRun]) -> list[Path]:
    """The folders that the newest of these runs, newest first, were started in."""
    return [*map(Path, dict.fromkeys(run.cwd for run in runs))][:_MOST_FOLDERS]


def newest_command_in(data: Path, cwd: Path) -> Sequence[str]:
    """The command line of the newest run that was started in a folder; () for none."""
    for folder in newest_folders(data):
        start = folder.start()
        if start.get("cwd") == str(cwd):
            return start.get("argv", ())
    return ()
