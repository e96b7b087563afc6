"""The app: opens the store, holds the board's model, follows other processes, goes cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events

from mlkanban.clock import now
from mlkanban.config import Settings, remember
from mlkanban.display.card_face import FaceContext
from mlkanban.editor.drafts import Drafts
from mlkanban.errors import MlkanbanError, NotFound, StoreBusy
from mlkanban.flow.pace import Pace
from mlkanban.flow.percentiles import needed
from mlkanban.hints import sentences
from mlkanban.log import logger
from mlkanban.paths import Places
from mlkanban.service import Done, FirstLook, Service, Snapshot
from mlkanban.text import quantity
from mlkanban.tui import background
from mlkanban.tui.board_model import BoardModel, oldest_expected
from mlkanban.tui.fold_file import read_folds, write_folds
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.host import Repeat, ReportState, RunValues
from mlkanban.tui.live_values import LiveValues
from mlkanban.tui.notification import sequence
from mlkanban.tui.pace_file import read_pace, write_pace
from mlkanban.tui.review_file import read_review_day, write_review_day
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.board import BoardScreen
from mlkanban.tui.store_thread import StoreThread
from mlkanban.tui.themed_app import LEAVING, ThemedApp
from mlkanban.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.worker import Worker

    from mlkanban.core.triage import TriageView
    from mlkanban.runs.model.tracker_run import Tracked
    from mlkanban.service.hook_events import HookEvent
    from mlkanban.tui.palette import Palette

_POLL_SECONDS, _IDLE_POLL_SECONDS = 0.25, 1.0
_IDLE_SECONDS = 30.0
"""So long after the last key and the last change the store is looked at less often."""
_LIVE_SECONDS = 0.5
"""Seconds after the start until it is looked at what runs report."""
_PREVIEW_SECONDS = 0.02
"""So long after the first picture the preview has been asked for, which is read first."""
_SETTLED_SECONDS = 1.5
"""Seconds until the start is over for good, and for a burst of changes to be."""


def look_first(service: Service, key: str, at: datetime, most: int) -> FirstLook | Snapshot | None:
    """What the first picture of the board `key` needs, or of the one worked on last; None when
    there is none yet. Of each stage `most` cards are read, and all of a board with no more."""
    try:
        board = service.boards.find(key)
    except NotFound:
        if key:
            raise
        return None
    if not service.boards.has_more_cards(board.id, most):
        return service.boards.snapshot(board.id)
    pace = read_pace(service.path.parent, board.id)
    today = FaceContext.at(board, at).today
    before = oldest_expected(board, today, pace.sle if pace else None)
    return service.boards.first_look(board.id, today, before, most)


def look_at(service: Service, key: str) -> Snapshot | None:
    """The board `key`, or the one worked on last; None when there is none yet."""
    try:
        return service.boards.snapshot(service.boards.find(key).id)
    except NotFound:
        if key:
            raise
        return None


def _look_again(service: Service) -> tuple[int, list[HookEvent], list[str]]:
    """The place of the newest event of a store that is still where it was, what was done, and what
    a person should know of the store."""
    service.check_in_place()
    return service.boards.cursor(), service.take_hook_events(), service.take_notices()


def _collect_garbage_again() -> None:
    """What the start has made stays; from now on garbage is collected as usual."""
    gc.freeze()
    gc.enable()


def _command_provider() -> type[Provider]:
    from mlkanban.tui.palette import CommandProvider  # nobody looks for anything before the board

    return CommandProvider


class BoardApp(ThemedApp, inherit_bindings=False):
    """One board at a time. `model` is what is shown; every change goes through `store_thread`;
    `repeat` does what was done last to other cards; `tracked` are the runs that trackers had when
    they were read last."""

    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS = {_command_provider}  # noqa: RUF012

    def __init__(
        self,
        store_thread: StoreThread,
        places: Places,
        settings: Settings,
        board_key: str,
        *,
        first: FirstLook | Snapshot | None = None,
        warning: str = "",
        demo: bool = False,
        triage: tuple[TriageView, int | None] | None = None,
        review: bool = False,
        view_only: str = "",
        clock: Any = now,
    ) -> None:
        super().__init__(settings, clock)
        self.view_only = view_only
        self.store_thread = store_thread
        store_thread.show_wait = partial(self.call_later, self._show_wait)
        self.places = places
        self.drafts = Drafts(places.drafts)
        self._triage, self._review = triage, review
        self.repeat: Repeat | None = None
        self.report = ReportState()
        self.tracked: Sequence[Tracked] | None = None
        self.run_watch = background.RunWatch(self)
        self.run_ends = background.RunEnds(self)
        self.live_values = LiveValues(self)
        self.live: RunValues = self.live_values
        self.background_sync = background.BackgroundSync(self)
        self.live_sync = background.LiveSync(self)
        self.draft_autosave = background.DraftAutosave(self)
        self.auto_backup = background.AutoBackup(self)
        self.hooks = background.HookLine(places.config, self._hook_failed)
        self.model: BoardModel
        self.cursor = 0
        self._board_key = board_key
        self._kept: tuple[Pace | None, date | None] = None, None
        """What is kept for the next start, as it was read or written last."""
        self._about_to_look = False
        self._looking_around = asyncio.Lock()
        self._first = first
        self._warning = warning
        self._poll_error = ""
        self._messages: frozenset[str] = frozenset()
        self.demo = demo
        self._board_screen: BoardScreen | None = None
        self._palette: Palette | None = None
        self._catching_up = asyncio.Lock()
        self._store_file = background.StoreFile(None)
        self._last_active = time.monotonic()

    async def on_mount(self) -> None:
        for signal_ in (self.app_suspend_signal, self.app_resume_signal):
            signal_.subscribe(self, lambda _: self._thin_updates.forget(), immediate=True)
        self.listen(*LEAVING)
        if self._first is None:
            await self.open_board(self._board_key)
        else:
            await self._show(self._first)
            self._first = None
        network, path = await self.store_thread.call(lambda s: (s.on_network, s.path))
        self._store_file = background.StoreFile(None if network else path)
        self._poll_soon()
        self._every(background.RUN_SECONDS, self.run_watch.look)
        self._after(_LIVE_SECONDS, self._look_at_live_values)
        self._every(background.RUN_SECONDS, self._look_at_live_values)
        self._look_around_soon()
        if self.view_only:
            return  # no backups, no drafts, nothing exchanged
        self._every(background.DRAFT_SECONDS, self.draft_autosave.look)
        if network:
            self._after(_SETTLED_SECONDS, self.background_sync.look)
            self._every(background.SYNC_SECONDS, self.background_sync.look)
        if not self.demo:
            self._every(background.BACKUP_SECONDS, self.auto_backup.look)
            self._after(_SETTLED_SECONDS, self.live_sync.begin)

    def _after(self, seconds: float, action: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do something later beside the keys: what a timer itself waits for, they wait for too."""
        self.set_timer(seconds, lambda: self.run_worker(action()))

    def _every(self, seconds: float, action: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do something over and over beside the keys, as above, once at a time."""
        under_way: Worker[None] | None = None

        def begin() -> None:
            nonlocal under_way
            if under_way is None or under_way.is_finished:
                under_way = self.run_worker(action())

        self.set_interval(seconds, begin)

    def show_theme(self, name: str) -> None:
        """Another theme, for now."""
        self.theme = name

    def use_theme(self, name: str) -> None:
        """Another theme, now and at the next start."""
        self.show_theme(name)
        self.run_worker(self._remember("theme", name, f"Theme {name}"))

    def remember(self, setting: str, value: bool) -> None:
        """Keep a setting for the next start; what is shown is said by nobody."""
        if not self.view_only:
            self.run_worker(self._remember(setting, value))

    async def _remember(self, setting: str, value: str | bool, message: str = "") -> None:
        """Write a setting beside the screen, and say so if there is something to say."""
        file = self.places.config_file
        what = message or f"The setting {setting}"
        try:
            await self.store_thread.call(lambda service: remember(file, setting, value))
        except OSError as error:
            self.show_message(f"{what}, for now: {file}: {error.strerror}.", warning=True)
        except MlkanbanError as error:
            self.show_message(f"{what}, for now: " + error.text, warning=True)
        else:
            if message:
                self.show_message(f"{message}.")

    def keep_folds(self) -> None:
        """Keep which stages of the board are folded for the next start."""
        if self.view_only:
            return
        kept = {stage.id for stage in self.model.board.stages}
        folds = {stage: fold for stage, fold in self.model.folds.items() if stage in kept}
        board_id = self.model.board.id
        # Begun at once: the next key may end the program, and workers with it.
        writing = self.store_thread.begin(
            lambda service: write_folds(service.path.parent, board_id, folds)
        )
        self.run_worker(self._wait_for_folds(writing))

    async def _wait_for_folds(self, writing: Future[None]) -> None:
        try:
            await asyncio.shield(asyncio.wrap_future(writing))
        except OSError as error:
            self.show_message(f"Folded for now: {error}.", warning=True)

    async def open_board(self, key: str) -> None:
        """Show a board, or the choice of templates when there is none."""
        async with self._catching_up:
            snapshot = await self.store_thread.call(lambda service: look_at(service, key))
            if snapshot is not None:
                await self._show(snapshot)
                return
        await self.open("welcome")

    async def leave_board(self, done: Done) -> None:
        """Show another board, for this one is gone with what was done, or the choice of templates.
        To be run as a worker of the app, which outlives the screens that close."""
        while self.screen is not self._board_screen:
            await self.pop_screen()
        await self.open_board("")
        self.show_result(done)

    async def _show(self, snapshot: FirstLook | Snapshot) -> None:
        board_id = snapshot.board.id
        folds, pace, review_day = await self.store_thread.call(
            lambda service: (
                read_folds(service.path.parent, board_id),
                read_pace(service.path.parent, board_id),
                read_review_day(service.path.parent, board_id),
            )
        )
        today = FaceContext.at(snapshot.board, self.now()).today
        if isinstance(snapshot, FirstLook):
            self.model = BoardModel.at_first(snapshot, today, pace.sle if pace else None)
            worked = sum(counts.worked for counts in snapshot.counts.values())
        else:
            self.model = BoardModel.of(snapshot.board, snapshot.faces, today)
            worked = sum(bool(face.started_at and face.finished_at) for face in snapshot.faces)
        self.model.over_since_merge = snapshot.over_since_merge
        self.model.conflicts = snapshot.conflicts
        self.model.folds = folds
        self.cursor = snapshot.cursor
        if pace is None:
            self.model.sle_awaited = worked >= needed(85)
        elif self.model.complete:
            self.model.expect(pace.sle)
        self._kept = pace, review_day
        self.model.review_day = review_day
        if self._board_screen is not None:
            self._board_screen.view.show(self.model, self.now(), pace)
            self._board_screen.filter_again()
            self._look_around_soon()
            return
        self._board_screen = BoardScreen(pace)
        await self.push_screen(self._board_screen)
        self._greet()
        if not self.model.complete:
            # A command as any other: the keys that come meanwhile wait for it.
            self._board_screen.start(self._read_rest())
            return
        self._announce_only_models()
        if self._triage is not None:
            await self._open_triage(*self._triage)
        elif self._review:
            await self.open("review")
        self.call_after_refresh(_collect_garbage_again)

    async def _read_rest(self) -> None:
        """Read the cards that the first picture did without. It stays as it is, unless something
        was changed meanwhile."""
        assert self._board_screen is not None
        await asyncio.sleep(_PREVIEW_SECONDS)
        async with self._catching_up:
            board = self.model.board
            rest = await self.store_thread.read(lambda service: service.boards.snapshot(board.id))
            self.model.over_since_merge = rest.over_since_merge
            self.model.conflicts = rest.conflicts
            self.model.reset(rest.board, rest.faces)
            self.cursor = rest.cursor
            view = self._board_screen.view
            if rest.board == board:
                view.changed(set(range(len(board.stages))))
            else:
                view.show(self.model, self.now())
        self._announce_only_models()
        self.call_after_refresh(_collect_garbage_again)

    async def _open_triage(self, view: TriageView, most: int | None) -> None:
        """What `mlkanban triage` begins with."""
        from mlkanban.core.triage import TriageView  # 2 ms that the board does without

        if view is TriageView.UNLINKED:
            await self.open("unlinked", limited=most is not None)
        else:
            await self.open("triage", view, most)

    def _greet(self) -> None:
        """What the person should know at the start, the most pressing first."""
        forms = self.drafts.forms()
        if self._warning:
            self.show_message(self._warning, warning=True)
        elif self.problems:
            self.show_message(sentences(self.problems), warning=True)
        elif forms:
            self.show_message(
                f"Kept from last time: {', '.join(forms)}. Open the form again to go on."
            )
        elif self.demo:
            self.show_message(
                with_keys("A demo, thrown away at the end. {tour} is a tour.", self.commands)
            )

    def _announce_only_models(self) -> None:
        if self.model.put_away and not self.demo and not self.view_only:
            self.run_worker(self._announce_once(self.model.board.id, self.model.put_away))

    async def _announce_once(self, board_id: str, cards: int) -> None:
        """Show once the notice that of delivered cards only models in use are on the board."""
        # Most starts have no notice to show.
        from mlkanban.tui.shown_notices import ONLY_MODELS, remember_shown, was_shown

        def first_time(service: Service) -> bool:
            folder = service.path.parent
            if was_shown(folder, board_id, ONLY_MODELS):
                return False
            with contextlib.suppress(OSError):
                remember_shown(folder, board_id, ONLY_MODELS)
            return True

        if await self.store_thread.call(first_time):
            many = f"{quantity(cards, 'delivered card')} {'is' if cards == 1 else 'are'} no model"
            text = f"{many} in use and no longer shown: {{finished.show}} shows all of them."
            self.add_message(with_keys(text, self.commands))

    def show_message(self, message: str, *, warning: bool = False) -> None:
        """Show a message on the screen in front."""
        if isinstance(self.front, KeyScreen):
            self.front.status.show(message, warning=warning)

    def _show_wait(self, message: str) -> None:
        """Show what is waited for; what comes of it is shown in its place."""
        if message and isinstance(self.front, KeyScreen):
            self.front.status.show(message, passing=True)

    def add_message(self, message: str) -> None:
        """Show what came about by itself, behind what the person did."""
        if isinstance(self.front, KeyScreen):
            self.front.status.add(message)

    def call_person(self, text: str) -> None:
        """Call for attention as the setting `notify` says."""
        made = sequence(self.settings.notify, text, os.environ, ascii=self.ascii)
        if made and self._driver is not None:
            self._driver.write(made)
            self._driver.flush()

    def _hook_failed(self, problem: str) -> None:
        self.call_later(self.show_message, problem, warning=True)

    def show_result(self, done: Done) -> None:
        """Say on the screen in front what an action did."""
        if isinstance(self.front, KeyScreen):
            self.front.show_result(done)

    def show_only(self, refs: Sequence[str], label: str) -> None:
        """Show a few cards on the board, and say how to get the others back."""
        if self._board_screen is not None:
            self._board_screen.show_only(refs, label)
            self._board_screen.status.show(
                "Only these cards are shown. q shows all again, R the report."
            )

    def today(self) -> date:
        """This day in the board's time zone."""
        return FaceContext.at(self.model.board, self.now()).today

    # What goes on beside, as screens ask for it

    def sync(self) -> None:
        self.background_sync.begin()

    def key_pressed(self) -> None:
        self._last_active = time.monotonic()
        self.auto_backup.key_pressed()

    def pass_on(self, event: events.Key) -> None:
        """The palette takes what was typed right behind the key that opened it; other screens do
        not: nobody has seen yet what the key would do there."""
        palette = self._palette
        if self.front is palette and palette is not None:
            palette.type_ahead(event)

    async def on_event(self, event: events.Event) -> None:
        """Screens press their keys themselves: one that comes up here is from a palette that has
        closed meanwhile, and means nothing to the screen below."""
        if isinstance(event, events.Key):
            screen = self.front
            stray = isinstance(screen, KeyScreen) and not screen.typing and event.is_forwarded
            if screen is None or stray:  # none are left while the program ends
                return
        await super().on_event(event)

    def keep_drafts(self) -> None:
        if not self.view_only:
            self.draft_autosave.keep()

    async def look_at_runs(self) -> None:
        await self.run_watch.look_now()

    async def _look_at_live_values(self) -> None:
        if self._board_screen is not None:
            await self.live_values.look()

    def show_live_values(self) -> None:
        """Paint the cards that say something else of their runs by now."""
        if self._board_screen is not None:
            self._board_screen.view.show_live(self.live.of_cards, self.now())
            self._board_screen.preview.show_live()

    def action_command_palette(self) -> None:
        if self._palette is None or self.front is not self._palette:
            from mlkanban.tui.palette import Palette  # as for its commands

            # Textual's own words end in a character that is not ASCII.
            self._palette = Palette(placeholder="A command or a card")
            self.push_screen(self._palette)

    # Following the store

    def _poll_soon(self) -> None:
        idle = time.monotonic() - self._last_active > _IDLE_SECONDS
        seconds = _IDLE_POLL_SECONDS if idle else _POLL_SECONDS
        self._after(max(seconds, self._store_file.least_seconds), self._poll_again)

    async def _poll_again(self) -> None:
        try:
            await self._poll()
        finally:
            if self.is_running:
                self._poll_soon()

    async def _poll(self) -> None:
        if self._board_screen is None or self._catching_up.locked():
            return
        if not self.model.complete:  # what was to be read could not be
            self._board_screen.start(self._read_rest())
            return
        state = self._store_file.state(self.now())
        if state is None or state != self._store_file.seen:
            self._store_file.seen = state if await self._look_at_store() else None
        if self.model.today != self.today():
            self.model.new_day(self.today())
            self._board_screen.view.new_day(self.now())
            await self.look_around()
        self._board_screen.view.aged(self.now())
        self._board_screen.preview.aged(self.now())
        self._messages = frozenset(status.message for status in self._statuses())

    async def _look_at_store(self) -> bool:
        """Look for what was written, and take it in; whether nothing is left to be looked at."""
        try:
            newest, happened, notices = await self.store_thread.call(_look_again)
            self._take_back(self._poll_error)
            self._poll_error = ""
            self.hooks.run(happened)
            if newest != self.cursor:
                self._last_active = time.monotonic()
                await self.catch_up()
                self._take_back(*self._messages)
            await self.run_ends.look(newest, happened)
            for notice in notices:
                self.show_message(notice, warning=True)
        except StoreBusy:
            return False  # somebody writes: the next look will see it
        except MlkanbanError as error:
            # Once, not with every look: the person may have other things to read.
            if error.text != self._poll_error:
                self.show_message(error.text, warning=True)
            self._poll_error = error.text
            return False
        return newest == self.cursor

    def _take_back(self, *messages: str) -> None:
        """Clear what the status lines still say of these."""
        for status in self._statuses():
            status.take_back(messages)

    def _statuses(self) -> list[StatusLine]:
        return [screen.status for screen in self.screen_stack if isinstance(screen, KeyScreen)]

    def _look_around_soon(self) -> None:
        """Look around once for all changes that follow each other quickly."""
        if not self._about_to_look:
            self._about_to_look = True
            self._after(_SETTLED_SECONDS, self.look_around)

    async def look_around(self) -> None:
        """What time and other cards bring about: blocks that are over, cards grown old, and other
        chances of due dates."""
        async with self._looking_around:
            self._about_to_look = False
            await self._look_around()

    async def _look_around(self) -> None:
        try:
            lifted = await self.store_thread.call(lambda service: service.conditions.lift())
        except StoreBusy:
            return  # somebody writes: whoever comes next does it
        except MlkanbanError as error:
            self.show_message(error.text, warning=True)
            return
        if lifted.changed:
            await self.catch_up()
            self.add_message(lifted.message)
        await self._mark_old()

    async def _mark_old(self) -> None:
        """Find out which ages are old for which stage, and mark the cards."""
        if self._board_screen is None:
            return
        board, now = self.model.board, self.now()
        faces = [*self.model.faces.values()]
        try:
            pace, prospects, review_day = await self.store_thread.read(
                lambda service: (
                    service.history.pace(board, now),
                    service.planning.prospects(board, faces),
                    service.reviews.state(board).next,
                )
            )
        except MlkanbanError as error:
            self.show_message(error.text, warning=True)
            return
        if board is self.model.board:
            due_before, self.model.review_day = self.model.review_due, review_day
            if self.model.expect(pace.sle) or due_before != self.model.review_due:
                self._board_screen.view.repaint()
            self._board_screen.view.mark_old(pace, prospects, now)
            await self._keep_pace(pace, review_day)

    async def _keep_pace(self, pace: Pace, review_day: date | None) -> None:
        """Keep the pace and the day of the next review for the next start, where they are others by
        now."""
        before, self._kept = self._kept, (pace, review_day)
        board_id = self.model.board.id
        if before == self._kept or self.view_only:
            return

        def keep(service: Service) -> None:
            write_pace(service.path.parent, board_id, pace)
            write_review_day(service.path.parent, board_id, review_day)

        try:
            await self.store_thread.call(keep)
        except OSError as error:
            # Nobody asked for it, and the next start does without.
            logger("program").warning("the pace of a board is not kept: %s", error)

    async def catch_up(self) -> None:
        """Take in what changed in the store since the last look, whoever did it."""
        try:
            await self._take_in()
        except StoreBusy:
            pass  # somebody writes: the next look will see it
        except MlkanbanError as error:
            self.show_message(error.text, warning=True)
        for other in self.screen_stack:
            if isinstance(other, KeyScreen) and other is not self._board_screen and other.ready:
                await other.board_changed()

    async def _take_in(self) -> None:
        async with self._catching_up:
            board_id, after = self.model.board.id, self.cursor
            of_team = self.model.board.of_team
            update = await self.store_thread.call(
                lambda s: s.boards.update(board_id, after, of_team=of_team)
            )
            screen = self._board_screen
            if screen is None:
                return
            if update.cursor != after:
                self._look_around_soon()
                self.live_sync.wake()
            self.model.over_since_merge = update.over_since_merge
            conflicts, self.model.conflicts = self.model.conflicts, update.conflicts
            if update.board is not None:
                self.model.reset(update.board, update.faces)
                screen.view.show(self.model, self.now())
            elif update.faces or update.gone or update.conflicts != conflicts:
                screen.view.changed(self.model.update(update.faces, update.gone))
            screen.filter_again()
            self.cursor = update.cursor
