"""Putting a run into the queue of this machine, completely or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlkanban.errors import RuleRefused, StoreProblem
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.intake import report_of
from mlkanban.runs.local.processes import here
from mlkanban.runs.local.start import Wanted, make, plan
from mlkanban.runs.model.records import StartRecord
from mlkanban.runs.queue.entries import QueueFiles
from mlkanban.runs.queue.gpus import machine_gpus
from mlkanban.runs.queue.waiter import wait_for_turn
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service import Service
from mlkanban.text import quantity


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A run on its way into the queue: it is stored, then a process is left behind that waits. The
    store must be closed for the latter, which forks."""

    data: Path
    folder: RunFolder
    start: StartRecord
    argv: Sequence[str]

    def store(self, service: Service, now: datetime) -> None:
        """Make its folder and store it, both or neither."""

        def made() -> RunReport:
            make(self.folder, self.start)
            QueueFiles(self.data).add(self.folder.id)
            report = report_of(self.folder, self.start, here(), now)
            assert report is not None
            return report

        try:
            service.runs.queue(made)
        except BaseException:
            self._remove()
            raise

    def wait(self, umask: int) -> None:
        """Leave the process behind that starts it in its turn. StoreProblem where that cannot be:
        its files are gone then, and what was stored of it is to be given up."""
        if wait_for_turn(self.data, self.folder, self.start, self.argv, umask=umask):
            return
        self._remove()
        raise StoreProblem(
            f"The run was not queued: where it waits could not be written to {self.folder.path}.",
            "Make room there, or use another place with --home.",
        )

    def _remove(self) -> None:
        QueueFiles(self.data).remove(self.folder.id)
        shutil.rmtree(self.folder.path, ignore_errors=True)


def planned(data: Path, wanted: Wanted, now: datetime) -> NewEntry:
    """The entry of a run that does not wait yet; nothing is written."""
    folder, start = plan(data, wanted, now)
    start |= {"started": "", "queue": {"label": wanted.label}}
    return NewEntry(data, folder, start, wanted.argv)


def require_gpus(wanted: int) -> None:
    """RuleRefused where this machine never has so many GPUs for a run."""
    visible = machine_gpus().visible(os.environ.get("CUDA_VISIBLE_DEVICES"))
    if wanted > len(visible):
        raise RuleRefused(
            f"The run asks for {quantity(wanted, 'GPU')}, and it may use {len(visible)} here.",
            "Ask for fewer, or set CUDA_VISIBLE_DEVICES to more.",
        )
