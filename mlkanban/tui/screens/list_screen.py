"""Screens that are a list with a cursor."""

from collections.abc import Sequence

from mlkanban.display.table import first_in_sight
from mlkanban.tui.screens.base import KeyScreen


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

    def visible_lines(self, lines: Sequence[str], room: int) -> list[str]:
        """At most `room` of the lines, the one under the cursor among them with its mark."""
        first = first_in_sight(self.row, room, len(lines))
        return [
            f"{'>' if at == self.row else ' '} {line}"
            for at, line in enumerate(lines[first : first + room], first)
        ]

    def do_cursor_down(self) -> None:
        self.go(self.row + 1)

    def do_cursor_up(self) -> None:
        self.go(self.row - 1)

    def do_cursor_top(self) -> None:
        self.go(0)

    def do_cursor_bottom(self) -> None:
        self.go(self.length - 1)
