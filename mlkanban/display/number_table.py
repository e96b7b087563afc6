"""The table of a number, fitted to a place on the screen, and the cards its rows speak of."""

from rich.cells import cell_len

from mlkanban.cells import padded, shortened
from mlkanban.charts.layouts.canvas import Target
from mlkanban.display.table import Table
from mlkanban.flow.sample import Sample
from mlkanban.text import display

_GAP = "  "


def table_lines(table: Table, width: int, height: int, selected: int | None) -> list[str]:
    """At most `height` lines of at most `width` cells; the selected row, with a mark, in sight."""
    rows = [[display(cell) for cell in row] for row in table.rows]
    head = [name.upper() for name in table.head]
    sizes = [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]
    room = max(1, height - 2)
    first = 0 if selected is None else first_in_sight(selected, room, len(rows))
    shown = rows[first : first + room]
    lines = [_line(" ", head, sizes, width)]
    for at, row in enumerate(shown, first):
        lines.append(_line(">" if at == selected else " ", row, sizes, width))
    left = len(rows) - first - len(shown)
    if left:
        lines.append(f"  and {left} more")
    return lines


def first_in_sight(selected: int, room: int, count: int) -> int:
    """Which of `count` lines comes first where there is room for some, the selected one amidst."""
    return max(0, min(selected - room // 2, count - room))


def table_targets(table: Table | None, sample: Sample) -> tuple[Target, ...]:
    """The rows that begin with the short id of a card; none unless all do."""
    if table is None:
        return ()
    refs = {card.ref for card in sample.cards}
    if not all(row[0] in refs for row in table.rows):
        return ()
    return tuple(Target(row[0], (row[0],), 0, at) for at, row in enumerate(table.rows))


def _line(mark: str, cells: list[str], sizes: list[int], width: int) -> str:
    text = _GAP.join(padded(cell, size) for cell, size in zip(cells, sizes, strict=True))
    return shortened(f"{mark} {text.rstrip()}", width)
