"""Throughput and arrivals: how many cards were finished and begun per day or week, zeros kept.

Source: the Kanban Guide (2025): throughput is the number of work items finished per unit of time.
Finished are shipped, learned and superseded cards; abandoned ones are departures, counted beside.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from mlkanban.flow.said import Said, Table
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope
from mlkanban.text import quantity

_WEEK = 7
_MOST_DAYS = 42
"""Up to six weeks are told day by day, more week by week."""
LEAST_DAYS = 14
"""Fewer days make no rate: one good day would be told as a week of them."""
_CONVENTION = "by the day of delivery, zeros kept"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A day or an ISO week from `first` on; `days` of it lie in the window. `cards` were finished
    in it."""

    first: date
    days: int
    cards: tuple[str, ...]
    arrived: int
    abandoned: int

    @property
    def finished(self) -> int:
        return len(self.cards)


@dataclass(frozen=True, slots=True)
class Throughput:
    """What went in and out of the workflow in the window, in buckets of a day or a week.

    `days` of the window count from the first commitment on; `active_days` are those on which
    something was finished.
    """

    unit: Literal["day", "week"]
    buckets: tuple[Bucket, ...]
    outcomes: dict[str, int]
    days: int
    active_days: int
    arrivals: int
    abandoned: int
    scope: Scope

    @property
    def n(self) -> int:
        """The finished cards."""
        return sum(bucket.finished for bucket in self.buckets)

    @property
    def per_day(self) -> float | None:
        """Mean of finished cards per day; None in an empty window."""
        return self.n / self.days if self.days else None

    @property
    def per_week(self) -> float | None:
        """Mean of finished cards per week; None for less than two weeks."""
        return self.n / self.days * _WEEK if self.days >= LEAST_DAYS else None

    @property
    def mean(self) -> float | None:
        """Mean of finished cards per bucket of full length."""
        per_day = self.per_day
        return None if per_day is None else per_day * (_WEEK if self.unit == "week" else 1)

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "per_day": self.per_day,
            "per_week": self.per_week,
            "days": self.days,
            "active_days": self.active_days,
            "arrivals": self.arrivals,
            "abandoned": self.abandoned,
            "outcomes": dict(self.outcomes),
            "unit": self.unit,
            "buckets": [
                {
                    "from": bucket.first.isoformat(),
                    "days": bucket.days,
                    "finished": bucket.finished,
                    "arrived": bucket.arrived,
                    "abandoned": bucket.abandoned,
                    "cards": list(bucket.cards),
                }
                for bucket in self.buckets
            ],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }

    def figures(self) -> tuple[tuple[str, str], ...]:
        week = "-" if self.per_week is None else f"{self.per_week:.1f}"
        return (
            ("finished", str(self.n)),
            ("per week", week),
            ("arrived", str(self.arrivals)),
            ("abandoned", str(self.abandoned)),
        )

    def said(self) -> Said:
        note = f"n {self.n} in {quantity(self.days, 'day')} | {self.scope.words} | {_CONVENTION}"
        if self.per_day is None:
            return Said("Throughput", ("No card was committed in this window.",), None, note)
        split = ", ".join(f"{count} {name}" for name, count in self.outcomes.items())
        rate = (
            f", {quantity(LEAST_DAYS, 'day')} make a rate"
            if self.per_week is None
            else f": {self.per_week:.1f} a week, {self.per_day:.2f} a day"
        )
        lines = (
            f"{self.n} finished{rate} | on {self.active_days} of {quantity(self.days, 'day')}",
            f"{self.arrivals} begun, {self.abandoned} abandoned" + (f" | {split}" if split else ""),
        )
        rows = tuple(
            (
                f"{b.first}{'' if b.days == self._full else f' ({b.days} of 7 days)'}",
                str(b.finished),
                str(b.arrived),
                str(b.abandoned),
            )
            for b in self.buckets
        )
        head = (
            f"{self.unit} from" if self.unit == "week" else "day",
            "finished",
            "begun",
            "aband.",
        )
        return Said("Throughput", lines, Table(head, rows), note)

    @property
    def _full(self) -> int:
        return _WEEK if self.unit == "week" else 1


def throughput(sample: Sample) -> Throughput:
    """Count the cards finished, begun and abandoned on each day of the window, or in each week when
    it is longer than six. A card is begun on the day of the commitment that still holds."""
    days = sample.days
    unit: Literal["day", "week"] = "week" if len(days) > _MOST_DAYS else "day"
    done: defaultdict[int, list[str]] = defaultdict(list)
    for card in sample.finished:
        assert card.finish is not None
        done[card.finish].append(card.ref)
    begun = Counter(card.start for card in sample.worked if card.start in days)
    gone = Counter(card.finish for card in sample.abandoned)
    groups: dict[int, list[int]] = {}
    for day in days:
        groups.setdefault(monday(day) if unit == "week" else day, []).append(day)
    return Throughput(
        unit=unit,
        buckets=tuple(
            Bucket(
                date.fromordinal(first),
                len(some),
                tuple(ref for day in some for ref in done.get(day, ())),
                sum(begun[day] for day in some),
                sum(gone[day] for day in some),
            )
            for first, some in groups.items()
        ),
        outcomes=dict(sorted(Counter(card.flow.outcome or "" for card in sample.finished).items())),
        days=len(days),
        active_days=len(done),
        arrivals=begun.total(),
        abandoned=len(sample.abandoned),
        scope=sample.scope,
    )


def daily(sample: Sample) -> tuple[int, ...]:
    """Finished cards on each day of `sample.days`."""
    done = Counter(card.finish for card in sample.finished)
    return tuple(done[day] for day in sample.days)


def monday(day: int) -> int:
    """The first day of the ISO week of a day, both as ordinals."""
    return day - (day - 1) % _WEEK
