"""The first start: a choice of templates, then the board."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.core.templates import TEMPLATES, Template
from mlkanban.tui.commands import FORM
from mlkanban.tui.key_hints import KeyHint
from mlkanban.tui.new_board import NewBoard
from mlkanban.tui.screens.base import KeyScreen

_ROOMY = 34
"""From this many lines on the stages of each template are listed too."""

_LEAST = 16
"""Below this many lines the templates are listed in the question itself."""


class WelcomeScreen(KeyScreen):
    WHERE: ClassVar[str] = FORM

    def __init__(self) -> None:
        super().__init__()
        self._new_board = NewBoard(self)
        self.status.offer([KeyHint("1-5", "chooses"), KeyHint("q", "leaves")])

    def compose(self) -> ComposeResult:
        roomy = self.app.size.height >= _ROOMY
        yield Static(Content(_text(stages=roomy)), markup=False, id="welcome")
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        # Of the app: it goes on when this screen has made way for the board.
        self.app.run_worker(self._choose())

    async def _choose(self) -> None:
        board = None
        while board is None:
            chosen = await self._which()
            if chosen is None:
                self.host.leave()
                return
            board = await self._new_board.make(chosen)
        while self in self.app.screen_stack:  # and whatever lies over it
            await self.app.pop_screen()
        await self.host.open_board(board.key)
        self._new_board.welcome(board)
        self.open("tour")

    async def _which(self) -> Template | None:
        if self.app.size.height < _LEAST:
            return await self._new_board.which_template("Which one?", rows=True)
        return await self._new_board.which_template(
            "Which one? Type its number, q leaves.", listed=False
        )


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
