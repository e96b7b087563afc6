"""Help: the live keys of the screen one came from, and what the signs on a card mean."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from mlkanban.tui.commands import HELP
from mlkanban.tui.help_page import page, sections
from mlkanban.tui.screens.text_screen import TextScreen
from mlkanban.tui.theme import role_styles


class HelpScreen(TextScreen):
    """`about` is the screen it explains, `group` the group of the key pressed last there."""

    WHERE: ClassVar[str] = HELP

    def __init__(self, about: str, group: str = "") -> None:
        super().__init__()
        self._about, self._group = about, group
        self._search = ""
        self._title = Static(markup=False, id="help-title")
        self._page = Static(markup=False, id="help")

    def compose(self) -> ComposeResult:
        yield self._title
        with self.scroll:
            yield self._page
        yield self.ask
        yield self.status

    def on_resize(self, event: events.Resize) -> None:
        self._draw(event.size.width)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_mounted:
            self._draw(self.size.width)

    def _draw(self, width: int) -> None:
        styles = role_styles(self.app)
        text = Text(no_wrap=True, end="")
        # A cell at either side, and the bar that scrolls.
        parts = sections(self._about, self.host.commands, self._group)
        for line in page(parts, max(20, width - 3), self.host.glyphs, self._search):
            for piece in line:
                text.append(self.plain(piece.text), styles[piece.role])
            text.append("\n")
        self._page.update(text)
        found = f"   with {self._search!r}" if self._search else ""
        self._title.update(Text(self.plain(f"Help: {self._about}{found}"), styles["title"]))

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
