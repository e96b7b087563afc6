"""The scatter plot of cycle times."""

from collections import defaultdict

from mlkanban.charts.layouts.canvas import (
    Cells,
    Layout,
    Role,
    Scale,
    Target,
    above,
    date_ticks,
    day_column,
    legend,
    levels,
    margin_for,
)
from mlkanban.charts.spec import Dot, ScatterSpec
from mlkanban.text import quantity

_GLYPHS: dict[str, tuple[str, Role]] = {
    "shipped": ("●", "value"),
    "moved on": ("●", "value"),
    "learned": ("◆", "live"),
    "superseded": ("▲", "mark"),
    "abandoned": ("x", "alarm"),
}
_FAR = 4
"""Values beyond so many times the highest mark are drawn on the top row, and said."""


def layout_scatter(spec: ScatterSpec, width: int, height: int) -> Layout:
    """Place at least one dot."""
    highest = max(dot.days for dot in spec.dots)
    usual = max((mark.value for mark in spec.marks), default=highest)
    top = usual * 3 // 2 + 1 if highest > _FAR * usual else max(highest, usual)
    margin = margin_for([str(top), "days"])
    columns = width - margin - 1
    head = _head(spec, top, columns, height)
    rows = height - len(head) - 2
    scale = Scale(top, rows)
    ticks = scale.ticks()
    places: defaultdict[tuple[int, int], list[Dot]] = defaultdict(list)
    across = {
        day: day_column(day, spec.first, spec.last, columns) for day in {d.day for d in spec.dots}
    }
    up = {days: scale.row(days) for days in {dot.days for dot in spec.dots}}
    for dot in spec.dots:
        places[across[dot.day], up[dot.days]].append(dot)
    cells, targets = Cells(), []
    for (column, row), dots in sorted(places.items()):
        glyph, role = _GLYPHS[dots[0].outcome]
        if len(dots) > 1:
            glyph = str(len(dots)) if len(dots) < 10 else "*"
        cells.put(column, row, glyph, role)
        targets.append(Target(_label(dots), tuple(dot.card for dot in dots), column))
    marks = sorted(spec.marks, key=lambda mark: mark.value)
    named = [(scale.row(mark.value), f"{mark.label} {mark.value}") for mark in marks]
    words = levels(cells, named, columns)
    words += above(head, rows)
    return Layout(
        margin, columns, rows, len(head), cells.groups(), tuple(words), ticks,
        date_ticks(spec.first, spec.last, columns), "days", "", tuple(targets),
    )  # fmt: skip


def _head(spec: ScatterSpec, top: int, columns: int, height: int) -> list[str]:
    used = {dot.outcome for dot in spec.dots}
    parts = [(glyph, name) for name, (glyph, _) in _GLYPHS.items() if name in used]
    far = [dot.days for dot in spec.dots if dot.days > top]
    if far:
        parts.append(("", f"on top: {len(far)} of up to {quantity(max(far), 'day')}"))
    return legend([*parts, ("2-9", "so many in one place, * more")], columns, height)


def _label(dots: list[Dot]) -> str:
    days, when = [dot.days for dot in dots], [dot.day for dot in dots]
    took = _range(min(days), max(days), "-")
    outcomes = ", ".join(dict.fromkeys(dot.outcome for dot in dots))
    unit = "day" if took == "1" else "days"
    return f"{took} {unit}, {outcomes}, {_range(min(when), max(when), ' to ')}"


def _range(first: object, last: object, between: str) -> str:
    return f"{first}" if first == last else f"{first}{between}{last}"
