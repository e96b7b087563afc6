"""What is done to runs on every screen that lists them: other turns in the queue, and their end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from mlkanban.errors import MlkanbanError
from mlkanban.runs.local.folder import find_run
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import UNSEEN, RunState, Stopped
from mlkanban.runs.model.tracker_run import not_ours
from mlkanban.runs.queue.entries import QueuedRun
from mlkanban.runs.queue.turns import Turns
from mlkanban.runs.stop import stop_run
from mlkanban.service import Service
from mlkanban.text import quantity, short_name
from mlkanban.tui.help_text import with_keys

if TYPE_CHECKING:
    from mlkanban.tui.command_screen import CommandScreen


class RunTurns:
    """Commands about the runs of the line under the cursor, which `runs` returns; `left_over` is
    how many processes of the first of them are alive after its end. `changed` shows what was
    done, `called` names a run in a message."""

    def __init__(
        self,
        screen: CommandScreen,
        runs: Callable[[], Sequence[Run]],
        changed: Callable[[], Awaitable[None]],
        left_over: Callable[[Run], int] = lambda run: 0,
        called: Callable[[Run], str] = lambda run: f"run {run.id}",
    ) -> None:
        self._screen, self._runs = screen, runs
        self._changed, self._left_over, self._called = changed, left_over, called

    async def do_run_earlier(self) -> None:
        """Give the runs their turns one place earlier."""
        now = self._screen.host.now
        await self._change(lambda turns, queued: turns.shift(queued, now(), earlier=True))

    async def do_run_later(self) -> None:
        """Give the runs their turns one place later."""
        now = self._screen.host.now
        await self._change(lambda turns, queued: turns.shift(queued, now(), earlier=False))

    async def do_run_hold(self) -> None:
        """Hold the runs back; where all are, let them go on."""
        host = self._screen.host
        person = await host.store_thread.call(lambda service: service.actor)

        def change(turns: Turns, queued: Sequence[QueuedRun]) -> None:
            turns.hold(queued, "" if all(run.held_by for run in queued) else person, host.now())

        await self._change(change)

    async def _change(self, change: Callable[[Turns, Sequence[QueuedRun]], None]) -> None:
        """Change the turns of the runs that wait, and say which turns they have then."""
        screen, host = self._screen, self._screen.host
        ids = [run.id for run in self._runs() if waits_here(run)]
        if not ids:
            for run in self._runs()[:1]:
                screen.status.show(with_keys(self._why_no_turn(run), host.commands))
            return
        data = host.places.data

        def changed(service: Service) -> str:
            turns = Turns(data, service)
            change(turns, turns.with_ids(ids, host.now()))
            return turns.turn_of(ids, host.now())

        await host.look_at_runs()  # runs that ended have left their slots
        try:
            text = await host.store_thread.call(changed)
        except MlkanbanError as error:
            screen.show_error(error)
            return
        await host.look_at_runs()
        await self._changed()
        screen.status.show(text)

    def _why_no_turn(self, run: Run) -> str:
        """Why a run has no turn that could be changed, and what to do."""
        if run.state is RunState.TRACKED:
            return not_ours(run.id, run.where)
        name = self._called(run)
        if run.state in UNSEEN:
            return f"Whether {name} goes on cannot be seen from here: its turn stays as it is."
        name = name[:1].upper() + name[1:]
        if run.state is RunState.QUEUED:
            return f"{name} waits in SLURM, which decides its turn. {{run.stop}} cancels it."
        if run.state.ended:
            return f"{name} has ended: it waits no more."
        return f"{name} runs already: it waits no more. {{run.stop}} stops it."

    async def do_run_stop(self) -> None:
        """Ask, then stop the first of the runs, take it out of the queue, or end the processes that
        it left over."""
        screen, run = self._screen, next(iter(self._runs()), None)
        if run is None:
            return
        left = self._left_over(run)
        if run.state is RunState.TRACKED or (run.state.ended and not left):
            screen.status.show(with_keys(_why_not_stopped(run), screen.host.commands))
            return
        question, yes = f"Run {run.id} goes on: stop it?", "stop it"
        if run.state.ended:
            what = quantity(left, "left-over process", "left-over processes")
            question = f"Stop {what} of run {run.id}?"
        elif waits_here(run):
            question, yes = f"Take run {run.id} out of the queue?", "take it out"
        if not await screen.ask.confirm(question, yes, "leave it"):
            return
        try:
            text = await (self._drop(run) if waits_here(run) else self._stop(run))
        except MlkanbanError as error:
            screen.show_error(error)
            return
        await screen.host.look_at_runs()
        await self._changed()
        screen.status.show(text)

    async def _drop(self, run: Run) -> str:
        """Take a run out of the queue, unless it has started meanwhile."""
        host = self._screen.host
        data = host.places.data

        def drop(service: Service) -> None:
            turns = Turns(data, service)
            turns.drop(turns.with_ids([run.id], host.now()), service.actor, host.now())

        await host.store_thread.call(drop)
        return f"Run {run.id} is out of the queue."

    async def _stop(self, run: Run) -> str:
        host = self._screen.host
        folder = find_run(host.places.data, run.id)
        self._screen.status.show("Asked it to stop; after 5 s it is made to.")
        person = await host.store_thread.call(lambda service: service.actor)
        match await asyncio.to_thread(stop_run, folder, person, host.now):
            case Stopped.NOTHING:
                return f"It does not run here. It was started on {short_name(run.host)}."
            case Stopped.ENDED:
                return "Stopped."
            case _:
                return "scancel was sent: SLURM has not ended it yet."


def waits_here(run: Run) -> bool:
    """Whether a run waits in the queue of a machine, not of a scheduler."""
    return run.state is RunState.QUEUED and not run.job


def _why_not_stopped(run: Run) -> str:
    if run.state is RunState.TRACKED:
        return not_ours(run.id, run.where)
    return f"Run {run.id} has ended: there is nothing to stop."
