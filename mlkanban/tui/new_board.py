"""Making a board: which template, which name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mlkanban.cells import padded
from mlkanban.clock import local_timezone, odd_timezone
from mlkanban.core.templates import TEMPLATES
from mlkanban.tui.own_templates import own_templates
from mlkanban.tui.widgets.menu import numbered

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlkanban.core.board import Board
    from mlkanban.core.templates import Template
    from mlkanban.service import Service
    from mlkanban.tui.command_screen import CommandScreen

_ROOMY = 60
"""From so many columns on the templates are described in their rows."""


class NewBoard:
    def __init__(self, screen: CommandScreen) -> None:
        self._screen = screen

    async def which_template(
        self, label: str, *, pointed: Callable[[int], None] | None = None
    ) -> Template | None:
        """The template chosen. With `pointed` they are listed elsewhere, unless there are more of
        the person's own; it is told which of them is under the cursor."""
        own = await self._screen.fetch(lambda _: own_templates())
        made = [*TEMPLATES, *(own.boards.values() if own else ())]
        for problem in own.problems if own else ():
            self._screen.status.show(problem, warning=True)
        described = self._screen.host.size.width >= _ROOMY
        options = numbered(
            [f"{padded(t.title, 18)} {t.about}" if described else t.title for t in made]
        )
        listed = pointed is None or len(made) > len(TEMPLATES)
        if pointed is not None:
            pointed(-1 if listed else 0)
        key = await self._screen.ask.choose(
            label, options, rows=True, listed=listed, pointed=None if listed else pointed
        )
        return None if key is None else made[[option.key for option in options].index(key)]

    async def make(self, chosen: Template) -> Board | None:
        """Ask for a name and make the board; None when cancelled."""
        timezone = self._screen.host.settings.timezone or local_timezone()
        name: str | None = ""
        board = None
        while board is None:
            name = await self._screen.ask.text(
                "Name of the board", chosen.title, typed=name or "", suggested=True
            )
            self._screen.refocus()
            if name is None:
                return None
            board = await self._screen.fetch(partial(_made, name, chosen, timezone))
        return board

    def welcome(self, board: Board) -> None:
        """Say that a board was made; the board itself says what to do, as long as it is empty."""
        odd = "" if self._screen.host.settings.timezone else odd_timezone()
        self._screen.host.show_message(f"{odd} {board.name} is ready.".strip())


def _made(name: str, chosen: Template, timezone: str, service: Service) -> Board:
    return service.boards.create(name, chosen, timezone)
