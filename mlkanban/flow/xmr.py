"""The XmR chart: which cycle times are a signal, and which are the usual variation.

Source: W. Shewhart and D. Wheeler, Understanding Variation: natural process limits are the mean
plus and minus 2.66 times the mean moving range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mlkanban.flow.said import Said, Table, finished_cards
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope

FEWEST, SETTLED = 6, 15
_FACTOR = 2.66
_RUN = 8
_CONVENTION = "in order of finish | mean +/- 2.66 x mean moving range, not below 0"


@dataclass(frozen=True, slots=True)
class NaturalLimits:
    """Mean and natural process limits, the lower one not below 0."""

    mean: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Xmr:
    """Cycle times in days in finish order, each with its card; `limits` is None below 6 of them.

    `outside` and `runs` are positions in `cards`: beyond a limit; the ends of 8 or more in a row on
    one side of the mean.
    """

    cards: tuple[tuple[str, int], ...]
    limits: NaturalLimits | None
    outside: tuple[int, ...]
    runs: tuple[tuple[int, int], ...]
    scope: Scope

    @property
    def n(self) -> int:
        return len(self.cards)

    @property
    def provisional(self) -> bool:
        """Too few cards for limits that stay."""
        return self.n < SETTLED

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "mean": self.limits and self.limits.mean,
            "lower": self.limits and self.limits.lower,
            "upper": self.limits and self.limits.upper,
            "provisional": self.provisional,
            "values": [{"card": ref, "days": days} for ref, days in self.cards],
            "outside": [self.cards[at][0] for at in self.outside],
            "runs": [{"from": self.cards[a][0], "to": self.cards[b][0]} for a, b in self.runs],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }

    def figures(self) -> tuple[tuple[str, str], ...]:
        values = self.limits and (self.limits.mean, self.limits.lower, self.limits.upper)
        shown = [f"{value:.1f}" for value in values] if values else ["-"] * 3
        names = ("mean", "lower", "upper")
        return (
            ("n", str(self.n)),
            *zip(names, shown, strict=True),
            ("outside", str(len(self.outside))),
        )

    def said(self) -> Said:
        note = f"n {self.n} | {self.scope.words} | {_CONVENTION}"
        if self.limits is None:
            few = f"{finished_cards(self.n)}; limits need {FEWEST}."
            return Said("Cycle time, XmR", (few,), None, note)
        made = "provisional, below 15 cards" if self.provisional else "settled"
        lines = [
            f"mean {self.limits.mean:.1f} d | limits {self.limits.lower:.1f}"
            f" to {self.limits.upper:.1f} d ({made})",
            f"{len(self.outside) or 'No'} card{'' if len(self.outside) == 1 else 's'} outside"
            " the limits"
            + (
                f" | {len(self.runs)} run{'' if len(self.runs) == 1 else 's'} of {_RUN} or more on"
                " one side of the mean: the process has shifted"
                if self.runs
                else ""
            ),
        ]
        rows = tuple((self.cards[at][0], f"{self.cards[at][1]} d") for at in self.outside)
        return Said(
            "Cycle time, XmR",
            tuple(lines),
            Table(("outside", "took"), rows) if rows else None,
            note,
        )


def xmr(sample: Sample) -> Xmr:
    """Limits and signals of the cards finished in the window."""
    cards = tuple((card.ref, sample.days_of(card)) for card in sample.finished)
    values = [days for _, days in cards]
    limits = limits_of(values)
    outside = [
        at for at, v in enumerate(values) if limits and not limits.lower <= v <= limits.upper
    ]
    runs = _runs(values, limits.mean) if limits else ()
    return Xmr(cards, limits, tuple(outside), tuple(runs), sample.scope)


def limits_of(values: Sequence[int]) -> NaturalLimits | None:
    """Natural process limits of values in order; None below 6 of them."""
    if len(values) < FEWEST:
        return None
    mean = sum(values) / len(values)
    moving = sum(abs(after - before) for before, after in pairwise(values)) / (len(values) - 1)
    return NaturalLimits(mean, max(0.0, mean - _FACTOR * moving), mean + _FACTOR * moving)


def _runs(values: Sequence[int], mean: float) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start = 0
    sides = [(value > mean) - (value < mean) for value in values]
    for at in range(1, len(sides) + 1):
        if at == len(sides) or sides[at] != sides[start]:
            if at - start >= _RUN and sides[start]:
                found.append((start, at - 1))
            start = at
    return found
