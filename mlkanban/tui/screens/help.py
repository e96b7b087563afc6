"""Help: the live keys of the screen one came from, and what the signs on a card mean."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from mlkanban.display.card_face import Piece
from mlkanban.display.lines import page_title
from mlkanban.text import display
from mlkanban.tui.commands import HELP
from mlkanban.tui.help_page import page, sections
from mlkanban.tui.screens.text_screen import TextScreen
from mlkanban.tui.widgets.lines import Lines

_AROUND = 2
"""Lines that title and keys take."""


class HelpScreen(TextScreen):
    """`about` is the screen it explains, `group` the group of the key pressed last there."""

    WHERE: ClassVar[str] = HELP

    def __init__(self, about: str, group: str = "") -> None:
        super().__init__()
        self._about, self._group = about, group
        self._search = ""
        self._count = 0
        self._title = Lines(ascii=self.host.ascii, id="help-title")
        self._page = Lines(ascii=self.host.ascii, id="help")

    def compose(self) -> ComposeResult:
        yield self._title
        with self.scroll:
            yield self._page
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.watch(self.scroll, "scroll_y", self._show_title, init=False)

    def on_resize(self, event: events.Resize) -> None:
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        # A cell at either side, and the bar that scrolls.
        parts = sections(self._about, self.host.commands, self._group)
        lines = page(parts, max(20, width - 3), self.host.glyphs, self._search)
        while lines and not lines[-1]:
            lines.pop()
        self._page.show(lines)
        self._count = len(lines)
        self._show_title()

    def _show_title(self) -> None:
        """What help is of, and how far one has read: `1 of 2` pages."""
        if not self.ready:
            return
        found = f"  with {self._search!r}" if self._search else ""
        height, first = max(1, self.size.height - _AROUND), round(self.scroll.scroll_y)
        pages = -(-self._count // height)
        here = pages if first + height >= self._count else 1 + first // height
        right = [Piece(f"{here} of {pages}", "dim")] if pages > 1 else []
        width, more = max(20, self.size.width), [Piece(display(found), "focus")]
        line = page_title("Help", self._about, width, self.host.glyphs, more=more, right=right)
        self._title.show([line])

    async def do_help_search(self) -> None:
        before = self._search
        words = await self.ask.text(
            "Search help:", before, verb="keeps", preview=self._searched, suggested=True
        )
        self._searched(before if words is None else words)

    def _searched(self, words: str) -> str:
        """Show the rows with the words while they are typed."""
        if words != self._search:
            self._search = words
            self._draw(self.size.width)
            self.scroll.scroll_home(animate=False)
        return ""

    def do_back(self) -> None:
        if self._search:
            self._searched("")
        else:
            super().do_back()

    def do_help(self) -> None:
        self.close()
