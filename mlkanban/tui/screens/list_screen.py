"""Screens that are a list with a cursor."""

from collections.abc import Callable, Sequence

from mlkanban.display.card_face import Line
from mlkanban.display.table import first_in_sight
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.lines import Lines

_FEWEST = 4
"""So many lines of the list are shown before anything below it."""


class ListScreen(KeyScreen):
    """`row` is the line under the cursor of `length` ones; `draw` shows them."""

    def __init__(self) -> None:
        super().__init__()
        self.row = 0

    @property
    def length(self) -> int:
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the list as it is now."""
        raise NotImplementedError

    def go(self, row: int) -> None:
        """Put the cursor on a line, or on the nearest there is."""
        self.row = max(0, min(row, self.length - 1))
        self.draw()

    def do_cursor_down(self) -> None:
        self.go(self.row + 1)

    def do_cursor_up(self) -> None:
        self.go(self.row - 1)

    def do_cursor_top(self) -> None:
        self.go(0)

    def do_cursor_bottom(self) -> None:
        self.go(self.length - 1)


def show_list(
    page: Lines,
    head: Sequence[Line],
    count: int,
    line: Callable[[int], Line],
    cursor: int,
    foot: Sequence[Line] = (),
) -> None:
    """Fill a page: the head, those of the `count` lines of a list for which there is room, the one
    under the cursor amidst, and the foot, which gives way. Only lines in sight are made."""
    height = page.size.height
    head = head[: max(0, height - 1)]
    foot = foot[: max(0, height - len(head) - min(count, _FEWEST))]
    room = max(1, height - len(head) - len(foot))
    first = first_in_sight(cursor, room, count)
    lines = [*head, *(line(at) for at in range(first, min(first + room, count))), *foot]
    lines += [[]] * (height - len(lines))  # as many as before, so that only changes are painted
    page.show(lines, len(head) + cursor - first if count else -1)
