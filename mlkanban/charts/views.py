"""THE table of flow numbers: what each is called, how it is counted and drawn.

The commands of `mlkanban flow`, the views of the reports screen and the sections of the report come
from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlkanban.charts import pictures
from mlkanban.charts.spec import Spec, histogram_spec
from mlkanban.flow.aging import aging
from mlkanban.flow.backtest import Backtest, backtest
from mlkanban.flow.blockers import blockers
from mlkanban.flow.bottleneck import bottleneck
from mlkanban.flow.card_forecast import card_forecasts
from mlkanban.flow.cfd import cfd
from mlkanban.flow.cycle_time import CycleTimes, cycle_times
from mlkanban.flow.cycle_time import grouped as cycle_times_by
from mlkanban.flow.debt import debt
from mlkanban.flow.efficiency import efficiency
from mlkanban.flow.forecast import forecast
from mlkanban.flow.iterations import iterations
from mlkanban.flow.little import little
from mlkanban.flow.quality import quality
from mlkanban.flow.said import Number
from mlkanban.flow.sample import Grouping, Sample
from mlkanban.flow.sle import sle
from mlkanban.flow.throughput import throughput
from mlkanban.flow.window import Window
from mlkanban.flow.wip import wip
from mlkanban.flow.xmr import xmr


@dataclass(frozen=True, slots=True)
class View:
    """One number. `name` is its command, `key` its key on the reports screen; `draw` makes the
    picture, None where there is none to make. `slow` ones take more than a moment."""

    name: str
    key: str
    title: str
    help: str
    count: Callable[[Sample], Number]
    draw: Callable[[Any, Sample], Spec | None] = lambda number, sample: None
    slow: bool = False

    def by(self, sample: Sample, grouping: Grouping) -> list[tuple[str, Number]]:
        """The number of each group of cards. Cycle time by stage is the time spent in it."""
        if self.count is cycle_times:
            return list(cycle_times_by(sample, grouping))
        return [(name, self.count(some)) for name, some in sample.grouped(grouping)]


def replayed(sample: Sample) -> Backtest:
    """The back-test over the whole history, whatever the window."""
    return backtest(sample.within(Window.back(None, sample.window.last)))


def _histogram(times: CycleTimes, sample: Sample) -> Spec | None:
    return histogram_spec(times, sle=sle(sample).days)


VIEWS: tuple[View, ...] = (
    View("cycle-time", "1", "Cycle time", "how long finished cards took: histogram",
         cycle_times, _histogram),
    View("scatter", "2", "Cycle time, card by card", "every finished card by day and outcome",
         cycle_times, lambda n, s: pictures.scatter(n, sle(s).days)),
    View("throughput", "3", "Throughput", "cards finished and begun per day or week",
         throughput, lambda n, s: pictures.throughput(n)),
    View("wip", "4", "Work in progress", "cards in progress at the end of each day",
         wip, lambda n, s: pictures.wip(n)),
    View("cfd", "5", "Cumulative flow", "how many cards had arrived at each stage",
         cfd, lambda n, s: pictures.cfd(n)),
    View("aging", "6", "Aging work in progress", "how old open cards are for where they stand",
         lambda s: aging(s, sle(s).days), lambda n, s: pictures.aging(n)),
    View("forecast", "7", "Forecast", "how many cards by a day, and so many cards by when",
         forecast, lambda n, s: pictures.how_many(n)),
    View("forecast-cards", "8", "Forecast by card", "when each open card will be finished",
         card_forecasts),
    View("xmr", "9", "Cycle time, XmR", "which cycle times are out of the usual",
         xmr, lambda n, s: pictures.xmr(n)),
    View("efficiency", "0", "Flow efficiency", "hands on, unattended, waiting, blocked, by stage",
         efficiency, lambda n, s: pictures.stage_times(n)),
    View("blockers", "b", "Blockers", "what holds work up, how often and how long",
         blockers, lambda n, s: pictures.blockers(n)),
    View("bottleneck", "n", "Bottleneck", "the evidence for each stage, and a name if it agrees",
         bottleneck, lambda n, s: pictures.bottleneck(n)),
    View("iterations", "i", "Iterations", "how often cards come back to a stage",
         iterations, lambda n, s: pictures.iterations(n)),
    View("sle", "e", "Service level expectation", "85 % within how many days, and who is past it",
         sle),
    View("little", "y", "Little's law", "WIP, throughput and cycle time held against each other",
         little),
    View("debt", "d", "Flow debt", "what the finished cards owe to those that wait", debt),
    View("quality", "z", "Data quality", "what in the history makes numbers doubtful", quality),
    View("backtest", "t", "Back-test", "how often the forecasts would have held",
         replayed, slow=True),
)  # fmt: skip

BY_NAME: Mapping[str, View] = {view.name: view for view in VIEWS}
