"""Screens that are a list with a cursor."""

from collections.abc import Callable, Sequence

from textual import on

from mlkanban.display.card_face import Line
from mlkanban.display.table import first_in_sight
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.lines import ListLines

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

    def do_cursor_top(self) -> None:
        self.go(0)

    def do_cursor_bottom(self) -> None:
        self.go(self.length - 1)

    def show_list(
        self,
        page: ListLines,
        head: Sequence[Line],
        count: int,
        line: Callable[[int], Line],
        cursor: int,
        foot: Sequence[Line] = (),
    ) -> None:
        """Fill a page: the head, those of the `count` lines of a list for which there is room, the
        one under the cursor amidst, and the foot, which gives way. Only lines in sight are made."""
        height = page.size.height
        head = head[: max(0, height - 1)]
        foot = foot[: max(0, height - len(head) - min(count, _FEWEST))]
        room = max(1, height - len(head) - len(foot))
        first = first_in_sight(cursor, room, count)
        shown = range(first, min(first + room, count))
        self.rows_in_sight = dict(enumerate(shown, len(head)))
        lines = [*head, *map(line, shown), *foot]
        lines += [[]] * (height - len(lines))  # as many as before: only changes are painted
        page.show(lines, len(head) + cursor - first if count else -1)
