"""The XmR chart."""

from mlkanban.charts.layouts.canvas import (
    FEET,
    CanvasText,
    Cells,
    Curve,
    Finish,
    Layout,
    LegendPart,
    Level,
    RowScale,
    Target,
    grid,
    levels,
    margin_for,
    scale_to,
    spread,
)
from mlkanban.charts.layouts.canvas import legend as legend_lines
from mlkanban.charts.spec import XmrSpec
from mlkanban.text import quantity

_INSIDE, _OUTSIDE = "•", "X"
_WIDEST = 4


def layout_xmr(spec: XmrSpec, width: int, height: int, finish: Finish, *, legend: bool) -> Layout:
    """Place the last values that fit, at least one: a curve, and what lies outside as a cross."""
    top = int(max([spec.upper, *(days for _, days in spec.values)])) + 1
    margin = margin_for([str(top)])
    columns = width - margin
    shown = spec.values[-columns:]
    skipped = len(spec.values) - len(shown)
    last = f"last {len(shown)} of {len(spec.values)}" if skipped else ""
    parts = [LegendPart(_OUTSIDE, "clock", "outside the limits")]
    heads, words = legend_lines(parts, columns, height - FEET, last) if legend else (0, [])
    rows = height - heads - FEET
    scale = scale_to(top, rows - 1)
    scale = RowScale(0, scale.step, scale.rows_per_step, rows)
    pitch = max(1, min(columns // len(shown), _WIDEST))
    cells, targets = Cells(), []
    joined = finish != "letters" and len(shown) > 1
    for at, (card, days) in enumerate(shown):
        outside = not spec.lower <= days <= spec.upper
        column = at * pitch
        if outside:
            # Curves are drawn over cells, and words over curves.
            words.append(CanvasText(column, scale.row(days), _OUTSIDE, "clock"))
        elif not joined:
            cells.put(column, scale.row(days), _INSIDE, "value")
        label = f"{quantity(days, 'day')}, number {skipped + at + 1}" + (
            ", outside" if outside else ""
        )
        targets.append(Target(label, (card,), column, columns=pitch))
    limits = (
        Level(scale.row(spec.upper), f"upper {spec.upper:.1f}", "clock"),
        Level(scale.row(spec.mean), f"mean {spec.mean:.1f}", "dim"),
        Level(scale.row(spec.lower), f"lower {spec.lower:.1f}", "clock"),
    )
    named = levels(cells, [level for level in limits if legend or level.role == "clock"], columns)
    # In next to no room a cross counts for more than the name of a limit.
    crosses = [(word.row, word.column) for word in words if word.text == _OUTSIDE]
    words += [
        name for name in named
        if not any(name.row == row and name.column <= at < name.end for row, at in crosses)
    ]  # fmt: skip
    ticks = scale.point_ticks()
    grid(cells, ticks, columns, finish, words)
    room = len(str(len(spec.values))) + 4
    every = max(1, -(-room // pitch))
    names = spread(
        (at * pitch, str(skipped + at + 1)) for at in range(every - 1, len(shown), every)
    ) or ((0, str(skipped + 1)),)
    curve = Curve(
        "value", tuple((at * pitch, scale.height(days)) for at, (_, days) in enumerate(shown))
    )
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), ticks, names, tuple(targets),
        curves=(curve,) if joined else (),
    )  # fmt: skip
