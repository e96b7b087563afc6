"""The cumulative flow diagram."""

from datetime import timedelta

from rich.cells import cell_len, set_cell_size

from mlkanban.charts.layouts.canvas import (
    EIGHTHS,
    FEET,
    CanvasText,
    Cells,
    Finish,
    Layout,
    LegendPart,
    RowScale,
    Target,
    cut_of,
    date_ticks,
    margin_for,
    scale_to,
)
from mlkanban.charts.layouts.canvas import legend as legend_lines
from mlkanban.charts.spec import Band, CfdSpec, Role

AREAS: tuple[Role, ...] = ("area-1", "area-2", "area-3", "area-4")
"""The colours of bands, from the lowest up."""
_SHADES = "█▓▒░"
_BESIDE = 56
"""From so many columns on the bands are named beside the canvas, where they end."""
_LONGEST = 24
"""Of the names beside the canvas; where a third of the width is more, as much as that."""


def layout_cfd(spec: CfdSpec, width: int, height: int, finish: Finish, *, legend: bool) -> Layout:
    """Fill the room below each line down to the next, in eighths of a row; without colours, in
    whole cells with a glyph for each band."""
    days = len(spec.bands[0].counts)
    top = max(*spec.bands[0].counts, spec.base + 1)
    glyphs = _glyphs(spec.bands, finish)
    roles = [AREAS[len(spec.bands) - 1 - i] for i in range(len(spec.bands))]
    counted = [
        (band.counts[-1] - (spec.bands[i + 1].counts[-1] if i + 1 < len(spec.bands) else 0))
        for i, band in enumerate(spec.bands)
    ]
    beside = legend and width >= _BESIDE
    right = _width_beside(spec.bands, counted, max(_LONGEST, width // 3)) if beside else 0
    margin = margin_for([str(top)])
    columns = width - margin - right
    heads, words = 0, list[CanvasText]()
    if legend and not beside:
        parts = [
            LegendPart(glyphs[i], roles[i], f"{band.label} {counted[i]}")
            for i, band in enumerate(spec.bands)
        ]
        heads, words = legend_lines(parts, columns, height - FEET)
    rows = height - heads - FEET
    scale = scale_to(top, rows, base=spec.base)
    cells = Cells()
    for column in range(columns):
        day = (column + 1) * days // columns - 1 if days >= columns else column * days // columns
        values = [band.counts[day] for band in spec.bands]
        if finish == "colour":
            tops = [
                (scale.eighths(value), role)
                for value, role in zip(reversed(values), reversed(roles), strict=True)
            ]
            for row in range(-(-tops[-1][0] // EIGHTHS)):
                cells.put(column, row, *cut_of(tops, row * EIGHTHS))
        else:
            for row in range(rows):
                reached = [i for i, v in enumerate(values) if scale.height(v) >= row + 0.5]
                if reached:
                    cells.put(column, row, glyphs[reached[-1]], roles[reached[-1]])
    middles = _middles(spec, scale)
    targets = [
        Target(f"{band.label}, now", band.cards, columns - 1, middles[i])
        for i, band in enumerate(spec.bands)
        if band.cards
    ]
    if beside:
        words += _named(spec.bands, counted, glyphs, roles, middles, columns, right, rows)
    last = spec.first + timedelta(days=days - 1)
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), scale.bar_ticks(),
        date_ticks(spec.first, last, columns), tuple(targets), right,
    )  # fmt: skip


def _glyphs(bands: tuple[Band, ...], finish: Finish) -> list[str]:
    """What fills each band, the highest first: without colours a shade or a letter of its name."""
    if finish == "colour":
        return ["█"] * len(bands)
    if finish == "shades":
        return [_SHADES[len(bands) - 1 - i] for i in range(len(bands))]
    made: list[str] = []
    for band in bands[:-1]:
        letters = [letter for letter in band.label.lower() if letter.isascii() and letter.isalpha()]
        made.append(next((one for one in letters if one not in made), str(len(made) + 1)))
    return [*made, "#"]


def _width_beside(bands: tuple[Band, ...], counted: list[int], most: int) -> int:
    longest = min(most, max(cell_len(band.label) for band in bands))
    return 3 + longest + 1 + max(len(str(count)) for count in counted)


def _middles(spec: CfdSpec, scale: RowScale) -> list[int]:
    """The row amidst each band on the last day."""
    made = []
    for i, band in enumerate(spec.bands):
        below = spec.bands[i + 1].counts[-1] if i + 1 < len(spec.bands) else spec.base
        middle = (scale.height(band.counts[-1]) + scale.height(max(below, spec.base))) / 2
        made.append(max(0, min(scale.rows - 1, int(middle))))
    return made


def _named(
    bands: tuple[Band, ...], counted: list[int], glyphs: list[str], roles: list[Role],
    middles: list[int], columns: int, right: int, rows: int,
) -> list[CanvasText]:  # fmt: skip
    """Each band beside its end, moved apart where two would share a row; those for which there is
    no row are left out."""
    long = right - 4 - max(len(str(count)) for count in counted)
    places: list[int] = []
    for middle in middles:
        places.append(min(middle, places[-1] - 1 if places else rows - 1))
    for i in range(len(places) - 1, -1, -1):
        least = places[i + 1] + 1 if i + 1 < len(places) else 0
        places[i] = max(places[i], least)
    words = []
    for i, (band, row) in enumerate(zip(bands, places, strict=True)):
        if row < rows:
            count = str(counted[i])
            name = band.label
            if cell_len(name) > long:
                name = set_cell_size(name, long - 1) + "…"
            words += [
                CanvasText(columns + 1, row, glyphs[i], roles[i]),
                CanvasText(columns + 3, row, name, "text"),
                CanvasText(columns + right - len(count), row, count, "dim"),
            ]
    return words
