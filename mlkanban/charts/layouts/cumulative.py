"""The cumulative flow diagram."""

from datetime import timedelta

from mlkanban.charts.layouts.canvas import (
    BANDS,
    Cells,
    Layout,
    Scale,
    Target,
    above,
    date_ticks,
    legend,
    margin_for,
)
from mlkanban.charts.spec import CfdSpec

FILLS = "█▓▒░"


def layout_cfd(spec: CfdSpec, width: int, height: int) -> Layout:
    """Fill the room below each line down to the next with a glyph of its own."""
    days = len(spec.bands[0].counts)
    top = max(spec.bands[0].counts[-1], spec.base + 1)
    margin = margin_for([str(top), "cards"])
    columns = width - margin - 1
    named = [
        (FILLS[i], f"{band.label} ({len(band.cards)})" if band.cards else band.label)
        for i, band in enumerate(spec.bands)
    ]
    head = legend(named, columns, height)
    rows = height - len(head) - 2
    scale = Scale(top, rows, spec.base)
    ticks = scale.ticks()
    cells = Cells()
    for column in range(columns):
        day = (column + 1) * days // columns - 1 if days >= columns else column * days // columns
        for row in range(rows):
            value = spec.base + (row + 0.5) * (top - spec.base) / rows
            reached = [i for i, band in enumerate(spec.bands) if band.counts[day] >= value]
            if reached:
                cells.put(column, row, FILLS[reached[-1]], BANDS[reached[-1]])
    targets = []
    for i, band in enumerate(spec.bands):
        if band.cards:
            below = spec.bands[i + 1].counts[-1] if i + 1 < len(spec.bands) else spec.base
            row = scale.row((band.counts[-1] + below) / 2)
            targets.append(Target(f"{band.label}, now", band.cards, columns - 1, row))
    last = spec.first + timedelta(days=days - 1)
    return Layout(
        margin, columns, rows, len(head), cells.groups(), tuple(above(head, rows)), ticks,
        date_ticks(spec.first, last, columns), "cards", "", tuple(targets),
    )  # fmt: skip
