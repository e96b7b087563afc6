"""The runs of this machine's queue, by the files of a folder: one named after each run, and the
order that somebody gave them by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlkanban.files import write_whole
from mlkanban.runs.local.folder import RunFolder, queue_folder, run_ids, runs_folder
from mlkanban.runs.local.inspect import in_queue, judged
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.records import QueueRecord, StartRecord
from mlkanban.runs.model.state import Judgement, RunState

_ORDER = ".order.json"


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """A run of the queue as its folder has it now."""

    folder: RunFolder
    start: StartRecord
    judgement: Judgement

    @property
    def queue(self) -> QueueRecord:
        return self.start.get("queue", {})

    @property
    def waits(self) -> bool:
        """Whether its turn has not come yet, and may come."""
        return in_queue(self.start) and not self.judgement.state.ended

    @property
    def was_lost(self) -> bool:
        """Whether it lost its place before its turn: it can be queued again."""
        return in_queue(self.start) and self.judgement.state is RunState.LOST

    @property
    def held_by(self) -> str:
        return self.queue.get("held", "")


class QueueFiles:
    """The folder of the queue. A file that is missing there is made again by the process that waits
    for the run."""

    def __init__(self, data: Path) -> None:
        self._data, self._folder = data, queue_folder(data)

    def runs(self, now: datetime) -> list[QueuedRun]:
        """The runs of the queue that are not over, and those that lost their place, in the order in
        which they came."""
        place = here()
        found = []
        for run in run_ids(self._folder):
            folder = RunFolder(runs_folder(self._data) / run)
            start = folder.start()
            if "queue" in start:
                found.append(QueuedRun(folder, start, judged(folder, start, place, now)))
        return [run for run in found if run.was_lost or not run.judgement.state.ended]

    def add(self, run: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(self._folder / run, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def remove(self, run: str) -> None:
        (self._folder / run).unlink(missing_ok=True)

    def sweep(self, now: datetime) -> None:
        """Forget the runs that are over."""
        # Listed before they are looked at: one that is added meanwhile stays.
        listed = run_ids(self._folder)
        kept = {run.folder.id for run in self.runs(now)}
        for run in listed:
            if run not in kept:
                self.remove(run)

    def order(self) -> list[str]:
        """The runs in the order that somebody gave them by hand; [] when nobody did."""
        with suppress(OSError, ValueError, RecursionError):
            order = json.loads((self._folder / _ORDER).read_text())
            return [str(run) for run in order] if isinstance(order, list) else []
        return []

    def write_order(self, order: Sequence[str]) -> None:
        write_whole(self._folder / _ORDER, json.dumps(list(order)).encode())
