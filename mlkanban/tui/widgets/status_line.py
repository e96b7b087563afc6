"""The last line of every screen: reminders of keys, or what just happened."""

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.charts.face import shortened
from mlkanban.text import ascii_only, display
from mlkanban.tui.theme import role_styles


class StatusLine(Widget):
    """One line, drawn by hand; `say` shows a message until `clear` or the next one."""

    DEFAULT_CSS = "StatusLine { dock: bottom; height: 1; }"

    def __init__(self, hints: list[str], *, ascii: bool = False) -> None:
        super().__init__()
        self.hints = hints
        self.message = ""
        self.trouble = False
        self._ascii = ascii

    def say(self, message: str, *, trouble: bool = False) -> None:
        self.message, self.trouble = display(message), trouble
        self.refresh()

    def clear(self) -> None:
        if self.message:
            self.message, self.trouble = "", False
            self.refresh()

    def render_line(self, y: int) -> Strip:
        styles = role_styles(self.app)
        style = styles["trouble" if self.trouble else "status"]
        text = f" ! {self.message}" if self.trouble else f" {self.message or self._reminder()}"
        if self._ascii:
            text = ascii_only(text)
        line = shortened(text, self.size.width)
        return Strip([Segment(line, style)]).adjust_cell_length(self.size.width, style)

    def _reminder(self) -> str:
        """As many reminders as fit, the last one (help, back) always."""
        *some, last = self.hints
        while some and cell_len("  ".join([*some, last])) + 2 > self.size.width:
            some.pop()
        return "  ".join([*some, last])
