"""Throughput and arrivals: how many cards were finished and begun per day or week, zeros kept.

Source: the Kanban Guide (2025): throughput is the number of work items finished per unit of time.
Finished are shipped, learned and superseded cards; abandoned ones are departures, counted beside.
"""

from collections import Counter, defaultdict
from datetime import date
from typing import Literal

from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope
from mlkanban.records import record

WEEK = 7
_MOST_DAYS = 42
"""Up to six weeks are told day by day, more week by week."""
LEAST_DAYS = 14
"""Fewer days make no rate: one good day would be told as a week of them."""


@record(frozen=True, slots=True)
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


@record(frozen=True, slots=True)
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
        return self.n / self.days * WEEK if self.days >= LEAST_DAYS else None

    @property
    def mean(self) -> float | None:
        """Mean of finished cards per bucket of full length."""
        per_day = self.per_day
        return None if per_day is None else per_day * (WEEK if self.unit == "week" else 1)


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
    return day - (day - 1) % WEEK
