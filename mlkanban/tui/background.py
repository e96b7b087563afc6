"""What goes on beside the board, each for one app: drafts are kept, runs looked at, backups made,
changes exchanged with other machines, hooks run. No key waits for any of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import select
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlkanban.clock import now
from mlkanban.core.timestamps import instant
from mlkanban.errors import MlkanbanError, StoreBusy
from mlkanban.hints import sentences
from mlkanban.log import logger
from mlkanban.runs.slurm.time_limits import PATIENT_SECONDS
from mlkanban.service import Done, Service
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.store_thread import StoreThread, beside

if TYPE_CHECKING:
    from mlkanban.runs.local.folder import RunFolder
    from mlkanban.runs.local.intake import Intake
    from mlkanban.runs.use_cases.card_runs import EndedRun
    from mlkanban.service.hook_events import HookEvent
    from mlkanban.sync.exchange import Report
    from mlkanban.tui.host import Host

DRAFT_SECONDS, RUN_SECONDS, BACKUP_SECONDS, SYNC_SECONDS = 3.0, 2.0, 20.0, 60.0
"""Between two looks; `SYNC_SECONDS` between those into the folder that several hosts share."""
_NETWORK_POLL_SECONDS = 2.0
"""The least time between two looks at a store on a network home."""
_TICK_SECONDS = 2.0
"""The coarsest clock of a file system that is in use."""
LIVE_POLL_SECONDS = 5.0
"""Between two looks into the database of a team that calls nobody."""
_RETRY_SECONDS = 1.0, 60.0
"""From the first to the last pause after a failed exchange with it."""
_END_SECONDS = 2.0
CALM = 10.0
"""Seconds since the last key, before a backup is made."""
_MOST_ENDS = 3
"""Runs that a message about their ends names."""


class StoreFile:
    """Tells cheaply whether somebody may have written to the store since it was `seen`: every write
    gives its file another time. Not on a network home (None), where a machine sees the times of
    another late: there the store itself is looked at, and less often."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.least_seconds = _NETWORK_POLL_SECONDS if path is None else 0.0
        self.seen: tuple[int, ...] | None = None

    def state(self, now: datetime) -> tuple[int, ...] | None:
        """The state of the file; None where it does not tell: two writes may have one time as long
        as the clock of the file system has not moved on."""
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        if now.timestamp() - status.st_mtime < _TICK_SECONDS:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class DraftAutosave:
    """Keeps what is typed and not saved yet, in case the program has to go. Where nothing can be
    kept, the program goes on, and goes, all the same."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._kept: dict[str, str] = {}

    def keep(self) -> None:
        """Keep all of it, now."""
        for form, text in self._typed().items():
            with contextlib.suppress(OSError):
                self._app.drafts.keep(form, text)

    async def look(self) -> None:
        """A killed program keeps no draft: what is typed for a while is kept before."""
        typed = self._typed()
        changed = {form: text for form, text in typed.items() if self._kept.get(form) != text}
        self._kept = typed
        for form, text in changed.items():
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._app.drafts.keep, form, text)
            if form not in self._typed():
                self._app.drafts.drop(form)  # saved or given up meanwhile

    def _typed(self) -> dict[str, str]:
        """What is typed and not saved on any screen, by the form it is for."""
        typed: dict[str, str] = {}
        for screen in self._app.screen_stack:
            if isinstance(screen, KeyScreen) and screen.ready:
                typed |= screen.unsaved_texts()
        return typed


class RunWatch:
    """Looks at what became of the runs of cards. Where nothing runs and nothing is new, a look is
    one question to the disk."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._intake: Intake | None = None
        self._looking = asyncio.Lock()
        self._asking = threading.Event()
        self._asked = float("-inf")

    async def look(self) -> None:
        """Take in what is new, and let the board show it; nothing while that goes on already."""
        if not self._looking.locked():
            await self.look_now()

    async def look_now(self) -> None:
        """Take in what is new by now, after a look that is under way: what happened since may not
        be in that."""
        async with self._looking:
            try:
                done = await self._app.store_thread.call(self._take_in)
            except StoreBusy:
                return  # somebody writes: the next look will see it
            except MlkanbanError as error:
                self._app.show_message(error.text, warning=True)
                return
            if done.changed:
                await self._app.catch_up()
                self._app.add_message(done.message)
                await self._app.look_around()

    def _take_in(self, service: Service) -> Done:
        if self._intake is None:
            folder = self._app.places.data
            if not folder.joinpath("runs").is_dir():
                return Done("", changed=False)
            from mlkanban.runs.local.intake import Intake  # most boards have no runs

            self._intake = Intake(folder)
        done = self._intake.take_in(service, self._app.now())
        self._ask_slurm(self._intake, service)
        if ended := self._intake.take_ended():
            self._keep_log_limit(ended)
            self._read_end_values(ended, service.actor)
        return done

    def _keep_log_limit(self, ended: Sequence[RunFolder]) -> None:
        """Beside the board: to copy what stays of a huge log takes a while."""
        from mlkanban.runs.local.log_size import keep_limit  # once a run has ended

        limit, moment = self._app.settings.log_limit, self._app.now()
        threading.Thread(target=keep_limit, args=(ended, limit, moment)).start()

    def _read_end_values(self, ended: Sequence[RunFolder], actor: str) -> None:
        """Beside the board, through a connection of its own: trackers may be slow. The next look
        sees what was new."""
        places, settings, clock = self._app.places, self._app.settings, self._app.now

        def read() -> None:
            from mlkanban.runs.end_values import take_in_end_values  # once a run has ended

            try:
                service = Service.open(
                    places.data, actor=actor, clock=clock, make=False,
                    config=places.config, repeats=settings.repeats,
                )  # fmt: skip
                try:
                    take_in_end_values(service, places.data, ended, os.environ, settings.trackers)
                finally:
                    service.close()
            except MlkanbanError as error:  # nobody asked for it: the next inbox says it
                logger("program").warning("trackers of ended runs: %s", error.text)

        threading.Thread(target=read).start()

    def _ask_slurm(self, intake: Intake, service: Service) -> None:
        """Beside the board: a controller that hangs holds nobody up. The next look sees what was
        answered."""
        if self._asking.is_set():
            return
        # SLURM: only a board with runs asks it.
        from mlkanban.runs.slurm.job_states import pause, read_job_states

        going_on, now = intake.going_on, self._app.now()
        if time.monotonic() - self._asked < pause(going_on, now):
            return
        self._asked = time.monotonic()
        stores = service.runs.store_names()
        self._asking.set()

        def asking() -> None:
            try:
                read_job_states(self._app.places.data, going_on, stores, now, PATIENT_SECONDS)
            finally:
                self._asking.clear()

        threading.Thread(target=asking, daemon=True).start()


class RunEnds:
    """Says that runs have ended, whoever took that in: this board, a command in another terminal,
    or another machine. What ended while the board was open is worth a call (setting `notify`)."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._since = instant(app.now())
        self._cursor: int | None = None
        self._shown: set[str] = set()

    async def look(self, newest: int, happened: Sequence[HookEvent]) -> None:
        """Look at what came into the log up to `newest`. `happened` is what this board wrote, of
        which its own messages tell."""
        self._shown |= {event.data["run"]["id"] for event in happened if "run" in event.data}
        before = self._cursor
        if before is None or newest <= before:
            self._cursor = newest
            return
        ended = await self._app.store_thread.call(lambda service: service.runs.ended_since(before))
        self._cursor = newest
        others = [run for run in ended if run.run.id not in self._shown]
        self._shown.clear()
        if others:
            self._app.add_message(_some(others))
        if fresh := [run for run in ended if run.run.ended >= self._since]:
            self._app.call_person(_some(fresh))


def _some(ended: Sequence[EndedRun]) -> str:
    more = f"{len(ended) - _MOST_ENDS} more runs ended." if len(ended) > _MOST_ENDS else ""
    return sentences((*(run.text for run in ended[-_MOST_ENDS:]), more))


class AutoBackup:
    """Makes backups when nobody types: a write that comes meanwhile ends one, and the next calm
    moment begins it again."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._last_key = time.monotonic()
        self._said = ""

    def key_pressed(self) -> None:
        self._last_key = time.monotonic()

    async def look(self) -> None:
        """Make a backup when one is due and the moment is calm."""
        if time.monotonic() - self._last_key < CALM:
            return
        try:
            # The clock of the file system, whose times tell when something changed.
            made = await self._app.store_thread.copy(lambda service: service.backups.keep(now()))
            if made is not None:
                from mlkanban.service.backups import tidy_below  # rarely due

                data, room = self._app.places.data, self._app.settings.backup_room
                await beside(lambda: tidy_below(data, room))
        except StoreBusy:
            return  # somebody writes: the next look will do it
        except MlkanbanError as error:
            message = "No backup was made: " + error.text
            if message != self._said:
                self._app.show_message(message, warning=True)
            self._said = message
        else:
            self._said = ""


def back_up_at_the_end(store_thread: StoreThread) -> None:
    """The terminal is back already: the last chance for a session that was too short or busy. One
    that is under way is finished first, and is enough."""
    store_thread.end_beside()
    with contextlib.suppress(MlkanbanError):
        store_thread.at_once(lambda service: service.backups.keep(now()))


class BackgroundSync:
    """Exchanges changes with other machines. A network may take its time, so it has a thread and a
    connection of its own."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._going = False
        self._said = ""

    def begin(self) -> None:
        """Exchange with all that was chosen, say how far it is, and what came of it."""
        if self._going:
            self._app.show_message("A sync is under way.")
            return
        self._going = True
        self._app.run_worker(self._now())

    async def _now(self) -> None:
        self._show_progress("Sync ...")
        report = await self._exchange(by_itself=False)
        if report is not None:
            check = "Resolve with =." if report.conflicts else ""
            self._app.show_message(sentences((report.message, check, *report.notices)))

    async def look(self) -> None:
        """Exchange through the folder that the hosts of one home share, if there is one."""
        if self._going:
            return
        self._going = True
        report = await self._exchange(by_itself=True)
        if report is not None and (report.taken or report.notices):
            self._app.add_message(sentences((report.message, *report.notices)))

    async def _exchange(self, *, by_itself: bool) -> Report | None:
        try:
            actor = await self._app.store_thread.call(lambda service: service.actor)
            report = await beside(lambda: self._run(actor, by_itself))
        except MlkanbanError as error:
            if not by_itself:
                self._app.show_message(error.text, warning=True)
            return None
        finally:
            self._going = False
        if report is not None and report.taken:
            await self._app.catch_up()
        return report

    def _run(self, actor: str, by_itself: bool) -> Report | None:
        from mlkanban.sync.transports import remotes  # git and files: few boards have them

        service = _open_store(self._app, actor)
        try:
            if by_itself:
                return remotes.meet(service)
            return remotes.exchange(service, remotes.transports(service), self._hear)
        finally:
            service.close()

    def _hear(self, step: str) -> None:
        """From the thread of the sync: how far it is."""
        with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
            self._app.call_later(self._show_progress, f"Sync: {step} ...")

    def _show_progress(self, message: str) -> None:
        """Say it where the last such message or none stands: what somebody reads stays."""
        screen = self._app.front
        if isinstance(screen, KeyScreen) and screen.status.message in ("", self._said):
            screen.status.show(message)
            self._said = screen.status.message


class LiveSync:
    """Keeps an open board in step with the database of a team, in a thread of its own: what is
    written here is sent at once, and what others write is taken in when the database calls, or at
    the next look where its calls do not get through."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._thread: threading.Thread | None = None
        self._reader, self._writer = -1, -1
        self._ended = threading.Event()
        self._problem = False
        self._shown: tuple[str, ...] = ()

    async def begin(self) -> None:
        """Begin, where the store exchanges with a database."""
        actor, kept = await self._app.store_thread.call(
            lambda service: (service.actor, service.path.parent / "sync" / "remote")
        )
        if kept.is_file() and self._thread is None and not self._ended.is_set():
            self._reader, self._writer = os.pipe()
            os.set_blocking(self._writer, False)
            self._thread = threading.Thread(target=self._run, args=(actor,), daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Something was written: send it."""
        if self._thread is not None:
            with contextlib.suppress(BlockingIOError):  # it is awake
                os.write(self._writer, b".")

    def at_the_end(self) -> None:
        """Send what was written last, the terminal being back already; not for long."""
        self._ended.set()
        self.wake()
        if self._thread is not None and not self._problem:
            self._thread.join(_END_SECONDS)

    def _run(self, actor: str) -> None:
        from mlkanban.sync.transports import remotes  # as for BackgroundSync

        way, pause = None, _RETRY_SECONDS[0]
        while True:
            last = self._ended.is_set()
            try:
                service = _open_store(self._app, actor)
                try:
                    if (way := remotes.live(service, way)) is None:
                        return
                    report = remotes.exchange(service, [way])
                finally:
                    service.close()
            except StoreBusy:
                self._ended.wait(_RETRY_SECONDS[0])
            except MlkanbanError as error:
                self._pass_on(self._failed, error.text)
                self._ended.wait(pause)
                pause = min(2 * pause, _RETRY_SECONDS[1])
            else:
                pause = _RETRY_SECONDS[0]
                # As a worker: the keys would wait for what the app itself waits for.
                self._pass_on(lambda report=report: self._app.run_worker(self._exchanged(report)))
                if not last:
                    way.wait(self._reader, LIVE_POLL_SECONDS)
                    _drain(self._reader)
            if last:
                break
        if way is not None:
            way.close()

    def _pass_on(self, action: Callable[..., object], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
            self._app.call_later(action, *args)

    def _failed(self, problem: str) -> None:
        """Once: until it works again the person has other things to read."""
        if not self._problem:
            self._problem = True
            self._app.show_message(problem, warning=True)

    async def _exchanged(self, report: Report) -> None:
        if report.taken:
            await self._app.catch_up()
        if self._problem:
            self._problem = False
            self._app.add_message(sentences(("The database is back.", report.message)))
        notices = tuple(report.notices)
        if notices and notices != self._shown:
            self._app.add_message(sentences(notices))
        self._shown = notices or self._shown


def _drain(file: int) -> None:
    """Empty a pipe."""
    if select.select([file], [], [], 0)[0]:
        os.read(file, 1 << 16)


def _open_store(app: Host, actor: str) -> Service:
    """The store once more, for a thread of its own."""
    return Service.open(
        app.places.data,
        actor=actor,
        clock=app.now,
        config=app.places.config,
        repeats=app.settings.repeats,
    )


class HookLine:
    """Runs hooks one after the other, in a thread that is waited for only by `at_the_end`. `failed`
    is told of a hook that did not work, from that thread."""

    def __init__(self, config: Path, failed: Callable[[str], None]) -> None:
        self._config = config
        self._failed = failed
        self._thread: threading.Thread | None = None
        self._waiting: queue.SimpleQueue[Sequence[HookEvent]] = queue.SimpleQueue()

    def run(self, events: Sequence[HookEvent]) -> None:
        """Run the hooks for what happened, when it is their turn."""
        if not events or not (self._config / "hooks").is_dir():
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run_all, daemon=True)
            self._thread.start()
        self._waiting.put(events)

    def _run_all(self) -> None:
        while events := self._waiting.get():
            self._run(events)

    def _run(self, events: Sequence[HookEvent]) -> None:
        # subprocess: only a person with hooks waits for it.
        from mlkanban.hooks import run as run_hooks

        for problem in run_hooks(self._config, events):
            with contextlib.suppress(RuntimeError):  # the board is gone: nobody is there to read it
                self._failed(problem)

    def at_the_end(self, store_thread: StoreThread) -> None:
        """Run what is left, the terminal being back already."""
        with contextlib.suppress(MlkanbanError):
            self.run(store_thread.at_once(lambda service: service.take_hook_events()))
        if self._thread is not None:
            self._waiting.put(())
            self._thread.join()
