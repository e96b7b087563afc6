"""The run chart: amounts per day or week."""

from datetime import date
from math import ceil

from mlkanban.charts.layouts.canvas import (
    CanvasText,
    Cells,
    Layout,
    Scale,
    Target,
    above,
    legend,
    levels,
    margin_for,
    spread,
)
from mlkanban.charts.spec import HistogramBar, RunSpec

_WIDEST = 6
_RING = "○"


def layout_run(spec: RunSpec, width: int, height: int) -> Layout:
    """Place at least one bucket, merged where there are more than fit."""
    widest = max(b.count for b in spec.buckets)
    margin = margin_for([str(widest * len(spec.buckets)), spec.counted])
    columns = width - margin - 1
    buckets = _merged(spec, max(1, columns - 1))
    pitch = max(1, min((columns - 1) // len(buckets), _WIDEST))
    parts = [("█", f"{spec.counted} per {spec.unit}")]
    merged = len(buckets) < len(spec.buckets)
    if merged:
        joined = -(-len(spec.buckets) // len(buckets))
        parts = [("█", f"{spec.counted}, {joined} {spec.unit}s to a bar")]
    if spec.second:
        parts.append((_RING, spec.second))
    head = legend(parts, columns, height)
    rows = height - len(head) - 2
    amounts = [n for b in buckets for n in (b.count, b.second or 0)]
    # Of a part of a week, the mean per week can be the highest.
    highest = max([*amounts, ceil(spec.mean or 0), 1])
    scale = Scale(highest, rows - 1)
    cells, targets = Cells(), []
    for at, bucket in enumerate(buckets):
        column, wide = 1 + at * pitch, max(1, pitch - 1)
        cells.bar(column, wide, scale.eighths(bucket.count), "area-2")
        centre = column + (wide - 1) // 2
        if bucket.second:
            row = max(0, -(-scale.eighths(bucket.second) // 8) - 1)
            cells.put(centre, row, _RING, "value")
        if bucket.cards:
            label = f"{spec.counted} from {bucket.first}"
            targets.append(Target(label, bucket.cards, centre))
    words: list[CanvasText] = []
    if spec.mean is not None and not (merged and spec.merge == "sum"):
        row = max(0, -(-scale.eighths(spec.mean) // 8) - 1)
        words = levels(cells, [(row, f"mean {spec.mean:.1f}")], columns)
    words += above(head, rows)
    return Layout(
        margin, columns, rows, len(head), cells.groups(), tuple(words), _ticks(scale),
        _dates(buckets, pitch, columns), spec.counted, "", tuple(targets),
    )  # fmt: skip


def _ticks(scale: Scale) -> tuple[tuple[int, str], ...]:
    """Beside the top of a bar of so many."""
    step = min(scale.step, scale.top)
    return tuple((-(-scale.eighths(v) // 8) - 1, str(v)) for v in range(step, scale.top + 1, step))


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
    text = "%b %d" if (days[-1] - days[0]).days < 400 else "%Y-%m"
    half = len(days[0].strftime(text)) // 2
    places = [
        (1 + at * pitch + (pitch - 1) // 2, day.strftime(text)) for at, day in enumerate(days)
    ]
    every = max(1, -(-(2 * half + 6) // pitch))
    return spread((max(half, min(c, columns - 1 - half)), name) for c, name in places[::every])
