"""Flow debt: what the cards finished in a window owe to cards that wait.

Source: D. Vacanti, Actionable Agile Metrics: the mean horizontal distance between the lines of
commitment and departure in the cumulative flow diagram is how long work takes on the whole; when
the cards that were finished took less, others were left to age for it: debt was made.

A steady board shows some debt in any window by chance: only what lies beyond two standard errors is
told as debt. Days of the gap less those of the cards cancel but for the order: the debt is by how
much the overtaking grew, the days by which the cards that departed began later than as many that
were begun first. On a steady board that goes up and down, and how far is seen from its past, where
that is as long again as the window. The error of a mean over the finished cards, with the spread of
the open ones, at their age, in it, is wider on most boards, and stands where the past is shorter.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import hypot, sqrt
from statistics import fmean, pvariance, stdev

from mlkanban.flow.cfd import cfd
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope, Window
from mlkanban.flow.wip import in_progress_on


@dataclass(frozen=True, slots=True)
class FlowDebt:
    """`gap_days`: mean days between the n-th commitment and the n-th departure, for the departures
    of the window; `mean_cycle_time`: of the cards finished in it, in days. None without any.
    `standard_error_days`: of their difference, None where nothing can be told of it. `in_progress`
    at the end of the window."""

    n: int
    in_progress: int
    gap_days: float | None
    mean_cycle_time: float | None
    standard_error_days: float | None
    scope: Scope

    @property
    def debt_days(self) -> float | None:
        """Days: positive is debt made, negative debt paid back."""
        return (
            None
            if self.gap_days is None or self.mean_cycle_time is None
            else self.gap_days - self.mean_cycle_time
        )


def debt(sample: Sample) -> FlowDebt:
    """Measure both over the window."""
    days = sample.days
    everything = cfd(sample.within(Window(None, sample.window.last, "all")))
    came, left = everything.lines[0].counts, everything.lines[-1].counts
    skipped = days.start - everything.first
    before = left[skipped - 1] if skipped > 0 else 0
    last = left[-1] if left else 0
    gaps = [
        bisect_left(left, nth) - bisect_left(came, nth) + 1 for nth in range(before + 1, last + 1)
    ]
    took = [sample.days_of(card) for card in sample.finished]
    still = in_progress_on(sample, sample.window.last.toordinal())
    lasted = [*took, *(sample.days_by_end(card) for card in still)]
    error = None
    if took and len(lasted) > 1:
        error = stdev(lasted) / sqrt(len(took))
        if len(days) <= skipped:
            order = _by_past(sample, fmean(took), len(gaps))
            # The gap is that of abandoned cards, too.
            others = stdev(lasted) * sqrt(1 / len(took) - 1 / len(gaps))
            error = min(error, hypot(order, others))
    return FlowDebt(
        n=len(took),
        in_progress=len(still),
        gap_days=sum(gaps) / len(gaps) if gaps else None,
        mean_cycle_time=sum(took) / len(took) if took else None,
        standard_error_days=error,
        scope=sample.scope,
    )


def _by_past(sample: Sample, cycle_time: float, departed: int) -> float:
    """The standard error in days by how far the overtaking went up and down on all days so far: at
    both ends of the window it is where it happens to be, or away from where it was when the window
    began. One card out of its turn is what cannot be excluded on any board.

    Of days that are nearer to each other than cards take, twice that, nothing new is learned.
    """
    overtaken = _overtaken(sample)
    before = overtaken[-len(sample.days) - 1]
    apart = max(2.0, len(overtaken) / (2 * cycle_time))
    usual = 2 * pvariance(overtaken) * apart / (apart - 1)
    since = fmean((days - before) ** 2 for days in overtaken)
    return sqrt(max(usual, since, cycle_time**2)) / departed


def _overtaken(sample: Sample) -> Sequence[int]:
    """By the end of each day since the first commitment, the days by which the cards that had
    departed began later than as many that were begun first."""
    last = sample.window.last.toordinal()
    begun = sorted(card.start for card in sample.worked if card.start is not None)
    departed = sorted(
        (card.finish, card.start)
        for card in sample.worked
        if card.start is not None and card.finish is not None and card.finish <= last
    )
    grew: Counter[int] = Counter()
    for (day, start), first in zip(departed, begun, strict=False):
        grew[day] += start - first
    return list(accumulate(grew[day] for day in range(begun[0], last + 1)))
