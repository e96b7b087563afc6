"""The board in a minute: a few pages, left at any time."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.tui.commands import FORM
from mlkanban.tui.help_text import PAGES, with_keys
from mlkanban.tui.key_hints import KeyHint
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.ask import Option

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
        self.status.offer(_TURNS)

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="tour")
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.start(self._read())

    async def _read(self) -> None:
        while 0 <= self._page < len(PAGES):
            self._show()
            turns = [Option("n", "next"), *([Option("p", "previous")] if self._page else [])]
            label = f"{self._page + 1} of {len(PAGES)}"
            key = await self.ask.choose(label, turns, listed=False)
            if key is None:
                break
            self._page += 1 if key == "n" else -1
        self.close()

    def _show(self) -> None:
        title, text = PAGES[self._page]
        lines = [title, "", *with_keys(text, self.host.commands).split("\n")]
        shown = "\n".join(["", *(f"  {line}" for line in lines)])
        self.query_one("#tour", Static).update(Content(self.plain(shown)))
