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
from itertools import chain, groupby, pairwise
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
    run is long, None where chance may make any that could be, or all finished on one day; `runs`
    are the long ones.
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
    def begins_with_run(self) -> bool:
        """Whether the last long run is what the series begins with, but for values on the median:
        then it is from its end on that the process may be another."""
        return bool(self.runs) and all(
            days == self.median for _, days in self.cards[: self.runs[-1].first]
        )

    @property
    def may_have_shifted(self) -> date | None:
        """The day from which on the process may be another: of the last long run its first day,
        or, where the series begins with that run, the first day after it."""
        if not self.runs:
            return None
        run = self.runs[-1]
        return self.finished_on[run.last + 1 if self.begins_with_run else run.first]

    def beside_median(self, *, above: bool) -> int:
        """How many cards lie above the median, or below it; 0 without one."""
        middle = self.median
        return sum(middle is not None and v != middle and (v > middle) == above for v in self.days)

    @property
    def days(self) -> list[int]:
        return [days for _, days in self.cards]


def xmr(sample: Sample) -> Xmr:
    """Limits and signals of the cards finished in the window."""
    cards = tuple((card.ref, sample.days_of(card)) for card in sample.finished)
    values = [days for _, days in cards]
    together = groupby(
        zip(sample.finished, values, strict=True), key=lambda one: one[0].flow.finish
    )
    groups = [[days for _, days in some] for _, some in together]
    finished_on = [date.fromordinal(card.finish) for card in sample.finished if card.finish]
    limits = limits_of(groups)
    outside = [
        at for at, v in enumerate(values) if limits and not limits.lower <= v <= limits.upper
    ]
    middle = median(values) if limits else None
    length: int | None = None
    runs: list[LongRun] = []
    if middle is not None and finished_on[0] != finished_on[-1]:
        length, runs = long_runs(groups, middle)
    return Xmr(
        cards=cards,
        finished_on=tuple(finished_on),
        limits=limits,
        median=middle,
        outside=tuple(outside),
        run_length=length,
        runs=tuple(run for run in runs if finished_on[run.first] != finished_on[run.last]),
        scope=sample.scope,
    )


def limits_of(groups: Sequence[Sequence[int]]) -> NaturalLimits | None:
    """Natural process limits of the values of each instant, the instants in order; None below 6
    values."""
    values = list(chain.from_iterable(groups))
    if len(values) < FEWEST:
        return None
    mean = sum(values) / len(values)
    within = sum(2 * _differences(group) / len(group) for group in groups)
    between = sum(
        (_differences([*before, *after]) - _differences(before) - _differences(after))
        / (len(before) * len(after))
        for before, after in pairwise(groups)
    )
    moving = (within + between) / (len(values) - 1)
    return NaturalLimits(mean, max(0.0, mean - _FACTOR * moving), mean + _FACTOR * moving)


def _differences(values: Sequence[int]) -> int:
    """The sum of the differences of all pairs: of k values in random order, neighbours differ by
    2/k of it on the whole."""
    last = len(values) - 1
    if last < 1:
        return 0
    if last == 1:
        return abs(values[1] - values[0])
    return sum((2 * at - last) * value for at, value in enumerate(sorted(values)))


def long_run(above: int, below: int) -> int | None:
    """The least length that a run on either side has in at most 5 % of all orders of so many values
    above and below the median; None where there are too few on both sides for such a run.

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
    return length if length <= max(above, below) else None


def long_runs(groups: Sequence[Sequence[int]], middle: float) -> tuple[int | None, list[LongRun]]:
    """From which length on a run is long among the values of each instant about their median, and
    the long ones in order. An instant with values on both sides ends a run and is in none."""
    instants = [(at, value) for at, group in enumerate(groups) for value in group]
    apart = [
        (place, at, value > middle) for place, (at, value) in enumerate(instants) if value != middle
    ]
    above = sum(side for *_, side in apart)
    length = long_run(above, len(apart) - above)
    if length is None:
        return None, []
    sides: list[tuple[bool | None, list[int]]] = []
    for _, members in groupby(apart, key=lambda one: one[1]):
        some = list(members)
        mixed = len({side for *_, side in some}) > 1
        sides.append((None if mixed else some[0][2], [place for place, *_ in some]))
    runs = []
    for side, members_of_side in groupby(sides, key=lambda one: one[0]):
        places = [place for _, some in members_of_side for place in some]
        if side is not None and len(places) >= length:
            runs.append(LongRun(places[0], places[-1], len(places), side))
    return length, runs
