"""Making a board: which template, which name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mlkanban.clock import local_timezone, odd_timezone
from mlkanban.core.templates import TEMPLATES
from mlkanban.tui.widgets.ask import Option

if TYPE_CHECKING:
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
        self, label: str, *, rows: bool = False, listed: bool = True
    ) -> Template | None:
        """The template chosen by its number."""
        described = rows and self._screen.host.size.width >= _ROOMY
        options = [
            Option(str(n), f"{t.title:<18} {t.about}" if described else t.title)
            for n, t in enumerate(TEMPLATES, 1)
        ]
        key = await self._screen.ask.choose(label, options, rows=rows, listed=listed)
        return None if key is None else TEMPLATES[int(key) - 1]

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
    return service.boards.create(name, chosen.key, timezone)
