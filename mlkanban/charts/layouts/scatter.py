"""The scatter plot of cycle times."""

from collections import Counter, defaultdict

from mlkanban.charts.layouts.canvas import (
    FEET,
    GRID,
    CanvasText,
    Cells,
    Curve,
    Finish,
    Layout,
    LegendPart,
    Level,
    RowScale,
    Target,
    date_ticks,
    day_column,
    grid,
    levels,
    margin_for,
    scale_to,
)
from mlkanban.charts.layouts.canvas import legend as legend_lines
from mlkanban.charts.spec import Dot, Mark, Role, ScatterSpec
from mlkanban.text import quantity

_GLYPHS: dict[str, tuple[str, Role]] = {
    "shipped": ("•", "live"),
    "moved on": ("•", "live"),
    "learned": ("○", "value"),
    "superseded": ("+", "mark"),
    "abandoned": ("x", "dim"),
}
_SLE = "┄"
_FAR = 4
"""Values beyond so many times the highest mark are drawn on the top row, and said."""
_BESIDE = 17
"""The cells of the names of lines: `SLE 14 d, p85 14`."""
_ROOMY = 56
_CROWDED = 4
"""Where cells with dots hold so many each, dots are drawn eight to a cell."""


def layout_scatter(
    spec: ScatterSpec, width: int, height: int, finish: Finish, *, legend: bool
) -> Layout:
    """Place at least one dot. Outcomes have glyphs, and a number tells how many dots share a cell;
    where most do, each is a dot of braille in the colour of its outcome."""
    highest = max(dot.days for dot in spec.dots)
    usual = max((mark.value for mark in spec.marks), default=highest)
    top = usual * 3 // 2 + 1 if highest > _FAR * usual else max(highest, usual)
    margin = margin_for([str(top)])
    # Names of lines stand beside the canvas, where they hide no dot.
    right = _BESIDE if legend and spec.marks and width >= _ROOMY else 0
    columns = width - margin - right
    fine = finish == "colour" and _is_crowded(spec, columns, height)
    heads, words = 0, list[CanvasText]()
    if legend:
        heads, words = legend_lines(
            _parts(spec, fine), columns, height - FEET, _more(spec, top, fine)
        )
    rows = height - heads - FEET
    scale = scale_to(top, rows - 1)
    scale = RowScale(0, scale.step, scale.rows_per_step, rows)
    places: defaultdict[tuple[int, int], list[Dot]] = defaultdict(list)
    across = {
        day: day_column(day, spec.first, spec.last, columns) for day in {d.day for d in spec.dots}
    }
    up = {days: scale.row(days) for days in {dot.days for dot in spec.dots}}
    for dot in spec.dots:
        places[across[dot.day], up[dot.days]].append(dot)
    cells, targets = Cells(), []
    for (column, row), dots in sorted(places.items()):
        if not fine:
            cells.put(column, row, *_glyph(dots))
        targets.append(Target(_label(dots), tuple(dot.card for dot in dots), column, row))
    ticks = scale.point_ticks()
    words += levels(cells, _levels(spec, scale, legend=legend), columns, beside=right)
    grid(cells, ticks, columns, finish, words)
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), ticks,
        date_ticks(spec.first, spec.last, columns), tuple(targets), right,
        curves=_clouds(spec, scale, columns) if fine else (),
    )  # fmt: skip


def _is_crowded(spec: ScatterSpec, columns: int, height: int) -> bool:
    cells = columns * max(1, height - FEET)
    return len(spec.dots) * _CROWDED > cells


def _glyph(dots: list[Dot]) -> tuple[str, Role]:
    outcome = Counter(dot.outcome for dot in dots).most_common(1)[0][0]
    glyph, role = _GLYPHS[outcome]
    if len(dots) > 1:
        glyph = str(len(dots)) if len(dots) < 10 else "*"
    return glyph, role


def _clouds(spec: ScatterSpec, scale: RowScale, columns: int) -> tuple[Curve, ...]:
    """The dots of each outcome, those of the rarest last: a cell has the colour drawn last."""
    days = max(1, (spec.last - spec.first).days)
    by_role: defaultdict[Role, set[tuple[float, float]]] = defaultdict(set)
    for dot in spec.dots:
        x = (dot.day - spec.first).days * (columns - 1) / days
        y = min(scale.height(dot.days), scale.rows - 1)
        by_role[_GLYPHS[dot.outcome][1]].add((x, y))
    ordered = sorted(by_role.items(), key=lambda item: -len(item[1]))
    return tuple(Curve(role, tuple(sorted(points)), joined=False) for role, points in ordered)


def _levels(spec: ScatterSpec, scale: RowScale, *, legend: bool) -> list[Level]:
    """The SLE, and the percentiles where there is room for more than one line."""
    marks = sorted(spec.marks, key=lambda mark: (mark.label != "SLE", mark.value))
    return [
        Level(scale.row(mark.value), _named(mark), "clock", _SLE)
        if mark.label == "SLE"
        else Level(scale.row(mark.value), _named(mark), "dim", GRID)
        for mark in marks
        if mark.label == "SLE" or legend
    ]


def _named(mark: Mark) -> str:
    return f"{mark.label} {mark.value}{' d' if mark.label == 'SLE' else ''}"


def _parts(spec: ScatterSpec, fine: bool) -> list[LegendPart]:
    used = {dot.outcome for dot in spec.dots}
    return [
        LegendPart("•" if fine else glyph, role, name)
        for name, (glyph, role) in _GLYPHS.items()
        if name in used
    ]


def _more(spec: ScatterSpec, top: int, fine: bool) -> str:
    far = [dot.days for dot in spec.dots if dot.days > top]
    parts = [f"on top: {len(far)} of up to {quantity(max(far), 'day')}"] if far else []
    return "   ".join([*parts, *([] if fine else ["2-9 so many in one place, * more"])])


def _label(dots: list[Dot]) -> str:
    days, when = [dot.days for dot in dots], [dot.day for dot in dots]
    took = _range(min(days), max(days), "-")
    outcomes = ", ".join(dict.fromkeys(dot.outcome for dot in dots))
    unit = "day" if took == "1" else "days"
    return f"{took} {unit}, {outcomes}, {_range(min(when), max(when), ' to ')}"


def _range(first: object, last: object, between: str) -> str:
    return f"{first}" if first == last else f"{first}{between}{last}"
