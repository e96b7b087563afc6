"""Undo and redo of the board, the same on every screen that has them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlkanban.errors import CannotTakeBack, MlkanbanError
from mlkanban.tui.commands import keys_shown
from mlkanban.tui.widgets.ask import Option

if TYPE_CHECKING:
    from mlkanban.service import Done, Service
    from mlkanban.tui.command_screen import CommandScreen


class UndoCommands:
    def __init__(self, screen: CommandScreen) -> None:
        self._screen = screen

    async def do_undo(self) -> None:
        if done := await self._take_back():
            self._screen.after_change(done)

    async def do_redo(self) -> None:
        if done := await self._take_back(again=True):
            self._screen.after_change(done)

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
            key = await screen.ask.choose(question, [Option("s", "skip it, take the one before")])
            if key is None:
                screen.status.show("Nothing was changed.")
                return None
            return await screen.write(partial(action, skip=True))
        except MlkanbanError as error:
            screen.show_error(error)
            return None
