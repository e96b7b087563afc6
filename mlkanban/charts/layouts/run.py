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
    Scale,
    Target,
    date_format,
    grid,
    levels,
    margin_for,
    scale_to,
    spread,
)
from mlkanban.charts.layouts.canvas import legend as legend_lines
from mlkanban.charts.spec import HistogramBar, RunSpec

_WIDEST = 6
_RING = "○"


def layout_run(spec: RunSpec, width: int, height: int, finish: Finish, *, legend: bool) -> Layout:
    """Place at least one bucket, merged where there are more than fit."""
    widest = max(b.count for b in spec.buckets)
    margin = margin_for([str(widest * len(spec.buckets))])
    columns = width - margin
    buckets = _merged(spec, max(1, columns))
    pitch = max(1, min(columns // len(buckets), _WIDEST))
    parts = [LegendPart("█", "area-2", f"{spec.counted} per {spec.unit}")]
    merged = len(buckets) < len(spec.buckets)
    if merged:
        joined = -(-len(spec.buckets) // len(buckets))
        parts = [LegendPart("█", "area-2", f"{spec.counted}, {joined} {spec.unit}s to a bar")]
    if spec.second:
        parts.append(LegendPart(_RING, "value", spec.second))
    heads, words = legend_lines(parts, columns, height - FEET) if legend else (0, [])
    rows = height - heads - FEET
    amounts = [n for b in buckets for n in (b.count, b.second or 0)]
    # Of a part of a week, the mean per week can be the highest.
    scale = scale_to(max([*amounts, ceil(spec.mean or 0), 1]), rows)
    cells, targets = Cells(plain=finish != "colour"), []
    for at, bucket in enumerate(buckets):
        column, wide = at * pitch, max(1, pitch - 1)
        if bucket.count:
            cells.bar(column, wide, [(scale.eighths(bucket.count), "area-2")])
        centre = column + (wide - 1) // 2
        if bucket.second is not None:
            ring = _top_row(scale, bucket.second)
            covered = finish == "colour" and scale.eighths(bucket.count) >= EIGHTHS * (ring + 0.5)
            cells.put(centre, ring, _RING, *(("title", "area-2") if covered else ("value",)))
        if bucket.cards:
            label = f"{spec.counted} from {bucket.first}"
            targets.append(Target(label, bucket.cards, centre, columns=pitch))
    ticks = scale.bar_ticks()
    if spec.mean is not None and not (merged and spec.merge == "sum"):
        level = Level(_top_row(scale, spec.mean), f"mean {spec.mean:.1f}", "dim")
        words += levels(cells, [level], columns)
    grid(cells, ticks, columns, finish, words)
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), ticks,
        _dates(buckets, pitch, columns), tuple(targets),
    )  # fmt: skip


def _top_row(scale: Scale, amount: float) -> int:
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


def _dates(buckets: list[HistogramBar], pitch: int, columns: int) -> tuple[tuple[int, str], ...]:
    days: list[date] = [bucket.first for bucket in buckets]
    text = date_format(days[0], days[-1])
    half = len(days[0].strftime(text)) // 2
    places = [(at * pitch + (pitch - 1) // 2, day.strftime(text)) for at, day in enumerate(days)]
    every = max(1, -(-(2 * half + 6) // pitch))
    return spread((max(half, min(c, columns - 1 - half)), name) for c, name in places[::every])
