"""Making a board: which template, which name."""

from functools import partial

from mlkanban.clock import local_timezone, odd_timezone
from mlkanban.core.models import Board
from mlkanban.core.templates import TEMPLATES, Template
from mlkanban.service import Service
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.ask import Option

_ROOMY = 60
"""From so many columns on the templates are told of in their rows."""


class MakesBoards(KeyScreen):
    """A screen that makes boards."""

    async def which_template(
        self, label: str, *, rows: bool = False, listed: bool = True
    ) -> Template | None:
        """The template chosen by its number."""
        told = rows and self.app.size.width >= _ROOMY
        options = [
            Option(str(n), f"{t.title:<18} {t.about}" if told else t.title)
            for n, t in enumerate(TEMPLATES, 1)
        ]
        key = await self.ask.choose(label, options, rows=rows, listed=listed)
        return None if key is None else TEMPLATES[int(key) - 1]

    async def make_board(self, chosen: Template) -> Board | None:
        """Ask for a name and make the board; None when cancelled."""
        timezone = self.host.settings.timezone or local_timezone()
        name: str | None = ""
        board = None
        while board is None:
            name = await self.ask.text(
                "Name of the board", chosen.title, typed=name or "", suggested=True
            )
            self.set_focus(None)
            if name is None:
                return None
            board = await self.fetch(partial(_made, name, chosen, timezone))
        return board

    def welcome(self, board: Board) -> None:
        """Say what to do with a board that was just made."""
        odd = "" if self.host.settings.timezone else odd_timezone()
        self.host.say(
            f"{odd} {board.name} is ready. Press n to write the first card, ? for help.".strip()
        )


def _made(name: str, chosen: Template, timezone: str, service: Service) -> Board:
    return service.boards.create(name, chosen.key, timezone)
