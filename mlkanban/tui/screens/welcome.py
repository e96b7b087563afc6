"""The first start: a choice of templates, then the board."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from mlkanban.core.templates import TEMPLATES, Template
from mlkanban.display.opening_lines import welcome_lines
from mlkanban.tui.commands import FORM
from mlkanban.tui.key_hints import KeyHint
from mlkanban.tui.new_board import NewBoard
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.lines import Lines

_QUESTION = f"Which one?  1-{len(TEMPLATES)} chooses, q leaves"
_LEAST = 16
"""Below this many lines the templates are listed in the question itself."""


class WelcomeScreen(KeyScreen):
    WHERE: ClassVar[str] = FORM

    def __init__(self) -> None:
        super().__init__()
        self._new_board = NewBoard(self)
        self._page = Lines(ascii=self.host.ascii, id="welcome")
        self.status.offer([KeyHint("1-5", "chooses"), KeyHint("q", "leaves")])

    def compose(self) -> ComposeResult:
        yield self._page
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        # Of the app: it goes on when this screen has made way for the board.
        self.app.run_worker(self._choose())

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        # Less the question.
        self._page.show(welcome_lines(width, height - 2, self.host.glyphs))

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
        return await self._new_board.which_template(_QUESTION, listed=False)
