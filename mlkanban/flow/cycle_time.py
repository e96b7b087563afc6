"""Cycle time: how long finished cards took, and how long it is once the open ones count too.

Source: D. Vacanti, Actionable Agile Metrics: calendar days, both the day of commitment and the day
of delivery counted, nothing subtracted. Finished are shipped, learned and superseded cards;
an abandoned one is a departure, reported beside them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mlkanban.flow.histogram import Bin, bins
from mlkanban.flow.percentiles import PERCENTILES, needed, percentiles
from mlkanban.flow.said import Said, Table, finished_cards
from mlkanban.flow.sample import Followed, Grouping, Sample
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Scope

OUTCOMES = ("shipped", "learned", "superseded", "abandoned")
COLUMNS = 80
_SAID = 85
_CYCLE_TIME = "calendar days with both ends | nearest rank"
_RESIDENCE = "days of 24 hours, rounded up | nearest rank"


@dataclass(frozen=True, slots=True)
class EndedCard:
    """A finished or abandoned card: the day it ended, the calendar days it took, the same in
    elapsed hours rounded up, and the outcome."""

    ref: str
    title: str
    day: date
    days: int
    hours: int
    outcome: str


@dataclass(frozen=True, slots=True)
class CycleTimes:
    """The cycle times of the cards finished in a window, in days.

    `n` finished cards, `never_worked` ones apart; `open` cards count whatever the window. A
    percentile is None where too few cards stand behind it; one that counts open cards also where
    enough do (`n_with_open`) but it is not reached yet. `cards` are the finished
    ones in order of their finish.
    """

    n: int
    never_worked: int
    open: int
    mean: float | None
    mode: int | None
    min: int | None
    max: int | None
    percentiles: dict[int, int | None]
    percentiles_with_open: dict[int, int | None]
    histogram: tuple[Bin, ...]
    outcomes: dict[str, int]
    convention: str
    scope: Scope
    cards: tuple[EndedCard, ...]
    abandoned: tuple[EndedCard, ...]

    @property
    def n_with_open(self) -> int:
        """The finished, open and abandoned cards behind `percentiles_with_open`."""
        return self.n + self.open + self.outcomes["abandoned"]

    def to_data(self) -> dict[str, Any]:
        """Return the data of `flow cycle-time --json`; days of a bin are both included."""
        return {
            "n": self.n,
            "never_worked": self.never_worked,
            "open": self.open,
            "mean": self.mean,
            "mode": self.mode,
            "min": self.min,
            "max": self.max,
            "percentiles": _text_keys(self.percentiles),
            "percentiles_with_open": _text_keys(self.percentiles_with_open),
            "histogram": [
                {"from": bar.first, "to": bar.last, "count": bar.count} for bar in self.histogram
            ],
            "outcomes": dict(self.outcomes),
            "convention": self.convention,
            **self.scope.to_data(),
        }

    @property
    def of_stage(self) -> bool:
        """Whether it is the time in a stage, not that of the whole way."""
        return self.convention == _RESIDENCE

    def figures(self) -> tuple[tuple[str, str], ...]:
        return (
            ("finished", str(self.n)),
            ("open", str(self.open)),
            ("mean", "-" if self.mean is None else f"{self.mean:.1f}"),
            *((f"p{p}", "-" if v is None else str(v)) for p, v in self.percentiles.items()),
        )

    def said(self) -> Said:
        """With too few cards for any percentile: a sentence that says so, and the cards."""
        title = "Time in stage" if self.of_stage else "Cycle time"
        note = f"{self.scope.words} | {self.convention}"
        least = needed(PERCENTILES[0])
        if self.n < least:
            few = f"{finished_cards(self.n)} ({self._others()}); percentiles need {least}."
            cards = [(c.ref, f"{c.days} d", c.outcome, c.title) for c in self.cards]
            table = Table(("card", "took", "outcome", "title"), tuple(cards)) if cards else None
            return Said(title, (few,), table, note)
        split = ", ".join(
            f"{count} {name}" for name, count in self.outcomes.items() if name != "abandoned"
        )
        lines = (
            f"{self.n} finished | mean {self.mean:.1f} d | mode {self.mode} d"
            f" | from {self.min} to {self.max} d",
            self._sentence(),
            "finished            " + _all(self.percentiles, self.n),
            "counting open cards " + _all(self.percentiles_with_open, self.n_with_open),
            f"{split} | {self._others()}",
        )
        return Said(title, lines, None, note)

    def _sentence(self) -> str:
        """One sentence for each way of counting, at the highest percentile up to 85 there is."""
        p = _SAID if self.n >= needed(_SAID) else PERCENTILES[0]
        with_open = _value(self.percentiles_with_open[p], self.n_with_open, p)
        return f"{p} % of finished <= {self.percentiles[p]} d | counting open cards: {with_open}"

    def _others(self) -> str:
        abandoned = self.outcomes["abandoned"]
        return f"{self.open} open, {abandoned} abandoned, {self.never_worked} never worked"


def cycle_times(sample: Sample) -> CycleTimes:
    """Count the cards finished or abandoned in the window, and the open ones, in calendar days."""
    return _counted(sample, _cycle_time(sample), _CYCLE_TIME)


def grouped(sample: Sample, by: Grouping) -> list[tuple[str, CycleTimes]]:
    """Return the same numbers for each group of cards.

    The numbers of a stage are its residence: the real time of all visits of the cards that were
    there, in days of 24 hours, rounded up. Open cards stand for at least their residence so far.
    """
    groups = sample.grouped(by)
    if by == "stage":
        return [
            (name, _counted(some, _residence(k), _RESIDENCE))
            for k, (name, some) in enumerate(groups)
        ]
    return [(name, cycle_times(some)) for name, some in groups]


_Measure = Callable[[Followed], tuple[int, int]]


def _counted(sample: Sample, measure: _Measure, convention: str) -> CycleTimes:
    """`measure` gives the days and hours of each card."""
    finished, abandoned = (
        tuple(_ended(card, measure) for card in cards)
        for cards in (sample.finished, sample.abandoned)
    )
    censored = [measure(card)[0] for card in (*sample.open, *sample.abandoned)]
    days = sorted(card.days for card in finished)
    counts = Counter(days)
    outcomes = Counter(card.outcome for card in finished)
    outcomes["abandoned"] = len(sample.abandoned)
    survival = kaplan_meier(days, censored)
    total = len(finished) + len(censored)
    return CycleTimes(
        n=len(days),
        never_worked=len(sample.never_worked),
        open=len(sample.open),
        mean=sum(days) / len(days) if days else None,
        mode=min(counts, key=lambda day: (-counts[day], day)) if counts else None,
        min=days[0] if days else None,
        max=days[-1] if days else None,
        percentiles=percentiles(days),
        percentiles_with_open={
            p: survival.time(p) if total >= needed(p) else None for p in PERCENTILES
        },
        histogram=bins(counts, COLUMNS),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        convention=convention,
        scope=sample.scope,
        cards=finished,
        abandoned=abandoned,
    )


def _ended(card: Followed, measure: _Measure) -> EndedCard:
    assert card.finish is not None
    days, hours = measure(card)
    day = date.fromordinal(card.finish)
    return EndedCard(card.ref, card.history.title, day, days, hours, card.flow.outcome or "shipped")


def _cycle_time(sample: Sample) -> _Measure:
    def measure(card: Followed) -> tuple[int, int]:
        assert card.flow.start is not None
        end = card.flow.finish or sample.as_of
        return sample.days_of(card), _whole(end - card.flow.start, timedelta(hours=1))

    return measure


def _residence(stage: int) -> _Measure:
    def measure(card: Followed) -> tuple[int, int]:
        spent = card.flow.residence[stage]
        return _whole(spent, timedelta(days=1)), _whole(spent, timedelta(hours=1))

    return measure


def _whole(duration: timedelta, unit: timedelta) -> int:
    return -(-duration // unit)


def _text_keys(values: dict[int, int | None]) -> dict[str, int | None]:
    return {str(p): value for p, value in values.items()}


def _all(values: dict[int, int | None], n: int) -> str:
    return " | ".join(f"p{p} {_value(value, n, p)}" for p, value in values.items())


def _value(value: int | None, n: int, p: int) -> str:
    if value is not None:
        return f"{value} d"
    return "not reached" if n >= needed(p) else f"n < {needed(p)}"
