"""Adopt a process that is already running as a run of a card."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from mlkanban.core.timestamps import instant
from mlkanban.errors import NotFound, RuleRefused
from mlkanban.hints import hint
from mlkanban.machine import machine
from mlkanban.runs.local.folder import RunFolder, new_id, run_ids, runs_folder
from mlkanban.runs.local.processes import (
    Process,
    alive,
    here,
    process,
    scope_in,
    session_of,
    where,
)
from mlkanban.runs.model.records import StartRecord
from mlkanban.runs.model.redaction import redacted


def adopt(
    data: Path, card: str, card_id: str, pid: int, person: str, now: datetime
) -> tuple[RunFolder, StartRecord]:
    """A run of a card for the process with this pid: its folder, which does not exist yet, and the
    contents of its start.json. The process is not our child, so its exit status will never be
    known."""
    target = process(pid)
    if not alive(target):
        raise NotFound(f"There is no process {pid} here.", "List yours: ps -u $USER")
    if not machine().is_mine(pid):
        raise RuleRefused(f"Process {pid} is not yours.", "Adopt one of your own.")
    known = [RunFolder(runs_folder(data) / name) for name in run_ids(runs_folder(data))]
    if run := _run_of(target, known):
        raise RuleRefused(f"Process {pid} belongs to run {run} already.", hint("See: {runs}"))
    folder = RunFolder(runs_folder(data) / new_id(now))
    return folder, {
        "id": folder.id,
        "card": card,
        "card_id": card_id,
        "argv": redacted(machine().command(pid)),
        "person": person,
        "made": instant(now),
        "started": instant(machine().started_at(pid, now) or now),
        "adopted": True,
        "child": target.to_record(),
        "session": session_of(target),
        **where(),
    }


def _run_of(target: Process, known: Iterable[RunFolder]) -> str:
    place, own = here(), target.to_record()
    inside = machine().variable(target.pid, "MLKANBAN_RUN")
    for folder in known:
        start = folder.start()
        ours = folder.id == inside or own in (start.get("child"), start.get("supervisor"))
        if ours and scope_in(start, place) == place:
            return folder.id
    return ""
