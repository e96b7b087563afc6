"""The XmR chart."""

from mlkanban.charts.layouts.canvas import (
    CanvasText,
    Cells,
    Layout,
    Scale,
    Target,
    levels,
    margin_for,
    spread,
)
from mlkanban.charts.spec import XmrSpec
from mlkanban.text import quantity

_INSIDE, _OUTSIDE = "●", "X"
_WIDEST = 3


def layout_xmr(spec: XmrSpec, width: int, height: int) -> Layout:
    """Place the last values that fit, at least one."""
    heads = 1
    rows = height - heads - 2
    top = int(max([spec.upper, *(days for _, days in spec.values)])) + 1
    scale = Scale(top, rows)
    ticks = scale.ticks()
    margin = margin_for([text for _, text in ticks] + ["days"])
    columns = width - margin - 1
    shown = spec.values[-columns:]
    skipped = len(spec.values) - len(shown)
    pitch = max(1, min(columns // len(shown), _WIDEST))
    cells, targets = Cells(), []
    for at, (card, days) in enumerate(shown):
        outside = not spec.lower <= days <= spec.upper
        column = at * pitch
        cells.put(
            column,
            scale.row(days),
            _OUTSIDE if outside else _INSIDE,
            "alarm" if outside else "area-2",
        )
        label = f"{quantity(days, 'day')}, number {skipped + at + 1}" + (
            ", outside" if outside else ""
        )
        targets.append(Target(label, (card,), column))
    limits = (("mean", spec.mean), ("upper", spec.upper), ("lower", spec.lower))
    named = [(scale.row(value), f"{name} {value:.1f}") for name, value in limits]
    words = levels(cells, named, columns)
    said = f"X outside the limits   last {len(shown)} of {len(spec.values)}"
    words.append(
        CanvasText(0, rows, said[:columns] if skipped else "X outside the limits"[:columns])
    )
    room = len(str(len(spec.values))) + 4
    every = max(1, -(-room // pitch))
    names = spread(
        (at * pitch, str(skipped + at + 1)) for at in range(every - 1, len(shown), every)
    )
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), ticks, names, "days", "",
        tuple(targets),
    )  # fmt: skip
