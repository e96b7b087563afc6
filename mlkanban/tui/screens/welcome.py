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

_QUESTION = "Which one?"
_KEYS = (
    KeyHint(f"1-{len(TEMPLATES)}", "choose"),
    KeyHint("j k", "move"),
    KeyHint("Enter", "take it", ("enter",)),
    KeyHint("q", "leave", ("q",), "back"),
)
_LEAST = 16
"""Below this many lines the templates are listed in the question itself."""


class WelcomeScreen(KeyScreen):
    WHERE: ClassVar[str] = FORM

    def __init__(self) -> None:
        super().__init__()
        self._new_board = NewBoard(self)
        self._page = Lines(ascii=self.host.ascii, id="welcome")
        self._here = -1
        """The template under the cursor, -1 where the question lists them."""
        self.status.offer(_KEYS)

    def compose(self) -> ComposeResult:
        yield self._page
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        # Of the app: it goes on when this screen has made way for the board.
        self.app.run_worker(self._choose())

    def on_resize(self, event: events.Resize) -> None:
        self._draw(*event.size)

    def _draw(self, width: int, height: int) -> None:
        # Less the question.
        lines, here = welcome_lines(width, height - 2, self.host.glyphs, self._here)
        self._page.show(lines, here)

    def _point(self, at: int) -> None:
        self._here = at
        self._draw(*self.app.size)

    def question_came_up(self) -> None:
        """The keys in the last line are those of the question here."""
        super().question_came_up()
        self.status.hide_keys(hidden=False)

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
            return await self._new_board.which_template(_QUESTION)
        return await self._new_board.which_template(_QUESTION, pointed=self._point)
