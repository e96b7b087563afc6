"""Who is next: runs of the queue get their slots, and their order is changed by hand.

All of it happens while this process alone may write the store, so that no slot and no GPU is given
twice, and no run is dropped that starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mlkanban.core.timestamps import instant
from mlkanban.errors import LimitReached, MlkanbanError, RuleRefused
from mlkanban.runs.local.intake import report_of
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.queue_order import InQueue, in_turn, shifted
from mlkanban.runs.model.state import RunState
from mlkanban.runs.queue.entries import QueuedRun, QueueFiles
from mlkanban.runs.queue.gpus import Gpus, machine_gpus
from mlkanban.runs.queue.waiting import wake
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service import Service


class Turns:
    """The queue of this machine, with the store that has its cards."""

    def __init__(self, data: Path, service: Service) -> None:
        self._data, self._service = data, service
        self._files = QueueFiles(data)

    def waiting(self, now: datetime) -> list[QueuedRun]:
        """The runs that wait, in the order of their turns."""
        runs = {run.folder.id: run for run in self._files.runs(now) if run.waits}
        return [runs[run] for run in self._in_turn(runs.values())]

    def known(self, now: datetime) -> list[QueuedRun]:
        """The runs that wait, have started, or lost their place before their turn came."""
        return self._files.runs(now)

    def lost(self, now: datetime) -> list[QueuedRun]:
        """The runs that lost their place before their turn came."""
        return [run for run in self._files.runs(now) if run.was_lost]

    def forget_replaced(self, start: Mapping[str, Any], now: datetime) -> None:
        """Forget the runs that lost their place and are queued again as the one with this start: of
        the same command in the same folder for the same card."""
        for lost in self.lost(now):
            if all(lost.start.get(key) == start.get(key) for key in ("card_id", "argv", "cwd")):
                self._files.remove(lost.folder.id)

    def _in_turn(self, runs: Iterable[QueuedRun]) -> list[str]:
        runs = list(runs)
        priorities = self._service.runs.priorities(_card(run) for run in runs)
        places = (
            InQueue(run.folder.id, priorities.get(_card(run), ""), str(run.start.get("made") or ""))
            for run in runs
        )
        return in_turn(places, self._files.order())

    def advance(self, now: datetime) -> list[str]:
        """Give every free slot to the next run that fits; the ids of the runs that start.

        Nobody is overtaken by a run that wants the same: where one of a stage finds no slot, the
        others of that stage wait, and where one finds too few GPUs, all others that want any. But
        where there is no room for one more card, those of the cards that are there go on: they
        would keep their places for ever.
        """
        waiting = [run for run in self.waiting(now) if not run.held_by]
        gpus = _gpus(waiting)
        started: list[str] = []
        full: set[tuple[str, bool]] = set()
        for run in waiting:
            wants = int(run.start.get("gpus") or 0)
            stage, has_place = self._service.runs.stage_of_runs(_card(run))
            if (stage, has_place) in full or (wants and gpus is None):
                continue
            claim = _Claim(self._files, run, gpus, now)
            try:
                self._service.runs.start_queued(
                    _card(run), str(run.start.get("force") or ""), claim
                )
            except LimitReached:
                full |= {(stage, False), (stage, has_place)}
            except RuleRefused:
                continue
            if claim.too_few_gpus:
                gpus = None
            if claim.taken:
                started.append(run.folder.id)
                wake(run.folder)
        self._files.sweep(now)
        return started

    def shift(self, run: QueuedRun, by: int, now: datetime) -> None:
        """Give a run its turn earlier (`by` < 0) or later."""
        order = [waiting.folder.id for waiting in self.waiting(now)]
        with self._service.runs.alone():
            self._still_waiting(run, now)
            self._files.write_order(shifted(order, run.folder.id, by))
        self.advance(now)

    def hold(self, run: QueuedRun, by: str, now: datetime) -> None:
        """Hold a run back, or let it go on where `by` is ''; then it starts if its turn is now."""
        with self._service.runs.alone():
            waiting = self._still_waiting(run, now)
            queue = {**waiting.start["queue"], "held": by}
            waiting.folder.write_start({**waiting.start, "queue": queue})
        self.advance(now)

    def drop(self, run: QueuedRun, by: str, now: datetime) -> None:
        """Take a run out of the queue; it never starts. One that lost its place is forgotten."""
        if not run.was_lost:
            with self._service.runs.alone():
                waiting = self._still_waiting(run, now)
                waiting.folder.write_stop({"by": by, "at": instant(now)})
            wake(run.folder)
        self._files.remove(run.folder.id)
        self.advance(now)

    def turn_of(self, run: str, now: datetime) -> str:
        """As a sentence, which turn a run of the queue has."""
        waiting = self.waiting(now)
        for place, other in enumerate(waiting, 1):
            if other.folder.id == run:
                held = " It is held back." if other.held_by else ""
                return f"Its turn is {place} of {len(waiting)}.{held}"
        return "Its turn has come: it starts."

    def _still_waiting(self, run: QueuedRun, now: datetime) -> QueuedRun:
        """The run as its files have it now; the store is being written, so nothing reads that."""
        for waiting in self._files.runs(now):
            if waiting.folder.id == run.folder.id and waiting.waits:
                return waiting
        raise RuleRefused(f"Run {run.folder.id} does not wait any more.")


class _Claim:
    """Takes a slot, and GPUs, for one run; called while nobody else writes."""

    def __init__(self, files: QueueFiles, run: QueuedRun, gpus: Gpus | None, now: datetime) -> None:
        self._files, self._run, self._gpus, self._now = files, run, gpus, now
        self.taken = self.too_few_gpus = False

    def __call__(self) -> RunReport | None:
        """The run as it begins; None where it waits no more, or GPUs are missing."""
        runs = {run.folder.id: run for run in self._files.runs(self._now)}
        run = runs.get(self._run.folder.id)
        # A run whose process was not left behind yet could not be started by anybody.
        if run is None or not run.waits or run.held_by or "waiter" not in run.start["queue"]:
            return None
        start = {**run.start, "started": instant(self._now)}
        if wants := int(start.get("gpus") or 0):
            free = self._free_gpus(run, runs.values())
            if len(free) < wants:
                self.too_few_gpus = True
                return None
            start["queue"] = {**start["queue"], "cuda": free[:wants]}
            names = ",".join(map(str, free[:wants]))
            start["environment"] = {**start["environment"], "CUDA_VISIBLE_DEVICES": names}
        run.folder.write_start(start)
        run.folder.give_turn()
        self.taken = True
        report = report_of(run.folder, start, here(), self._now)
        assert report is not None
        return replace(report, run=replace(report.run, state=RunState.RUNNING, evidence=""))

    def _free_gpus(self, run: QueuedRun, runs: Iterable[QueuedRun]) -> list[int]:
        assert self._gpus is not None
        given = {
            int(number)
            for other in runs
            if not other.judgement.state.ended
            for number in other.start["queue"].get("cuda") or ()
        }
        return self._gpus.free(run.start["environment"].get("CUDA_VISIBLE_DEVICES"), given)


def _gpus(waiting: Sequence[QueuedRun]) -> Gpus | None:
    """The GPUs of this machine, where a run waits for any; None where they cannot be named."""
    if not any(run.start.get("gpus") for run in waiting):
        return None
    try:
        return machine_gpus()
    except MlkanbanError as error:
        # logging: only a queue whose GPUs cannot be named waits for it.
        from mlkanban.log import logger

        logger("program").warning("the queue cannot name GPUs: %s", error)
        return None


def _card(run: QueuedRun) -> str:
    return str(run.start.get("card_id") or "")
