"""Who is next: runs of the queue get their slots, and their order is changed by hand.

All of it happens while this process alone may write the store, so that no slot and no GPU is given
twice, and no run is dropped that starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mlkanban.core.names import only_id
from mlkanban.core.timestamps import instant
from mlkanban.errors import LimitReached, MlkanbanError, NotFound, RuleRefused, UsageProblem
from mlkanban.hints import hint
from mlkanban.runs.local.folder import RunFolder, find_run
from mlkanban.runs.local.inspect import in_queue, judged
from mlkanban.runs.local.intake import report_of
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.queue_order import InQueue, in_turn, shifted
from mlkanban.runs.model.records import QueueRecord, StartRecord
from mlkanban.runs.model.state import UNSEEN, RunState
from mlkanban.runs.queue.entries import QueuedRun, QueueFiles
from mlkanban.runs.queue.gpus import Gpus, machine_gpus
from mlkanban.runs.queue.waiter import wake
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service import Service
from mlkanban.text import quantity


class Turns:
    """The queue of this machine, with the store that has its cards."""

    def __init__(self, data: Path, service: Service) -> None:
        self._data, self._service = data, service
        self._files = QueueFiles(data)

    def waiting(self, now: datetime) -> list[QueuedRun]:
        """The runs that wait, in the order of their turns."""
        runs = {run.folder.id: run for run in self._files.runs(now) if run.waits}
        return [runs[run] for run in self._in_turn(runs.values())]

    def lost(self, now: datetime) -> list[QueuedRun]:
        """The runs that lost their place before their turn came, with the reason that their cards
        took in: after a restart their files give another one."""
        return [self._as_taken_in(run) for run in self._files.runs(now) if run.was_lost]

    def _as_taken_in(self, run: QueuedRun) -> QueuedRun:
        card = self._service.runs.card_called(run.start.get("card", ""))
        runs = self._service.runs.of_card(card.ref) if card else []
        kept = next((one for one in runs if one.id == run.folder.id and one.state.ended), None)
        if kept is None or not kept.evidence:
            return run
        return replace(run, judgement=replace(run.judgement, evidence=kept.evidence))

    def named(self, wanted: str, now: datetime) -> QueuedRun:
        """The run of the queue that a word names: an id or a part of it, or a card of which one run
        waits. An error says what became of a run that waits no more."""
        runs = {run.folder.id: run for run in self._files.runs(now) if run.waits or run.was_lost}
        card = self._service.runs.card_called(wanted)
        if card is not None:
            own = [run for run, queued in runs.items() if _card(queued) == card.id]
            if len(own) > 1:
                raise UsageProblem(
                    f"{quantity(len(own), 'run')} of {card.ref} wait: {', '.join(own)}.",
                    "Name one of them.",
                )
            going_on = (r for r in self._service.runs.of_card(card.ref) if not r.state.ended)
            if not own and (started := next(going_on, None)):
                raise _waits_no_more(find_run(self._data, started.id), now)
            if not own:
                raise NotFound(f"No run of {card.ref} waits here.", hint("See: {queue}"))
            return runs[own[0]]
        if run := only_id(runs, wanted):
            return runs[run]
        raise _waits_no_more(find_run(self._data, wanted), now)

    def with_ids(self, ids: Sequence[str], now: datetime) -> list[QueuedRun]:
        """Those of some runs that wait or lost their place; an error says what became of the first
        where there are none."""
        runs = [run for run in self._files.runs(now) if run.folder.id in ids]
        if queued := [run for run in runs if run.waits or run.was_lost]:
            return queued
        raise _waits_no_more(find_run(self._data, ids[0]), now)

    def forget_replaced(self, start: StartRecord, now: datetime) -> None:
        """Forget the runs that lost their place and are queued again as the one with this start: of
        the same command in the same folder for the same card."""
        for lost in self.lost(now):
            if all(lost.start.get(key) == start.get(key) for key in ("card_id", "argv", "cwd")):
                self._files.remove(lost.folder.id)

    def _in_turn(self, runs: Iterable[QueuedRun]) -> list[str]:
        runs = list(runs)
        priorities = self._service.runs.priorities(_card(run) for run in runs)
        places = (
            InQueue(run.folder.id, priorities.get(_card(run), ""), run.start.get("made", ""))
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
            wants = run.start.get("gpus") or 0
            stage, has_place = self._service.runs.stage_of_runs(_card(run))
            if (stage, has_place) in full or (wants and gpus is None):
                continue
            claim = _Claim(self._files, run, gpus, now)
            try:
                self._service.runs.start_queued(_card(run), run.start.get("force", ""), claim)
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

    def shift(self, runs: Sequence[QueuedRun], now: datetime, *, earlier: bool) -> None:
        """Give some runs their turns one place earlier, or later."""
        order = [waiting.folder.id for waiting in self.waiting(now)]
        with self._service.runs.alone():
            ids = {run.folder.id for run in self._still_waiting(runs, now)}
            self._files.write_order(shifted(order, ids, earlier=earlier))
        self.advance(now)

    def hold(self, runs: Sequence[QueuedRun], by: str, now: datetime) -> None:
        """Hold some runs back, or let them go on where `by` is ''; then those start whose turn is
        now."""
        with self._service.runs.alone():
            for waiting in self._still_waiting(runs, now):
                queue: QueueRecord = {**waiting.queue, "held": by}
                waiting.folder.write_start({**waiting.start, "queue": queue})
        self.advance(now)

    def drop(self, runs: Sequence[QueuedRun], by: str, now: datetime) -> None:
        """Take some runs out of the queue; they never start. Those that lost their place are
        forgotten."""
        lost = [run for run in runs if run.was_lost]
        wait = [run for run in runs if not run.was_lost]
        if wait:
            with self._service.runs.alone():
                wait = self._still_waiting(wait, now)
                for run in wait:
                    run.folder.write_stop({"by": by, "at": instant(now)})
            for run in wait:
                wake(run.folder)
        for run in (*lost, *wait):
            self._files.remove(run.folder.id)
        self.advance(now)

    def turn_of(self, runs: Sequence[str], now: datetime) -> str:
        """As sentences, which turns some runs of the queue have."""
        waiting = self.waiting(now)
        numbers = turn_numbers(waiting)
        here = [run for run in waiting if run.folder.id in runs]
        own = [numbers[run.folder.id] for run in here if not run.held_by]
        started, held = len(runs) - len(here), len(here) - len(own)
        if len(runs) == 1 and started:
            return "Its turn has come: it starts."
        if len(runs) == 1 and held:
            return "It is held back: it has no turn until it is released."
        if len(runs) == 1:
            return f"Its turn is {own[0]} of {len(numbers)}."
        parts = [f"{quantity(started, 'run starts', 'runs start')}."] if started else []
        if own:
            turns = f"turn {own[0]}" if len(own) == 1 else f"turns from {own[0]} to {own[-1]}"
            parts.append(f"{quantity(len(own), 'run has', 'runs have')} {turns} of {len(numbers)}.")
        if held:
            parts.append(f"{quantity(held, 'run is', 'runs are')} held back.")
        return " ".join(parts)

    def _still_waiting(self, runs: Sequence[QueuedRun], now: datetime) -> list[QueuedRun]:
        """Those of some runs that wait, as their files have them now: the store is being written,
        so nothing reads that. RuleRefused where none of them does."""
        ids = {run.folder.id for run in runs}
        waiting = [run for run in self._files.runs(now) if run.waits and run.folder.id in ids]
        if not waiting:
            raise _waits_no_more(runs[0].folder, now)
        return waiting


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
        if run is None or not run.waits or run.held_by or "waiter" not in run.queue:
            return None
        start: StartRecord = {**run.start, "started": instant(self._now)}
        if wants := start.get("gpus") or 0:
            free = self._free_gpus(run, runs.values())
            if len(free) < wants:
                self.too_few_gpus = True
                return None
            start["queue"] = {**run.queue, "cuda": free[:wants]}
            names = ",".join(map(str, free[:wants]))
            start["environment"] = {**start.get("environment", {}), "CUDA_VISIBLE_DEVICES": names}
        run.folder.write_start(start)
        run.folder.give_turn()
        self.taken = True
        report = report_of(run.folder, start, here(), self._now)
        assert report is not None
        return replace(report, run=replace(report.run, state=RunState.RUNNING, evidence=""))

    def _free_gpus(self, run: QueuedRun, runs: Iterable[QueuedRun]) -> list[int]:
        assert self._gpus is not None
        given = {
            number
            for other in runs
            if not other.judgement.state.ended
            for number in other.queue.get("cuda", ())
        }
        return self._gpus.free(run.start.get("environment", {}).get("CUDA_VISIBLE_DEVICES"), given)


def turn_numbers(waiting: Iterable[QueuedRun]) -> dict[str, int]:
    """The turns, from 1 on, of runs in their order, by id; one that is held back has none: the
    others start before it."""
    able = (run.folder.id for run in waiting if not run.held_by)
    return {run: turn for turn, run in enumerate(able, 1)}


def _waits_no_more(folder: RunFolder, now: datetime) -> RuleRefused:
    """Why the turn of a run cannot be changed."""
    start = folder.start()
    state = judged(folder, start, here(), now).state
    if state.ended and in_queue(start):
        return RuleRefused(
            f"Run {folder.id} was taken out of the queue.",
            hint("Queue it again: {rerun {} --queue}", folder.id),
        )
    if state.ended:
        return RuleRefused(
            f"Run {folder.id} has ended: it waits no more.",
            hint("See what it wrote: {logs {}}", folder.id),
        )
    if state in UNSEEN:
        return RuleRefused(
            f"Whether run {folder.id} goes on cannot be seen from here; it has no turn to change.",
            hint("See what is known: {runs {}}", folder.id),
        )
    return RuleRefused(
        f"Run {folder.id} runs already: it waits no more.", hint("End it: {stop {}}", folder.id)
    )


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
    return run.start.get("card_id", "")
