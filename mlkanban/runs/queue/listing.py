"""What executes and what waits, of all cards of a board: the queue as people look at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from mlkanban.runs.local.intake import report_of
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.queue.entries import QueuedRun
from mlkanban.runs.queue.turns import Turns, turn_numbers
from mlkanban.service import Service


class QueueRow(NamedTuple):
    """A run with the short id and the title of its card. `turn` is its place in the queue of this
    machine, 0 where it has none: one that is held back, too."""

    ref: str
    title: str
    run: Run
    turn: int = 0

    @property
    def turn_text(self) -> str:
        """Its turn, or who decides it; '' where it has none."""
        waits_elsewhere = self.run.state is RunState.QUEUED and self.run.job
        return "slurm" if waits_elsewhere else str(self.turn or "")


def queue_rows(data: Path, service: Service, board_id: str, now: datetime) -> list[QueueRow]:
    """The runs of a board that execute, longest first; those that wait on this machine, of other
    boards too, in the order of their turns; those that wait elsewhere; and those that lost their
    place before their turn came."""
    turns = Turns(data, service)
    waiting = turns.waiting(now)
    queued = {run.folder.id for run in waiting}
    going_on = [QueueRow(*row) for row in service.runs.going_on(board_id)]
    execute = [row for row in going_on if row.run.state is not RunState.QUEUED]
    execute = [row for row in execute if row.run.id not in queued]
    elsewhere = [
        row for row in going_on if row.run.state is RunState.QUEUED and row.run.id not in queued
    ]
    execute.sort(key=lambda row: row.run.started)
    elsewhere.sort(key=lambda row: row.run.waits_since)
    numbers = turn_numbers(waiting)
    here_waiting = [_row(service, run, now, numbers.get(run.folder.id, 0)) for run in waiting]
    lost = [
        row._replace(run=replace(row.run, evidence=run.judgement.evidence))
        for run in turns.lost(now)
        for row in [_row(service, run, now)]
    ]
    return [*execute, *here_waiting, *elsewhere, *lost]


def _row(service: Service, queued: QueuedRun, now: datetime, turn: int = 0) -> QueueRow:
    ref = queued.start.get("card", "")
    face = service.runs.card_called(ref)
    report = report_of(queued.folder, queued.start, here(), now)
    run = report.run if report else Run(queued.folder.id)
    return QueueRow(ref, face.title if face else "", run, turn)
