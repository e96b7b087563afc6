"""The distribution of a forecast."""

from math import ceil

from mlkanban.charts.layouts.canvas import (
    LINE,
    CanvasText,
    Cells,
    Layout,
    Scale,
    margin_for,
    spread,
)
from mlkanban.charts.layouts.histogram import mark_labels
from mlkanban.charts.spec import ChancesSpec

_WIDEST = 5
_TAIL = 0.005
"""What comes to no more on either end is folded into the first and the last bar."""


def layout_chances(spec: ChancesSpec, width: int, height: int) -> Layout:
    """Place at least one chance."""
    heads = 1
    rows = height - heads - 2
    names, chances, start = _folded(spec)
    margin = margin_for(["100%"])
    columns = width - margin - 1
    size = -(-len(chances) // max(1, (columns - 1) // 2))
    if size > 1:
        names = [names[at] for at in range(0, len(names), size)]
        chances = [sum(chances[at : at + size]) for at in range(0, len(chances), size)]
    pitch = max(1, min((columns - 1) // len(chances), _WIDEST))
    wide = max(1, pitch - 1)
    scale = Scale(max(1, ceil(100 * max(chances))), rows - 1)
    cells = Cells()
    for at, chance in enumerate(chances):
        cells.bar(1 + at * pitch, wide, scale.eighths(100 * chance), "area-2")
    marked = []
    for mark in spec.marks:
        at = max(0, min(len(chances) - 1, (mark.value - start) // size))
        column = 1 + at * pitch + (wide - 1) // 2
        marked.append((column, mark.label))
        for row in range(-(-scale.eighths(100 * chances[at]) // 8), rows):
            cells.put(column, row, LINE, "focus")
    words = [
        CanvasText(label.column, rows, label.text, "focus")
        for label in mark_labels(marked, columns)
    ]
    room = max(map(len, names)) + 2
    every = max(1, -(-(room + 2) // pitch))
    half = room // 2
    end = len(names) - 1
    named = [at for at in range(0, end, every) if end - at >= every] + [end]
    x_ticks = spread(
        (max(half - 1, min(1 + at * pitch + (wide - 1) // 2, columns - half)), names[at])
        for at in named
    )
    ticks = tuple(
        (max(0, -(-scale.eighths(int(text)) // 8) - 1), f"{text}%")
        for _, text in scale.ticks()
        if int(text)
    )
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), ticks, x_ticks, "", "", ()
    )


def _folded(spec: ChancesSpec) -> tuple[list[str], list[float], int]:
    """Names and chances without the ends that come to less than the tail, and where they start."""
    first, last = 0, len(spec.chances) - 1
    below = above = 0.0
    while first < last and below + spec.chances[first] <= _TAIL:
        below += spec.chances[first]
        first += 1
    while last > first and above + spec.chances[last] <= _TAIL:
        above += spec.chances[last]
        last -= 1
    chances = list(spec.chances[first : last + 1])
    chances[0] += below
    chances[-1] += above
    return list(spec.names[first : last + 1]), chances, first
