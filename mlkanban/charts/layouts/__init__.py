"""Where everything in a picture goes: whole columns and rows, so that nothing can overlap.

plotext draws the axis, the markers and the curves at these places (render.py), the report of flow
numbers draws the same places as SVG (svg.py), and drill-down finds its cards in them. Curves and
clouds of dots are plotext's, in braille. plotext 6.1 could also place bars, fills and ticks; tried
with the same numbers, that was worse:

- Its bars of blocks end on whole rows, so that 1 and 2 of 40 look alike; ours end on eighths, with
  the colour of what is above behind them.
- Its fills in braille let areas bleed into each other, for a cell has one colour; those of blocks
  begin with a row for 0, so that a band without cards looks like one with some.
- It rounds the places of ticks one by one: 20 is two rows here and three there.
- What lies beyond the limits is dropped without a word; ours stands on the top row, and is counted.
- It does not tell which cell a value went to. Dots in one cell could not be counted, and nothing
  could be picked.
"""

from mlkanban.charts.layouts.aging import layout_aging
from mlkanban.charts.layouts.bars import layout_bars
from mlkanban.charts.layouts.canvas import SMALLEST, Finish, Layout
from mlkanban.charts.layouts.chances import layout_chances
from mlkanban.charts.layouts.cumulative import layout_cfd
from mlkanban.charts.layouts.curves import layout_curves
from mlkanban.charts.layouts.histogram import layout_histogram
from mlkanban.charts.layouts.run import layout_run
from mlkanban.charts.layouts.scatter import layout_scatter
from mlkanban.charts.layouts.xmr import layout_xmr
from mlkanban.charts.spec import (
    AgingSpec,
    BarsSpec,
    CfdSpec,
    ChancesSpec,
    CurveSpec,
    HistogramSpec,
    RunSpec,
    ScatterSpec,
    Spec,
    XmrSpec,
)

__all__ = ["SMALLEST", "Finish", "Layout", "layout"]


def layout(
    spec: Spec, width: int, height: int, finish: Finish = "colour", *, legend: bool = True
) -> Layout | None:
    """Place a picture in width x height cells; None where they are too few or nothing is in it.
    Without a `legend` all of them are for the picture: what it shows is said elsewhere."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    match spec:
        case HistogramSpec() if spec.counts:
            return layout_histogram(spec, width, height, finish, legend=legend)
        case ScatterSpec() if spec.dots:
            return layout_scatter(spec, width, height, finish, legend=legend)
        case CfdSpec() if spec.bands and spec.bands[0].counts:
            return layout_cfd(spec, width, height, finish, legend=legend)
        case AgingSpec() if spec.items:
            return layout_aging(spec, width, height, finish, legend=legend)
        case RunSpec() if spec.buckets:
            return layout_run(spec, width, height, finish, legend=legend)
        case XmrSpec() if spec.values:
            return layout_xmr(spec, width, height, finish, legend=legend)
        case ChancesSpec() if spec.chances:
            return layout_chances(spec, width, height, finish, legend=legend)
        case BarsSpec() if spec.rows:
            return layout_bars(spec, width, height, finish, legend=legend)
        case CurveSpec() if spec.lines:
            return layout_curves(spec, width, height, finish)
        case _:
            return None
