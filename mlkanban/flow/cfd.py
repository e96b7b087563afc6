"""The cumulative flow diagram: how many cards had arrived at each stage by the end of each day.

Source: D. Vacanti, Actionable Agile Metrics. CFD_k(d) = cards whose arrival at stage k is no later
than the end of day d. No line ever falls, and none lies above the one of the stage before it; the
lowest is the departures. The distance between two lines is the work between them.
"""

from dataclasses import dataclass
from itertools import pairwise

from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import cumulative

MOST_BANDS = 4
_DEPARTED = "Departed"


@dataclass(frozen=True, slots=True)
class CumulativeLine:
    """The cards that had arrived at a stage (or departed) by the end of each day, and those that
    stand in it at the end: between this line and the next. `before` had arrived before the first
    day."""

    name: str
    before: int
    counts: tuple[int, ...]
    cards: tuple[str, ...]

    @property
    def came(self) -> int:
        """The arrivals within the window."""
        return self.counts[-1] - self.before if self.counts else 0


@dataclass(frozen=True, slots=True)
class Cfd:
    """One line per committed stage in order, and the departures as the last. `first` is the first
    day, an ordinal."""

    first: int
    lines: tuple[CumulativeLine, ...]
    n: int
    scope: Scope

    def bands(self, most: int = MOST_BANDS) -> tuple[CumulativeLine, ...]:
        """At most so many lines, the departures included: neighbours are joined where the fewest
        cards ever lay between them. A joined line is the upper one and holds the cards of both."""
        lines = list(self.lines)
        while len(lines) > max(2, most):
            thickness = [_area(a, b) for a, b in pairwise(lines)]
            pairs = [thickness[i] + thickness[i + 1] for i in range(len(thickness) - 1)]
            at = pairs.index(min(pairs))
            upper, lower = lines[at], lines[at + 1]
            joined = CumulativeLine(
                f"{upper.name} + {lower.name}",
                upper.before,
                upper.counts,
                upper.cards + lower.cards,
            )
            lines[at : at + 2] = [joined]
        return tuple(lines)


def cfd(sample: Sample) -> Cfd:
    """Add up the arrivals of all worked cards at each committed stage, day by day."""
    workflow, days = sample.workflow, sample.days
    last = days.stop - 1
    stages = (*sample.stages, workflow.first_delivered)
    arrived = [_days(sample, at) for at in stages]
    lines = []
    for at, came, went in zip(stages, arrived, (*arrived[1:], arrived[-1]), strict=True):
        lines.append(
            CumulativeLine(
                workflow.stages[at] if at < workflow.first_delivered else _DEPARTED,
                *_counted(came, days),
                tuple(
                    card.ref
                    for card, into, out in zip(sample.worked, came, went, strict=True)
                    if into is not None and into <= last and not (out is not None and out <= last)
                ),
            )
        )
    return Cfd(days.start, tuple(lines), len(sample.worked), sample.scope)


def _counted(arrived: list[int | None], days: range) -> tuple[int, tuple[int, ...]]:
    before = sum(day is not None and day < days.start for day in arrived)
    return before, cumulative(arrived, days)


def _days(sample: Sample, at: int) -> list[int | None]:
    """The day on which each worked card arrived at a stage, or departed."""
    if at == sample.workflow.first_committed:
        return [card.start for card in sample.worked]
    if at == sample.workflow.first_delivered:
        return [card.finish for card in sample.worked]
    return [card.arrived[at] for card in sample.worked]


def _area(upper: CumulativeLine, lower: CumulativeLine) -> int:
    return sum(upper.counts) - sum(lower.counts)
