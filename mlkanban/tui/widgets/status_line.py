"""The last line of every screen: reminders of keys, or what just happened."""

from collections.abc import Callable, Iterable
from textwrap import wrap

from rich.cells import cell_len
from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.cells import shortened
from mlkanban.text import ascii_only, display, steady
from mlkanban.tui.theme import role_styles

_MOST_LINES = 3


class StatusLine(Widget):
    """Drawn by hand; `show` shows a message until `clear` or the next one. What does not fit in one
    line takes up to three. `worded` names keys in the place of commands in a hint."""

    class Resized(Message):
        """It takes another number of lines."""

        def __init__(self, lines: int) -> None:
            super().__init__()
            self.lines = lines

    DEFAULT_CSS = "StatusLine { dock: bottom; height: 1; }"

    def __init__(
        self, hints: list[str], worded: Callable[[str], str], *, ascii: bool = False
    ) -> None:
        super().__init__()
        self.hints = hints
        self.message = ""
        self.warning = False
        self._worded = worded
        self._ascii = ascii

    def show(self, message: str, *, warning: bool = False) -> None:
        self.message, self.warning = self._drawable(message), warning
        self._fit()
        self.refresh()

    def offer(self, hints: list[str]) -> None:
        """Remind of other keys."""
        if hints != self.hints:
            self.hints = hints
            self.refresh()

    def take_back(self, messages: Iterable[str]) -> None:
        """Clear the message if it is one of these, which are not so any more."""
        if self.message in map(self._drawable, messages):
            self.clear()

    def clear(self) -> None:
        if self.message:
            self.message, self.warning = "", False
            self._fit()
            self.refresh()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """As high as the message needs; a change of height paints the screen again, so rarely."""
        height = min(_MOST_LINES, len(self._lines()))
        if (
            self.size.width
            and self.styles.height is not None
            and self.styles.height.value != height
        ):
            self.styles.height = height
            self.post_message(self.Resized(height))

    def _lines(self) -> list[str]:
        if not self.message:
            return [self._reminder()]
        mark = "! " if self.warning else ""
        if cell_len(self.message) + len(mark) < self.size.width:
            return [mark + self.message]
        return wrap(
            mark + self.message, max(10, self.size.width - 2), subsequent_indent=" " * len(mark)
        )

    def render_line(self, y: int) -> Strip:
        style = role_styles(self.app)["alarm" if self.warning else "text"]
        lines = self._lines()
        text = " " + (lines[y] if y < len(lines) else "")
        if y == _MOST_LINES - 1 and len(lines) > _MOST_LINES:
            text = " " + " ".join(lines[y:])
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

    def _drawable(self, message: str) -> str:
        return steady(display(self._worded(message)))
