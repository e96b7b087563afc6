"""Where everything in a picture goes: whole columns and rows, so that nothing can overlap.

plotext draws the axes, the ticks and the markers at these places (render.py), the report of flow
numbers draws the same places as SVG (svg.py), and drill-down finds its cards in them. plotext 6.1
could also place bars, fills, lines and dots; tried with the same numbers, that was worse:

- Its bars of blocks end on whole rows, so that 1 and 2 of 40 look alike; ours end on eighths. Its
  finer markers (`hd`, `fhd`, braille) are glyphs that many terminal fonts lack, and none has a form
  in ASCII.
- Its fills begin with a row for 0, so that a band without cards looks like one with some.
- Its lines cross bars and dots, and a named one opens a boxed legend over the canvas. Ours pass
  behind, and are named in free cells.
- What lies beyond the limits is dropped without a word; ours stands on the top row, and is counted.
- It does not tell which cell a value went to. Dots in one cell could not be counted, and nothing
  could be picked.
"""

from mlkanban.charts.layouts.aging import layout_aging
from mlkanban.charts.layouts.bars import layout_bars
from mlkanban.charts.layouts.canvas import SMALLEST, Layout
from mlkanban.charts.layouts.chances import layout_chances
from mlkanban.charts.layouts.cumulative import layout_cfd
from mlkanban.charts.layouts.histogram import drawn_histogram
from mlkanban.charts.layouts.run import layout_run
from mlkanban.charts.layouts.scatter import layout_scatter
from mlkanban.charts.layouts.xmr import layout_xmr
from mlkanban.charts.spec import (
    AgingSpec,
    BarsSpec,
    CfdSpec,
    ChancesSpec,
    HistogramSpec,
    RunSpec,
    ScatterSpec,
    Spec,
    XmrSpec,
)

__all__ = ["SMALLEST", "Layout", "layout"]


def layout(spec: Spec, width: int, height: int) -> Layout | None:
    """Place a picture in width x height cells; None where they are too few or nothing is in it."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    match spec:
        case HistogramSpec():
            return drawn_histogram(spec, width, height) if spec.counts else None
        case ScatterSpec():
            return layout_scatter(spec, width, height) if spec.dots else None
        case CfdSpec():
            filled = spec.bands and spec.bands[0].counts
            return layout_cfd(spec, width, height) if filled else None
        case AgingSpec():
            return layout_aging(spec, width, height) if spec.items else None
        case RunSpec():
            return layout_run(spec, width, height) if spec.buckets else None
        case XmrSpec():
            return layout_xmr(spec, width, height) if spec.values else None
        case ChancesSpec():
            return layout_chances(spec, width, height) if spec.chances else None
        case BarsSpec():
            return layout_bars(spec, width, height) if spec.rows else None
