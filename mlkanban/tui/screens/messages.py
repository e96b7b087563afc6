"""What the last line said before, newest first."""

from textwrap import wrap
from typing import ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.display.card_face import Piece
from mlkanban.display.lines import page_title
from mlkanban.text import quantity
from mlkanban.tui.commands import MESSAGES
from mlkanban.tui.screens.text_screen import TextScreen
from mlkanban.tui.widgets.lines import Lines

_TIME = 10
"""Cells for the time of a message, and for the lines below its first."""


class MessagesScreen(TextScreen):
    WHERE: ClassVar[str] = MESSAGES

    def __init__(self) -> None:
        super().__init__()
        self._title = Lines(ascii=self.host.ascii, id="messages-title")

    def compose(self) -> ComposeResult:
        yield self._title
        with self.scroll:
            yield Static(markup=False, id="messages")
        yield self.ask
        yield self.status

    def on_resize(self) -> None:
        entries = self.host.messages.entries
        count = [Piece(quantity(len(entries), "message"), "dim")] if entries else []
        width, glyphs = self.size.width, self.host.glyphs
        self._title.show([page_title("Messages", "newest first", width, glyphs, right=count), []])
        self.query_one("#messages", Static).update(Content(self.plain(self._text())))

    def _text(self) -> str:
        zone, width = ZoneInfo(self.board.timezone), max(20, self.app.size.width - _TIME - 3)
        lines: list[str] = []
        for message in reversed(self.host.messages.entries):
            mark = "! " if message.warning else ""
            first, *rest = wrap(mark + message.text, width) or [""]
            lines.append(f" {message.at.astimezone(zone):%H:%M:%S}  {first}")
            lines += [" " * (_TIME + 1) + line for line in rest]
        return "\n".join(lines) or " No messages yet."
