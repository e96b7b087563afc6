"""The XmR chart: which cycle times are worth a look, and whether the process may have shifted.

Source: W. Shewhart and D. Wheeler, Understanding Variation: natural process limits are the mean
plus and minus 2.66 times the mean moving range. Cycle times are skewed: a few per cent of a process
in which nothing changes lie beyond the limits, and most values below the mean. So runs are counted
about the median, and a run is long when a series in random order has one of that length in at most
5 % of cases: the expected number of such runs, which is no less than their probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from statistics import median

from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope

FEWEST, SETTLED = 6, 15
_FACTOR = 2.66
CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class NaturalLimits:
    """Mean and natural process limits, the lower one not below 0."""

    mean: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class LongRun:
    """So many values (`length`) in a row on one side of the median, those on it left out: the
    positions of the first and the last of them."""

    first: int
    last: int
    length: int
    above: bool


@dataclass(frozen=True, slots=True)
class Xmr:
    """Cycle times in days in finish order, each with its card, and the days they finished on;
    `limits` and `median` are None below 6 of them.

    `outside` are positions in `cards` beyond a limit. `run_length` is the length from which on a
    run is long, None where any may be by chance; `runs` are the long ones.
    """

    cards: tuple[tuple[str, int], ...]
    finished_on: tuple[date, ...]
    limits: NaturalLimits | None
    median: float | None
    outside: tuple[int, ...]
    run_length: int | None
    runs: tuple[LongRun, ...]
    scope: Scope

    @property
    def n(self) -> int:
        return len(self.cards)

    @property
    def provisional(self) -> bool:
        """Too few cards for limits that stay."""
        return self.n < SETTLED

    @property
    def may_have_shifted(self) -> date | None:
        """The day from which on the process may be another: of the last long run its first day,
        or, where the series begins with that run, the first day after it."""
        if not self.runs:
            return None
        run = self.runs[-1]
        begins = all(days == self.median for _, days in self.cards[: run.first])
        return self.finished_on[run.last + 1 if begins else run.first]


def xmr(sample: Sample) -> Xmr:
    """Limits and signals of the cards finished in the window."""
    cards = tuple((card.ref, sample.days_of(card)) for card in sample.finished)
    values = [days for _, days in cards]
    limits = limits_of(values)
    outside = [
        at for at, v in enumerate(values) if limits and not limits.lower <= v <= limits.upper
    ]
    middle = median(values) if limits else None
    length, runs = (None, ()) if middle is None else long_runs(values, middle)
    return Xmr(
        cards=cards,
        finished_on=tuple(date.fromordinal(card.finish) for card in sample.finished if card.finish),
        limits=limits,
        median=middle,
        outside=tuple(outside),
        run_length=length,
        runs=tuple(runs),
        scope=sample.scope,
    )


def limits_of(values: Sequence[int]) -> NaturalLimits | None:
    """Natural process limits of values in order; None below 6 of them."""
    if len(values) < FEWEST:
        return None
    mean = sum(values) / len(values)
    moving = sum(abs(after - before) for before, after in pairwise(values)) / (len(values) - 1)
    return NaturalLimits(mean, max(0.0, mean - _FACTOR * moving), mean + _FACTOR * moving)


def long_run(above: int, below: int) -> int | None:
    """The least length that a run on either side has in at most 5 % of all orders of so many values
    above and below the median; None where there are none on one side.

    Of `a` values of one side among `m`, the first L are on it with the chance [a]_L / [m]_L
    (falling factorials), and a run of L or more begins after each of the `b` others with the same.
    """
    if not above or not below:
        return None
    length, upper, lower = 0, 1.0, 1.0
    while (1 + below) * upper + (1 + above) * lower > CHANCE:
        left = above + below - length
        upper *= max(0, above - length) / left
        lower *= max(0, below - length) / left
        length += 1
    return length


def long_runs(values: Sequence[int], middle: float) -> tuple[int | None, list[LongRun]]:
    """From which length on a run is long among these values about their median, and the long ones
    in order."""
    apart = [(at, value > middle) for at, value in enumerate(values) if value != middle]
    above = sum(side for _, side in apart)
    length = long_run(above, len(apart) - above)
    if length is None:
        return None, []
    runs = [
        LongRun(places[0], places[-1], len(places), side)
        for side, members in groupby(apart, key=lambda one: one[1])
        for places in [[at for at, _ in members]]
    ]
    return length, [run for run in runs if run.length >= length]
