"""Horizontal bars of parts: what cost how much."""

from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.charts.layouts.canvas import BANDS, CanvasText, Cells, Layout, Target, above, legend
from mlkanban.charts.layouts.cumulative import FILLS
from mlkanban.charts.spec import BarRow, BarsSpec

_LEAST_LABEL, _MOST_LABEL = 8, 24
_GAPS = 4
"""Columns before, between and after the parts of a line."""


def layout_bars(spec: BarsSpec, width: int, height: int) -> Layout:
    """Place at least one row, from the top down; a last line says how many did not fit."""
    several = len(spec.parts) > 1
    columns = width
    named_parts = [(FILLS[i], name) for i, name in enumerate(spec.parts)] if several else []
    head = legend([*named_parts, ("", spec.unit)], columns, height)
    rows = height - len(head)
    gap = 2 if 2 * len(spec.rows) - 1 <= rows else 1
    fits = spec.rows if len(spec.rows) <= rows else spec.rows[: rows - 1]
    tail = max(len(row.text) for row in spec.rows)
    most = min(_MOST_LABEL, max(_LEAST_LABEL, columns - tail - 3 * _GAPS))
    named = min(most, max(cell_len(row.label) for row in spec.rows))
    room = max(_GAPS, columns - named - tail - _GAPS)
    longest = max(sum(row.parts) for row in spec.rows) or 1.0
    cells, words, targets = Cells(), [], []
    for at, row in enumerate(fits):
        y = rows - 1 - at * gap
        words.append(CanvasText(1, y, shortened(row.label, named)))
        end = _bar(cells, row, named + 3, y, room, longest)
        words.append(CanvasText(end + 1, y, row.text[: max(0, columns - end - 1)]))
        if row.cards:
            targets.append(Target(row.label, row.cards, 1, y))
    if len(fits) < len(spec.rows):
        words.append(
            CanvasText(1, rows - 1 - len(fits) * gap, f"and {len(spec.rows) - len(fits)} more")
        )
    words += above(head, rows)
    return Layout(
        0, columns, rows, len(head), cells.groups(), tuple(words), (), (), "", "", tuple(targets)
    )


def _bar(cells: Cells, row: BarRow, start: int, y: int, room: int, longest: float) -> int:
    """Draw the parts one after the other; the column after the last."""
    sofar, column = 0.0, start
    for i, part in enumerate(row.parts):
        sofar += part
        end = start + round(room * (sofar / longest))
        if part > 0:
            end = max(end, column + 1)
        for at in range(column, end):
            cells.put(at, y, FILLS[i], BANDS[(i + 1) % len(BANDS)])
        column = max(column, end)
    return column
