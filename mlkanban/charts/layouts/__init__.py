"""Where everything in a picture goes: whole columns and rows, so that nothing can overlap."""

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
