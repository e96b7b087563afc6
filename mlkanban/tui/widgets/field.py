"""An input field for text of any origin: typed, pasted, or stored by somebody else."""

from collections.abc import Callable
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widgets import Input

from mlkanban.text import display, lines_of

LINE_SIGN = "¶"
"""Stands in a field of one line where a line of its text ends."""


CANCEL_KEYS = frozenset({"ctrl+g", "escape"})


class Field(Input):
    """Holds what may be drawn: a control character in it would reach the terminal.

    A field with `lines` keeps the lines of what is pasted, any other one joins them; `text` is
    what it holds. Enter and what cancels are taken at once: on a slow line they arrive together
    with the keys after them, and those are not text any more. While `closed`, keys pass on to the
    screen. `cut` stands where a longer text than there is room for is cut off: at its end, or,
    while one is in the field, at its beginning.
    """

    def __init__(
        self,
        value: str = "",
        *,
        entered: Callable[[], None],
        cancelled: Callable[[events.Key], None],
        tab: Callable[[], None] | None = None,
        cut: str = "",
        **more: Any,
    ) -> None:
        super().__init__(value, select_on_focus=False, **more)
        self._cut_sign = cut
        self.closed = False
        self._entered = entered
        self._cancelled = cancelled
        self._tab = tab
        self.lines = False

    @property
    def text(self) -> str:
        return self.value.replace(LINE_SIGN, "\n") if self.lines else self.value

    def put(self, text: str, *, suggested: bool = False) -> None:
        """Begin with a text; one that is `suggested` is replaced by what is typed."""
        self.value = self._in_one_line(text) if self.lines else text
        self.cursor_position = len(self.value)
        if suggested:
            self.select_all()

    def enter(self, text: str) -> None:
        """Text where the cursor is, in place of what is selected."""
        self.replace(text, *sorted(self.selection))

    def _in_one_line(self, text: str) -> str:
        first, *rest = lines_of(text.strip("\r\n"))
        lines = [first, *(line.strip() for line in rest)]
        return LINE_SIGN.join(lines) if self.lines else " ".join(filter(None, lines))

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        room = self.scrollable_content_region.width
        if not self._cut_sign:
            return strip
        cut = Segment(self._cut_sign, self.rich_style)
        if self.has_focus and self.scroll_offset.x:
            return Strip([cut, *strip.crop(cell_len(self._cut_sign), room)], room)
        if self.has_focus or cell_len(self.value) <= room:
            return strip
        return Strip([*strip.crop(0, room - cell_len(self._cut_sign)), cut], room)

    def validate_value(self, value: str) -> str:
        return display(value)

    async def _on_key(self, event: events.Key) -> None:
        if self.closed:
            event.prevent_default()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self.closed = True
            self._entered()
        elif event.key in CANCEL_KEYS:
            event.stop()
            event.prevent_default()
            self._cancelled(event)
        elif event.key == "tab" and self._tab is not None:
            event.stop()
            event.prevent_default()
            self._tab()

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        if self.closed:
            return
        event.stop()
        self.enter(self._in_one_line(event.text))
