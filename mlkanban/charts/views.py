"""How each flow number of the catalogue is counted and drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlkanban.charts import pictures
from mlkanban.charts.catalogue import CATALOGUE, FlowNumber
from mlkanban.charts.spec import Spec, histogram_spec
from mlkanban.flow.aging import aging
from mlkanban.flow.backtest import PASTS, Backtest, backtest
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
from mlkanban.flow.retraining import retraining
from mlkanban.flow.said import Number
from mlkanban.flow.sample import Grouping, Sample
from mlkanban.flow.sle import sle
from mlkanban.flow.throughput import throughput
from mlkanban.flow.triage import triage
from mlkanban.flow.window import Window
from mlkanban.flow.wip import wip, wip_in_stages
from mlkanban.flow.xmr import xmr


@dataclass(frozen=True, slots=True)
class NumberView:
    """One number: how it is counted, and drawn; None where there is no picture to make."""

    entry: FlowNumber
    count: Callable[[Sample], Number]
    draw: Callable[[Any, Sample], Spec | None]

    @property
    def staged(self) -> bool:
        """Whether it is told stage by stage, so that groups by stage would say nothing more."""
        return self.entry.name in _STAGED

    def divides(self, by: Grouping | None) -> bool:
        """Whether groups of cards say something more than the whole does."""
        return by is None or (self.entry.of_cards and not (by == "stage" and self.staged))

    def by(self, sample: Sample, grouping: Grouping) -> list[tuple[str, Sample, Number]]:
        """The cards and the number of each group. Cycle time by stage is the time spent in it,
        work in progress the cards that stood in it."""
        groups = sample.grouped(grouping)
        counted: Sequence[Number]
        if grouping == "stage" and self.count is cycle_times:
            counted = [times for _, times in cycle_times_by(sample, grouping)]
        elif grouping == "stage" and self.count is wip:
            counted = wip_in_stages(sample)
        else:
            counted = [self.count(some) for _, some in groups]
        return [(n, some, number) for (n, some), number in zip(groups, counted, strict=True)]

    @property
    def in_stages(self) -> bool:
        """Whether its groups by stage are of the time in the stage alone."""
        return self.count in (cycle_times, wip)


def replayed(sample: Sample) -> Backtest:
    """The back-test over the whole history, whatever the window."""
    return backtest(sample.within(Window.back(None, sample.window.last)))


def _histogram(times: CycleTimes, sample: Sample) -> Spec | None:
    return histogram_spec(times, sle=_sle(times, sample))


def _sle(times: CycleTimes, sample: Sample) -> int | None:
    """The expectation is of the whole way; it has no place on the time in one stage."""
    return None if times.of_stage else sle(sample).days


def _no_picture(number: Any, sample: Sample) -> None:
    return None


_PARTS: Mapping[str, tuple[Callable[[Sample], Number], Callable[[Any, Sample], Spec | None]]] = {
    "cycle-time": (cycle_times, _histogram),
    "scatter": (cycle_times, lambda n, s: pictures.scatter(n, _sle(n, s))),
    "throughput": (throughput, lambda n, s: pictures.throughput(n)),
    "wip": (wip, lambda n, s: pictures.wip(n)),
    "cfd": (cfd, lambda n, s: pictures.cfd(n)),
    "aging": (lambda s: aging(s, sle(s).days), lambda n, s: pictures.aging(n)),
    "forecast": (forecast, lambda n, s: pictures.how_many(n)),
    "forecast-cards": (card_forecasts, _no_picture),
    "xmr": (xmr, lambda n, s: pictures.xmr(n)),
    "efficiency": (efficiency, lambda n, s: pictures.stage_times(n)),
    "blockers": (blockers, lambda n, s: pictures.blockers(n)),
    "bottleneck": (bottleneck, lambda n, s: pictures.bottleneck(n)),
    "iterations": (iterations, lambda n, s: pictures.iterations(n)),
    "sle": (sle, _no_picture),
    "little": (little, _no_picture),
    "debt": (debt, _no_picture),
    "quality": (quality, _no_picture),
    "backtest": (replayed, _no_picture),
    "triage": (triage, lambda n, s: pictures.triage(n)),
    "retraining": (retraining, lambda n, s: pictures.retraining(n)),
}

_STAGED = frozenset({"cfd", "aging", "efficiency", "bottleneck", "iterations"})

VIEWS: Mapping[str, NumberView] = {
    entry.name: NumberView(entry, *_PARTS[entry.name]) for entry in CATALOGUE
}


def remarks(view: NumberView, sample: Sample, tested: Backtest | None = None) -> list[str]:
    """What belongs beside a number but is counted elsewhere: how often forecasts held, from about
    as much past as this one. `tested` is the back-test, if it is there already."""
    if view.entry.name == "forecast":
        kinds: tuple[str, ...] = ("how_many", "when")
    elif view.entry.name == "forecast-cards":
        kinds = ("card",)
    else:
        return []
    tested = tested or replayed(sample)
    back = min(PASTS, key=lambda days: abs(days - len(sample.days)))
    return [said for kind in kinds if (said := tested.sentence(kind, back=back))]
