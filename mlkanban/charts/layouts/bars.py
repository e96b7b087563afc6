"""Horizontal bars of parts: what cost how much."""

from rich.cells import cell_len, set_cell_size

from mlkanban.charts.layouts.canvas import (
    CanvasText,
    Cells,
    Finish,
    Layout,
    LegendPart,
    Target,
)
from mlkanban.charts.layouts.canvas import legend as legend_lines
from mlkanban.charts.spec import BarRow, BarsSpec, Role

_LEAST_LABEL, _MOST_LABEL = 8, 28
_GAP = 2
_LONGEST_BAR = 60
"""A longer bar says no more, and its text is far from its name."""
_FILLS = {"colour": "━─┄■", "shades": "━─┄■", "letters": "=#-!"}
_HALF = "╸"


def layout_bars(spec: BarsSpec, width: int, height: int, finish: Finish, *, legend: bool) -> Layout:
    """Place at least one row, from the top down; a last line says how many did not fit."""
    fills = _FILLS[finish]
    several = len(spec.parts) > 1
    named_parts = [
        LegendPart(fills[i], spec.roles[i], name)
        for i, name in enumerate(spec.parts)
        if several and name
    ]
    # What parts mean is said nowhere else.
    heads, words = legend_lines(named_parts, width, height, spec.unit if legend else "")
    rows = height - heads
    fits = spec.rows if len(spec.rows) <= rows else spec.rows[: rows - 1]
    tail = max(len(row.text) + len(row.alert) + 2 * bool(row.alert) for row in spec.rows)
    most = min(_MOST_LABEL, max(_LEAST_LABEL, width - tail - 12))
    longest_label = max(cell_len(row.label) for row in spec.rows)
    short = most < min(_MOST_LABEL, longest_label) and all(row.short for row in spec.rows)
    labels = [row.short if short else row.label for row in fits]
    named = min(most, max(map(cell_len, labels)))
    room = max(1, min(_LONGEST_BAR, width - named - tail - 2 * _GAP))
    longest = max(sum(row.parts) for row in spec.rows) or 1.0
    cells, targets = Cells(), []
    for at, row in enumerate(fits):
        y = rows - 1 - at
        words.append(CanvasText(0, y, _cut(labels[at], named), "title" if row.leads else "text"))
        start = named + _GAP
        end = _bar(cells, row, spec, fills, start, y, room, longest)
        column = max(end, start) + 1
        ends: tuple[tuple[str, Role], ...] = (
            (row.text, "title" if row.leads else "dim"),
            (row.alert, "alarm"),
        )
        for text, role in ends:
            left = max(0, width - column)
            if text and left:
                words.append(CanvasText(column, y, _cut(text, left), role))
            column += len(text) + 2
        if row.cards:
            targets.append(Target(row.label, row.cards, 0, y))
    if len(fits) < len(spec.rows):
        more = f"and {len(spec.rows) - len(fits)} more"
        words.append(CanvasText(0, rows - 1 - len(fits), more, "dim"))
    return Layout(0, width, rows, heads, cells.groups(), tuple(words), targets=tuple(targets))


def _cut(text: str, room: int) -> str:
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, room - 1) + "…" if room > 1 else set_cell_size(text, room)


def _bar(
    cells: Cells, row: BarRow, spec: BarsSpec, fills: str, start: int, y: int, room: int,
    longest: float,
) -> int:  # fmt: skip
    """Draw the parts one after the other, the last one to half a cell; the column after it."""
    sofar, column = 0.0, start
    last = max((i for i, part in enumerate(row.parts) if part > 0), default=-1)
    for i, part in enumerate(row.parts[: last + 1]):
        sofar += part
        halves = round(2 * room * (sofar / longest))
        half = i == last and halves % 2 == 1 and fills[i] == "━"
        end = start + (halves // 2 if half else -(-halves // 2))
        if part > 0 and not half:
            end = max(end, column + 1)
        for at in range(column, end):
            cells.put(at, y, fills[i], row.role or spec.roles[i])
        column = max(column, end)
        if half:
            cells.put(column, y, _HALF, row.role or spec.roles[i])
            column += 1
    return column
