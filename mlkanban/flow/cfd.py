"""The cumulative flow diagram: how many cards had arrived at each stage by the end of each day.

Source: D. Vacanti, Actionable Agile Metrics. CFD_k(d) = cards whose arrival at stage k is no later
than the end of day d. No line ever falls, and none lies above the one of the stage before it; the
lowest is the departures. The distance between two lines is the work between them.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from mlkanban.flow.said import Said, Table
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import cumulative
from mlkanban.text import quantity

MOST_BANDS = 4
_DEPARTED = "Departed"
_CONVENTION = "last arrival of each card at the stage or past it"


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

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "days": [
                date.fromordinal(self.first + i).isoformat()
                for i in range(len(self.lines[0].counts))
            ],
            "stages": [
                {"name": line.name, "arrived": list(line.counts), "cards": list(line.cards)}
                for line in self.lines
            ],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }

    def figures(self) -> tuple[tuple[str, str], ...]:
        return (
            ("arrived", str(self.lines[0].came)),
            ("departed", str(self.lines[-1].came)),
            ("wip", str(sum(len(line.cards) for line in self.lines))),
        )

    def said(self) -> Said:
        note = f"n {quantity(self.n, 'card')} | {self.scope.words} | {_CONVENTION}"
        if not self.n or not self.lines[0].counts:
            return Said("Cumulative flow", ("No card was committed by then.",), None, note)
        into, out = self.lines[0].counts, self.lines[-1].counts
        first, last = self.lines[0].before - self.lines[-1].before, into[-1] - out[-1]
        lines = (
            f"{into[-1]} committed and {out[-1]} departed so far | in progress: {last}",
            _development([first, *(a - b for a, b in zip(into, out, strict=True))]),
        )
        rows = [
            (line.name, str(line.came), str(after.came), str(line.counts[-1] - after.counts[-1]))
            for line, after in pairwise(self.lines)
        ]
        rows.append((self.lines[-1].name, str(self.lines[-1].came), "", ""))
        table = Table(("stage", "came", "went on", "there now"), tuple(rows))
        return Said("Cumulative flow", lines, table, note)


def _development(counts: list[int]) -> str:
    """How work in progress went, from that before the first day on."""
    first, last, days = counts[0], counts[-1], quantity(len(counts) - 1, "day")
    lowest, highest = min(counts), max(counts)
    if lowest == highest:
        return f"Work in progress stayed at {last} over the {days}."
    between = f"{lowest} to {highest} between"
    if first == last:
        return f"Work in progress is {last} as at the start of the {days} ({between})."
    grew = "grew" if last > first else "fell"
    aside = f" ({between})" if {lowest, highest} != {first, last} else ""
    return f"Work in progress {grew} from {first} to {last} over the {days}{aside}."


def cfd(sample: Sample) -> Cfd:
    """Add up the arrivals of all worked cards at each committed stage, day by day."""
    workflow, days = sample.workflow, sample.days
    last = days.stop - 1
    stages = (*sample.stages, workflow.first_delivered)
    arrived = [[_day(sample, card, at) for card in sample.worked] for at in stages]
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


def _day(sample: Sample, card: Followed, at: int) -> int | None:
    if at == sample.workflow.first_committed:
        return card.start
    if at == sample.workflow.first_delivered:
        return card.finish
    arrived = card.flow.arrivals[at]
    return None if arrived is None else sample.workflow.day(arrived).toordinal()


def _area(upper: CumulativeLine, lower: CumulativeLine) -> int:
    return sum(upper.counts) - sum(lower.counts)
