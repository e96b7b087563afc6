"""A list of cards with a cursor, which draws lines: a key repaints two of them."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.cells import padded
from mlkanban.display.card_face import Piece
from mlkanban.text import ascii_only
from mlkanban.tui.theme import role_styles


class ListRow(NamedTuple):
    """One line: what stands at the left, what gives way in the middle, and the right edge."""

    left: str
    middle: str
    right: str
    marked: bool = False


class ListPane(Widget):
    """Shows entries below a title and a rule; `row` is under the cursor while it is `active`."""

    DEFAULT_CSS = "ListPane { height: 1fr; width: 1fr; background: $background; }"
    _HEAD = 2

    def __init__(self, *, ascii: bool, id: str) -> None:
        super().__init__(id=id)
        self._ascii = ascii
        self._title, self._empty = "", ""
        self._entries: list[ListRow] = []
        self._row, self._top, self._active = 0, 0, False
        self._styles: dict[str, Style] = {}
        self._cursor_styles: dict[str, Style] = {}

    def show(self, title: str, entries: Sequence[ListRow], empty: str) -> None:
        """Draw other entries; with none, `empty` says what to do."""
        self._title, self._entries, self._empty = title, list(entries), empty
        self.point(self._row, active=self._active)
        self.refresh()

    def point(self, row: int, *, active: bool) -> None:
        """Put the cursor on a row; only what looks different is painted."""
        row = max(0, min(row, len(self._entries) - 1))
        before, top, was_active = self._row, self._top, self._active
        self._row, self._active = row, active
        self._follow()
        if top != self._top or was_active != active:
            self.refresh()
        elif before != row:
            for at in (before, row):
                y = self._HEAD + at - self._top
                self.refresh(Region(0, y, self.size.width, 1))

    def _follow(self) -> None:
        room = max(1, self.size.height - self._HEAD)
        if self._row < self._top:
            self._top = self._row
        elif self._row >= self._top + room:
            self._top = self._row - room + 1
        self._top = max(0, min(self._top, max(0, len(self._entries) - room)))

    def on_resize(self) -> None:
        self._follow()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}

    def render_line(self, y: int) -> Strip:
        if not self._styles:
            self._styles = role_styles(self.app)
            self._cursor_styles = role_styles(self.app, cursor=True)
        width = self.size.width
        at = self._top + y - self._HEAD
        here = self._active and at == self._row and 0 <= at < len(self._entries)
        styles = self._cursor_styles if here else self._styles
        pieces = [
            Piece(ascii_only(text) if self._ascii else text, role)
            for text, role in self._line(y, width)
        ]
        segments = [Segment(text, styles[role]) for text, role in pieces]
        return Strip(segments).adjust_cell_length(width, styles["dim"])

    def _line(self, y: int, width: int) -> list[Piece]:
        if y == 0:
            sign = "> " if self._active else "  "
            return [Piece(padded(sign + self._title, width), "focus" if self._active else "title")]
        if y == 1:
            return [
                Piece(
                    "  " + ("=" if self._active else "-") * max(0, width - 4),
                    "focus" if self._active else "faint",
                )
            ]
        at = self._top + y - self._HEAD
        if not self._entries and y == self._HEAD + 1:
            return [Piece(padded("  " + self._empty, width), "dim")]
        if at >= len(self._entries):
            return []
        return self._entry(self._entries[at], width, here=self._active and at == self._row)

    def _entry(self, entry: ListRow, width: int, *, here: bool) -> list[Piece]:
        signs = (">" if here else " ") + ("*" if entry.marked else " ")
        room = width - 2 - cell_len(entry.left) - cell_len(entry.right) - 2
        middle = padded(entry.middle, max(0, room))
        return [
            Piece(signs, "mark"),
            Piece(entry.left, "dim"),
            Piece(middle, "title"),
            Piece(f" {entry.right} ", "value"),
        ]
