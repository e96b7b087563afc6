"""Undo and redo of the board, the same on every screen that has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlkanban.errors import CannotTakeBack, MlkanbanError
from mlkanban.text import quantity
from mlkanban.tui.commands import keys_shown
from mlkanban.tui.widgets.menu import NOTHING, Option, numbered

if TYPE_CHECKING:
    from mlkanban.service import Done, Service
    from mlkanban.service.undo import UndoableAction
    from mlkanban.tui.command_screen import CommandScreen

_LISTED = 9
"""Actions to choose from at a time."""
_MOST_ACTIONS = 90
"""Actions that can be looked through."""


class UndoCommands:
    def __init__(self, screen: CommandScreen) -> None:
        self._screen = screen

    async def do_undo(self) -> None:
        if done := await self._take_back():
            self._screen.after_change(done)

    async def do_redo(self) -> None:
        if done := await self._take_back(again=True):
            self._screen.after_change(done)

    async def do_undo_list(self) -> None:
        """Choose one of the last actions and undo it, or it with all that was done after it."""
        screen, board = self._screen, self._screen.host.model.board
        past = await screen.fetch(lambda service: service.undoing.latest(board.id, _MOST_ACTIONS))
        if past is None:
            return
        if not past:
            screen.status.show("There is nothing to undo.")
            return
        chosen = await self._choose(past)
        if chosen is None:
            return
        done = await self._undo_chosen(past[: chosen + 1])
        if done is not None:
            screen.after_change(done)

    async def _choose(self, past: Sequence[UndoableAction]) -> int | None:
        """Which of the actions is to be undone, some of them at a time."""
        # Words for all kinds of events, which the board does without at its start.
        from mlkanban.display.event_text import action_text

        host, first = self._screen.host, 0
        while True:
            some = past[first : first + _LISTED]
            texts = [action_text(action, host.model.board, host.now()) for action in some]
            options = numbered(texts)
            if first + _LISTED < len(past):
                options.append(Option("o", "older ones"))
            key = await self._screen.ask.choose("Undo which?", options, rows=True)
            if key != "o":
                keys = [option.key for option in options]
                return None if key is None else first + keys.index(key)
            first += _LISTED

    async def _undo_chosen(self, past: Sequence[UndoableAction]) -> Done | None:
        """Undo the last of these actions; where what was done after it stands against that, all of
        them, newest first, if the person agrees."""
        screen, board_id = self._screen, self._screen.host.model.board.id
        chosen = past[-1].id
        try:
            return await screen.attempt(lambda s: s.undoing.undo_action(board_id, chosen))
        except MlkanbanError as error:
            if not isinstance(error, CannotTakeBack) or len(past) == 1:
                screen.show_error(error)
                return None
            later = quantity(len(past) - 1, "action")
            question = f"{error.message.rstrip('.')}:"
            if not await screen.ask.confirm(question, f"undo it and the {later} after it"):
                screen.status.show("Nothing was changed.")
                return None
        return await screen.write(lambda s: s.undoing.undo_back_to(board_id, chosen))

    async def _take_back(self, *, again: bool = False) -> Done | None:
        """Undo what was done last on the board, or do it again. What cannot be taken back may be
        passed over; None when nothing was done."""
        screen = self._screen
        board_id = screen.host.model.board.id
        redo = next(keys_shown(c).split()[0] for c in screen.host.commands if c.name == "redo")

        def action(service: Service, *, skip: bool = False) -> Done:
            if again:
                return service.undoing.redo(board_id, skip=skip)
            done = service.undoing.undo(board_id, skip=skip)
            if done.board_gone:
                return done
            return replace(done, message=f"{done.message} {redo} redoes it.")

        try:
            return await screen.attempt(action)
        except CannotTakeBack as error:
            question = f"{error.message.rstrip('.')}:"
            options = [Option("s", "skip it, take the one before")]
            key = await screen.ask.choose(question, options, at=NOTHING)
            if key is None:
                screen.status.show("Nothing was changed.")
                return None
            return await screen.write(partial(action, skip=True))
        except MlkanbanError as error:
            screen.show_error(error)
            return None
