"""The run chart: amounts per day or week."""

from datetime import date
from math import ceil

from mlkanban.charts.layouts.canvas import (
    EIGHTHS,
    FEET,
    Cells,
    Finish,
    Layout,
    LegendPart,
    Level,
    RowScale,
    Target,
    date_format,
    grid,
    levels,
    margin_for,
    scale_to,
    spread,
)
from mlkanban.charts.layouts.canvas import legend as legend_lines
from mlkanban.charts.spec import HistogramBar, Role, RunSpec

_WIDEST = 6
_RING = "○"


def layout_run(spec: RunSpec, width: int, height: int, finish: Finish, *, legend: bool) -> Layout:
    """Place at least one bucket, merged where there are more than fit."""
    widest = max(b.count for b in spec.buckets)
    margin = margin_for([str(widest * len(spec.buckets))])
    columns = width - margin
    buckets = _merged(spec, max(1, columns))
    pitch = max(1, min(columns // len(buckets), _WIDEST))
    if pitch > 1:
        # The axis ends with the data.
        columns = min(columns, pitch * len(buckets))
        edges = [at * pitch for at in range(len(buckets) + 1)]
    else:
        edges = [at * columns // len(buckets) for at in range(len(buckets) + 1)]
    role: Role = "area-2" if spec.merge == "sum" or spec.mean is None else "area-1"
    parts = [LegendPart("█", role, f"{spec.counted} per {spec.unit}")]
    merged = len(buckets) < len(spec.buckets)
    if merged:
        joined = -(-len(spec.buckets) // len(buckets))
        parts = [LegendPart("█", role, f"{spec.counted}, {joined} {spec.unit}s to a bar")]
    if role == "area-1" and finish == "colour":
        parts.append(LegendPart("█", "area-2", "over the mean"))
    if spec.second:
        parts.append(LegendPart(_RING, "value", spec.second))
    heads, words = legend_lines(parts, columns, height - FEET) if legend else (0, [])
    rows = height - heads - FEET
    amounts = [n for b in buckets for n in (b.count, b.second or 0)]
    # Of a part of a week, the mean per week can be the highest.
    scale = scale_to(max([*amounts, ceil(spec.mean or 0), 1]), rows)
    cells, targets = Cells(plain=finish != "colour"), []
    for at, bucket in enumerate(buckets):
        column = edges[at]
        wide = max(1, edges[at + 1] - column - (pitch > 1))
        if bucket.count:
            cells.bar(column, wide, _bar_parts(spec, bucket.count, scale, role))
        centre = column + (wide - 1) // 2
        if bucket.second is not None:
            ring = _top_row(scale, bucket.second)
            covered = finish == "colour" and scale.eighths(bucket.count) >= EIGHTHS * (ring + 0.5)
            cells.put(centre, ring, _RING, *(("title", "area-2") if covered else ("value",)))
        if bucket.cards:
            label = f"{spec.counted} from {bucket.first}"
            targets.append(
                Target(
                    label,
                    bucket.cards,
                    centre,
                    columns=edges[at + 1] - column,
                    bar=range(column, column + wide),
                )
            )
    ticks = scale.bar_ticks()
    if spec.mean is not None and not (merged and spec.merge == "sum"):
        level = Level(_top_row(scale, spec.mean), f"mean {spec.mean:.1f}", "dim")
        words += levels(cells, [level], columns)
    grid(cells, ticks, columns, finish, words)
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), ticks,
        _dates(buckets, edges, columns), tuple(targets),
    )  # fmt: skip


def _bar_parts(spec: RunSpec, count: int, scale: RowScale, role: Role) -> list[tuple[int, Role]]:
    """The ends of the parts of a bar: of amounts that stand day by day, what is over the mean is
    brighter."""
    if role == "area-2" or spec.mean is None or count <= spec.mean:
        return [(scale.eighths(count), role)]
    return [(scale.eighths(spec.mean), role), (scale.eighths(count), "area-2")]


def _top_row(scale: RowScale, amount: float) -> int:
    """The row on which a bar of so many ends."""
    return max(0, min(scale.rows - 1, -(-scale.eighths(amount) // EIGHTHS) - 1))


def _merged(spec: RunSpec, most: int) -> list[HistogramBar]:
    size = -(-len(spec.buckets) // most)
    if size == 1:
        return list(spec.buckets)
    made = []
    for start in range(0, len(spec.buckets), size):
        some = spec.buckets[start : start + size]
        together = sum if spec.merge == "sum" else max
        seconds = [b.second for b in some if b.second is not None]
        cards = [card for b in some for card in b.cards]
        made.append(
            HistogramBar(
                some[0].first,
                together(b.count for b in some),
                together(seconds) if seconds else None,
                tuple(dict.fromkeys(cards)),
            )
        )
    return made


def _dates(
    buckets: list[HistogramBar], edges: list[int], columns: int
) -> tuple[tuple[int, str], ...]:
    days: list[date] = [bucket.first for bucket in buckets]
    text = date_format(days[0], days[-1])
    half = len(days[0].strftime(text)) // 2
    places = [
        ((edges[at] + edges[at + 1] - 1) // 2, day.strftime(text)) for at, day in enumerate(days)
    ]
    every = max(1, ceil((2 * half + 6) * len(days) / edges[-1]))
    return spread((max(half, min(c, columns - 1 - half)), name) for c, name in places[::every])
