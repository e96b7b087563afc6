"""Screens that are a list with a cursor, and what is known of the row under it."""

from collections.abc import Callable, Sequence

from textual import on

from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import side_by_side
from mlkanban.display.table import first_in_sight
from mlkanban.text import quantity
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.lines import ListLines
from mlkanban.tui.widgets.preview import PreviewPlace

_FEWEST = 4
"""So many lines of the list are shown before anything below it."""


class MouseListScreen(KeyScreen):
    """A list for the mouse: a click puts the cursor on a row, a double click opens it as Enter
    does, the wheel moves the cursor."""

    def point_at(self, line: int) -> bool:
        """Put the cursor on the row in a line of the page; False where there is none."""
        raise NotImplementedError

    @on(ListLines.Clicked)
    def _click_row(self, event: ListLines.Clicked) -> None:
        if self.takes_mouse and self.point_at(event.line) and event.double:
            self.run_enter()

    @on(ListLines.Turned)
    def _turn_wheel(self, event: ListLines.Turned) -> None:
        if self.takes_mouse:
            self.run_command("cursor.down" if event.by > 0 else "cursor.up")


def lines_below(height: int, others: int) -> int:
    """The lines of details below a list: a third of the height, or what the `others` leave."""
    return max(height // 3, height - others - 1)


class ListScreen(MouseListScreen):
    """`row` is the one under the cursor of `length` rows; `draw` shows them, and keeps in
    `rows_in_sight` which row stands in which line of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.row = 0
        self.rows_in_sight: dict[int, int] = {}

    @property
    def length(self) -> int:
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the list as it is now."""
        raise NotImplementedError

    def go(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest there is."""
        self.row = max(0, min(row, self.length - 1))
        self.draw()

    def point_at(self, line: int) -> bool:
        row = self.rows_in_sight.get(line)
        if row is None:
            return False
        self.go(row)
        return True

    def do_cursor_down(self) -> None:
        self.go(self.row + 1)

    def do_cursor_up(self) -> None:
        self.go(self.row - 1)

    def do_cursor_page_down(self) -> None:
        self.go(self.row + max(1, self.size.height // 2))

    def do_cursor_page_up(self) -> None:
        self.go(self.row - max(1, self.size.height // 2))

    def do_cursor_top(self) -> None:
        self.go(0)

    def do_cursor_bottom(self) -> None:
        self.go(self.length - 1)

    @property
    def list_width(self) -> int:
        """The cells that the list may take."""
        return self.size.width - PreviewPlace.beside_list(self.size).columns

    def show_list(
        self,
        page: ListLines,
        head: Sequence[Line],
        count: int,
        line: Callable[[int], Line],
        cursor: int,
        *,
        details: Callable[[int], Sequence[Line]] | None = None,
        foot: Sequence[Line] = (),
    ) -> None:
        """Fill a page: the head, those of the `count` lines of a list for which there is room, the
        one under the cursor amidst, and the foot, which gives way. Only lines in sight are made.
        `details` are given the cells there are; they stand at the right of all that, else between
        list and foot, in a third of the height or what the list leaves."""
        width, height, glyphs = self.size.width, page.size.height, self.host.glyphs
        side = width - self.list_width if details is not None else 0
        if details is not None and not side:
            most = lines_below(height, len(head) + count + len(foot))
            known = [*details(width)]
            if len(known) > most > 0:
                left = quantity(len(known) - most + 1, "line")
                known = [*known[: most - 1], [Piece(f" {left} more", "dim")]]
            if len(head) + count + most > height:
                known += [[]] * (most - len(known))  # as high for each row: the list stays
            foot = [[], *known, *foot]
        head = head[: max(0, height - 1)]
        foot = foot[: max(0, height - len(head) - min(count, _FEWEST))]
        room = max(1, height - len(head) - len(foot))
        first = first_in_sight(cursor, room, count)
        shown = range(first, min(first + room, count))
        self.rows_in_sight = dict(enumerate(shown, len(head)))
        lines = [*head, *map(line, shown), *foot]
        lines += [[]] * (height - len(lines))  # as many as before: only changes are painted
        here = len(head) + cursor - first if count else -1
        if not side:
            page.show(lines, here)
            return
        assert details is not None
        known = [*details(side - 3)][:height]
        known += [[]] * (height - len(known))
        edge = [Piece(glyphs.upright, "faint"), Piece(" ", "text")]
        right = [[*edge, *line] for line in known]
        page.show(side_by_side(lines, right, width - side, glyphs), here, across=width - side)
