"""A picture as a table: what is shown where it cannot be drawn."""

from textwrap import wrap

from mlkanban.charts.spec import (
    AgingSpec,
    BarsSpec,
    CfdSpec,
    ChancesSpec,
    CurveSpec,
    HistogramSpec,
    Mark,
    RunSpec,
    ScatterSpec,
    Spec,
    XmrSpec,
)
from mlkanban.flow.histogram import bins

Rows = list[tuple[str, str]]


def spec_table(spec: Spec, width: int, height: int) -> list[str]:
    """Return what a picture shows as at most `height` lines of at most `width` characters."""
    rows, marks = _rows(spec, height)
    if len(rows) < 2:
        return []
    left = max(len(name) for name, _ in rows)
    right = max(len(amount) for _, amount in rows)
    lines = [f"{name:>{left}}  {amount:>{right}}" for name, amount in rows]
    if marks:
        lines += wrap(" | ".join(f"{mark.label} {mark.value}" for mark in marks), width)
    return [line[:width].rstrip() for line in lines[:height]]


def _rows(spec: Spec, height: int) -> tuple[Rows, tuple[Mark, ...]]:
    match spec:
        case HistogramSpec():
            return _histogram(spec, height), spec.marks
        case ScatterSpec():
            dots: Rows = [(str(d.day), f"{d.days} {d.outcome}") for d in reversed(spec.dots)]
            return [("day", "days"), *dots], spec.marks
        case CfdSpec():
            lines: Rows = [(b.label, str(b.counts[-1])) for b in spec.bands if b.counts]
            return [("stage", "cards"), *lines], ()
        case AgingSpec():
            ages: Rows = [(i.label, f"{i.age} d") for i in spec.items]
            return [("card", "age"), *ages], ()
        case RunSpec():
            amounts: Rows = [(str(b.first), str(b.count)) for b in reversed(spec.buckets)]
            return [(spec.unit, spec.counted), *amounts], ()
        case XmrSpec():
            values: Rows = [(card, f"{days} d") for card, days in reversed(spec.values)]
            return [("card", "took"), *values], ()
        case ChancesSpec():
            chances = [
                (n, f"{100 * c:.0f} %") for n, c in zip(spec.names, spec.chances, strict=True)
            ]
            return [(spec.unit, "chance"), *chances], ()
        case CurveSpec():
            ends = [
                (line.label, f"{line.parts[-1][-1][1]:.6g}")
                for line in spec.lines
                if line.label or not line.mark
            ]
            levels = [(level.label, f"{level.value:.6g}") for level in spec.levels]
            return [(spec.axis, "value"), *ends, *levels], ()
        case BarsSpec():
            return [("", spec.unit), *((row.label, row.text) for row in spec.rows)], ()


def _histogram(spec: HistogramSpec, height: int) -> Rows:
    if not spec.counts:
        return []
    rows: Rows = [(spec.unit, "cards")]
    for bar in bins(dict(spec.counts), 2 * max(1, height - 2)):
        end = "+" if bar.last is None else "" if bar.last == bar.first else f"-{bar.last}"
        rows.append((f"{bar.first}{end}", str(bar.count)))
    return rows
