"""The learning curves of the card under the cursor, below what its pane says of it. Loaded with the
first card that has runs and is shown in a pane."""

from typing import NamedTuple

from mlkanban.charts.learning_curve import LearningCurve, NamedSeries, learning_curve
from mlkanban.core.metrics import MetricFields, metric_named
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.curve_lines import LEAST_HEIGHT, curve_lines, heading, named_series
from mlkanban.display.lines import fitted
from mlkanban.runs.model.overview import worth_watching
from mlkanban.runs.model.results import results
from mlkanban.runs.model.series import drawn_metric
from mlkanban.service.preview import CardPreview
from mlkanban.tui.host import Host

_MOST_LINES = 20
_AROUND = 2
"""A blank line and the heading."""


class PaneCurve(NamedTuple):
    """What is drawn: the curves with their names, their metric, and that of the card."""

    picture: LearningCurve
    named: list[NamedSeries]
    metric: MetricFields | None
    wanted: str


async def read_pane_curve(host: Host, found: CardPreview) -> PaneCurve | None:
    """The curves of the runs of a card that tell most; None where none has values over time."""
    metric = found.metric or None
    chosen = worth_watching(found.runs, results(found.runs, metric, host.settings.repeats, []))
    series = await host.live.series([run for run, _ in chosen], metric, found.runs)
    wanted = str((metric or {}).get("name") or "")
    drawn = drawn_metric(series, wanted)
    read = [(run, label, one) for (run, label), one in zip(chosen, series, strict=True)]
    named = named_series(read, drawn, found.runs)
    metric = metric_named(drawn, metric)
    picture = learning_curve(named, metric)
    return None if picture is None else PaneCurve(picture, named, metric, wanted)


def pane_curve_lines(curve: PaneCurve, host: Host, width: int, height: int) -> list[Line]:
    """The curves under a heading, after a blank line; none in too few lines."""
    height = min(height - _AROUND, _MOST_LINES)
    if height < LEAST_HEIGHT:
        return []
    name = heading(curve.named[0].series.name, curve.picture, curve.wanted)
    lines = curve_lines(
        curve.picture, curve.named, curve.metric, width - 1, height, host.glyphs,
        coloured=not host.no_color,
    )  # fmt: skip
    blank = Piece(" ", "text")
    return [[], fitted([blank, Piece(name, "focus")], width, host.glyphs),
            *([blank, *line] for line in lines)]  # fmt: skip
