"""The board in a minute: a few pages, left at any time."""

from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from mlkanban.display.opening_lines import tour_lines
from mlkanban.tui.commands import FORM
from mlkanban.tui.help_text import PAGES, word_with_keys
from mlkanban.tui.key_hints import KeyHint
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.lines import Lines
from mlkanban.tui.widgets.menu import Option

_TURNS = (
    KeyHint("n", "next"),
    KeyHint("p", "previous"),
    KeyHint("q", "to the board", command="back"),
)


class TourScreen(KeyScreen):
    WHERE: ClassVar[str] = FORM

    def __init__(self) -> None:
        super().__init__()
        self._page = 0
        self._lines = Lines(ascii=self.host.ascii, id="tour")

    def compose(self) -> ComposeResult:
        yield self._lines
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.start(self._read())

    async def _read(self) -> None:
        while 0 <= self._page < len(PAGES):
            self._show(*self.size)
            turns = [Option("n", "next"), *([Option("p", "previous")] if self._page else [])]
            key = await self.ask.choose("The board in a minute", turns, listed=False)
            if key is None:
                break
            self._page += 1 if key == "n" else -1
        self.close()

    def question_came_up(self) -> None:
        """The keys in the last line are those of the question here."""
        super().question_came_up()
        self.status.hide_keys(hidden=False)

    def on_resize(self, event: events.Resize) -> None:
        self._show(*event.size)

    def _show(self, width: int, height: int) -> None:
        if 0 <= self._page < len(PAGES):
            self.status.offer([turn for turn in _TURNS if self._page or turn.key != "p"])
            word = partial(word_with_keys, commands=self.host.commands)
            size = width, height - 1  # less the keys
            self._lines.show(tour_lines(PAGES, self._page, word, size, self.host.glyphs))
