"""A histogram as a table: what is shown where a picture cannot be drawn."""

from textwrap import wrap

from mlkanban.charts.spec import HistogramSpec
from mlkanban.flow.histogram import bins


def histogram_table(spec: HistogramSpec, width: int, height: int) -> list[str]:
    """Return the counts and the marks as at most `height` ASCII lines of at most `width` cells."""
    bars = bins(dict(spec.counts), 2 * max(1, height - 2))
    rows: list[tuple[str, str]] = [(spec.unit, "cards")]
    for bar in bars:
        single = bar.last == bar.first
        end = "+" if bar.last is None else "" if single else f"-{bar.last}"
        rows.append((f"{bar.first}{end}", str(bar.count)))
    left = max(len(name) for name, _ in rows)
    right = max(len(amount) for _, amount in rows)
    lines = [f"{name:>{left}}  {amount:>{right}}" for name, amount in rows]
    if spec.marks:
        lines += wrap(" | ".join(f"{mark.label} {mark.value}" for mark in spec.marks), width)
    return [line[:width].rstrip() for line in lines[:height]]
