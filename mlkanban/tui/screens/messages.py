"""What the last line said before, newest first."""

from textwrap import wrap
from typing import ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.tui.commands import MESSAGES
from mlkanban.tui.screens.text_screen import TextScreen

_TIME = 10
"""Cells for the time of a message, and for the lines below its first."""


class MessagesScreen(TextScreen):
    WHERE: ClassVar[str] = MESSAGES

    def compose(self) -> ComposeResult:
        with self.scroll:
            yield Static(markup=False, id="messages")
        yield self.ask
        yield self.status

    def on_resize(self) -> None:
        self.query_one("#messages", Static).update(Content(self.plain(self._text())))

    def _text(self) -> str:
        zone, width = ZoneInfo(self.board.timezone), max(20, self.app.size.width - _TIME - 3)
        lines = [" Messages", ""]
        for message in reversed(self.host.messages.entries):
            mark = "! " if message.warning else ""
            first, *rest = wrap(mark + message.text, width) or [""]
            lines.append(f" {message.at.astimezone(zone):%H:%M:%S}  {first}")
            lines += [" " * (_TIME + 1) + line for line in rest]
        return "\n".join(lines if lines[2:] else [*lines, " No messages yet."])
