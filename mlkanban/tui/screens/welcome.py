"""The first start: a choice of templates, then the board."""

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.core.models import Board
from mlkanban.core.templates import TEMPLATES, Template
from mlkanban.service import Service
from mlkanban.tui.commands import FORM
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.tour import TourScreen
from mlkanban.tui.widgets.ask import Option

_ROOMY = 34
"""From this many lines on the stages of each template are listed too."""

_LEAST = 16
"""Below this many lines the templates are listed in the question itself."""


class WelcomeScreen(KeyScreen):
    WHERE: ClassVar[str] = FORM

    def __init__(self, timezone: str) -> None:
        super().__init__()
        self._timezone = timezone
        self.status.hints = ["1-5 chooses", "q leaves"]

    def compose(self) -> ComposeResult:
        roomy = self.app.size.height >= _ROOMY
        yield Static(Content(_text(stages=roomy)), markup=False, id="welcome")
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        # Of the app: it goes on when this screen has made way for the board.
        self.app.run_worker(self._choose())

    async def _choose(self) -> None:
        options = [Option(str(n), t.title) for n, t in enumerate(TEMPLATES, 1)]
        while True:
            key = await self._which(options)
            if key is None:
                self.app.exit()
                return
            chosen = TEMPLATES[int(key) - 1]
            if await self._create(chosen):
                return

    async def _which(self, options: list[Option]) -> str | None:
        if self.app.size.height < _LEAST:
            return await self.ask.choose("Which one?", options, rows=True)
        return await self.ask.choose("Which one? Type its number, q leaves.", options, listed=False)

    async def _create(self, chosen: Template) -> bool:
        name: str | None = ""
        board = None
        while board is None:
            name = await self.ask.text("Name of the board", chosen.title, typed=name or "")
            self.set_focus(None)
            if name is None:
                return False
            board = await self.fetch(partial(self._made, name, chosen))
        self.app.pop_screen()
        await self.board_app.open_board(board.key)
        self.board_app.say(f"{board.name} is ready. Press n to write the first card, ? for help.")
        self.app.push_screen(TourScreen())
        return True

    def _made(self, name: str, chosen: Template, service: Service) -> Board:
        return service.boards.create(name, chosen.key, self._timezone)


def _text(*, stages: bool) -> str:
    lines = ["", "  Welcome to mlkanban.", ""]
    lines.append("  A board for machine-learning work: stages with limits you can feel,")
    lines.append("  blockers with a reason, and how long things really take.")
    lines += ["", "  Choose how your work flows; stages and limits can be changed at any time.", ""]
    for number, template in enumerate(TEMPLATES, 1):
        lines.append(f"  {number}  {template.title:<18} {template.about}")
        if stages:
            names = [stage.name for stage in template.stages]
            lines += [*(f"     {row}" for row in _rows(names)), ""]
    return "\n".join(lines)


def _rows(names: list[str]) -> list[str]:
    rows, row = [], ""
    for name in names:
        more = f"{row} > {name}" if row else name
        if len(more) > 70:
            rows.append(row + " >")
            more = name
        row = more
    return [*rows, row]
