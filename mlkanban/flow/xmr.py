"""The XmR chart: which cycle times are a signal, and which are the usual variation.

Source: W. Shewhart and D. Wheeler, Understanding Variation: natural process limits are the mean
plus and minus 2.66 times the mean moving range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope

FEWEST, SETTLED = 6, 15
_FACTOR = 2.66
RUN = 8


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
    shifts: list[tuple[int, int]] = []
    start = 0
    sides = [(value > mean) - (value < mean) for value in values]
    for at in range(1, len(sides) + 1):
        if at == len(sides) or sides[at] != sides[start]:
            if at - start >= RUN and sides[start]:
                shifts.append((start, at - 1))
            start = at
    return shifts
