"""Orphan processes that a job left running: alive after its end, perhaps holding GPU memory."""

from __future__ import annotations

import os
import shlex
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from mlkanban.machine import machine
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.processes import Process, alive, everything
from mlkanban.runs.local.viewer import job_of
from mlkanban.runs.model.redaction import redacted

_PATIENCE_SECONDS = 5.0
_OURS = frozenset({"mlkanban", "mlk"})


class OrphanProcess(NamedTuple):
    """An orphan process, with its command line without secrets."""

    process: Process
    command: str


def orphan_processes(folders: Iterable[RunFolder]) -> dict[str, list[OrphanProcess]]:
    """The orphan processes of finished runs on this machine, by run id: processes of the run's
    group, and those that have the run in their environment."""
    groups: dict[tuple[int, int], str] = {}
    leaders: dict[str, Process] = {}
    for folder in folders:
        over = folder.end() or folder.rc() is not None
        if over and (job := job_of(folder)):
            leaders[folder.id] = job[0]
            groups[job[0].pid, job[1]] = folder.id
    by_run: dict[str, list[OrphanProcess]] = {}
    if not leaders:
        return by_run
    for process, group, session in everything():
        run = groups.get((group, session), "")
        if run and process.pid == leaders[run].pid and process != leaders[run]:
            run = ""
        run = run or machine().variable(process.pid, "MLKANBAN_RUN")
        words = machine().command(process.pid)
        if run in leaders and not _watches(words):
            by_run.setdefault(run, []).append(OrphanProcess(process, shlex.join(redacted(words))))
    return by_run


def stop_orphan_processes(folder: RunFolder) -> int:
    """End the orphan processes of a run: SIGTERM, later SIGKILL. Returns how many ended."""
    had = [orphan.process for orphan in orphan_processes([folder]).get(folder.id, [])]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in filter(alive, had):
            with suppress(OSError):
                os.kill(process.pid, number)
        end = time.monotonic() + _PATIENCE_SECONDS
        while any(map(alive, had)) and time.monotonic() < end:
            time.sleep(0.05)
    return sum(not alive(process) for process in had)


def _watches(words: list[str]) -> bool:
    """Whether a process is this program, watching another run that the job started."""
    names = {os.path.basename(word) for word in words[:3]}
    return bool(names & _OURS)
