"""The table of a number, as much of it as its place holds."""

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.display.table import Table, first_in_sight
from mlkanban.display.table_layout import TableLayout
from mlkanban.glyphs import Glyphs
from mlkanban.text import ascii_only
from mlkanban.tui.theme import role_styles

_HEAD = 1


class TablePane(Widget):
    """Only the rows in sight are made, when they are drawn; the selected row stays in sight."""

    class Chosen(Message):
        """A row was clicked; `double` for the second time in a row."""

        def __init__(self, row: int, *, double: bool) -> None:
            super().__init__()
            self.row = row
            self.double = double

    DEFAULT_CSS = "TablePane { height: 1fr; width: 1fr; padding: 0 1; }"

    def __init__(self, *, glyphs: Glyphs, id: str) -> None:
        super().__init__(id=id)
        self._table: Table | None = None
        self._layout: TableLayout | None = None
        self._selected: int | None = None
        self._top = 0
        self._glyphs = glyphs
        self._sizes: tuple[int, list[int]] = (0, [])

    def show(self, table: Table | None, selected: int | None) -> None:
        if table is not self._table:
            self._table, self._top = table, 0
            self._layout = TableLayout(table, self._glyphs) if table else None
            self._sizes = (0, [])
        self._selected = selected
        if selected is not None and table is not None:
            self._top = first_in_sight(selected, self._room, len(table.rows))
        self.refresh()

    @property
    def natural_width(self) -> int:
        """The cells it takes if nothing is cut, those beside it included."""
        return self._layout.width + 2 + 2 if self._layout else 0

    @property
    def _room(self) -> int:
        """The rows there is room for, with a line for how many more there are."""
        count = len(self._table.rows) if self._table else 0
        lines = max(1, self.content_size.height - _HEAD)
        return lines if count <= lines else max(1, lines - 1)

    def render_line(self, y: int) -> Strip:
        roles = role_styles(self.app)
        width = self.content_size.width
        if self._table is None or self._layout is None:
            return Strip.blank(width, roles["text"])
        if self._sizes[0] != width:
            self._sizes = (width, self._layout.sizes(width - 2))
        sizes = self._sizes[1]
        at = self._top + y - _HEAD
        count = len(self._table.rows)
        if y < _HEAD:
            segments = [Segment(self._text("  " + self._layout.head(sizes)), roles["dim"])]
        elif y - _HEAD >= self._room:
            left = count - self._top - self._room
            more = f"  and {left:,} more" if left > 0 else f"  {count:,} in all"
            segments = [Segment(more if count > self._room else "", roles["dim"])]
        elif at < count:
            segments = self._row(at, sizes)
        else:
            segments = []
        ground = roles["text"]
        return Strip(segments).adjust_cell_length(width, ground)

    def _row(self, at: int, sizes: list[int]) -> list[Segment]:
        assert self._table is not None
        assert self._layout is not None
        here = at == self._selected
        roles = role_styles(self.app, cursor=here)
        text = self._text(self._layout.row(at, sizes))
        first = self._table.roles[at] if self._table.roles else "text"
        end = sizes[0]
        if not text[:end].isascii():
            end = 0
        return [
            Segment("> " if here else "  ", roles["focus"]),
            Segment(text[:end], roles[first]),
            Segment(text[end:] + " ", roles["text"]),
        ]

    def _text(self, text: str) -> str:
        return ascii_only(self._glyphs.drawn(text)) if self._glyphs.ascii else text

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is None or self._table is None or not _HEAD <= at.y < _HEAD + self._room:
            return
        row = self._top + at.y - _HEAD
        if row < len(self._table.rows):
            self.post_message(self.Chosen(row, double=event.chain == 2))

    def on_mouse_scroll_down(self) -> None:
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(-3)

    def _scroll(self, by: int) -> None:
        if self._table is not None:
            last = max(0, len(self._table.rows) - self._room)
            self._top = max(0, min(self._top + by, last))
            self.refresh()
