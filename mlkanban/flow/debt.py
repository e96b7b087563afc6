"""Flow debt: what the cards finished in a window owe to cards that wait.

Source: D. Vacanti, Actionable Agile Metrics: the mean horizontal distance between the lines of
commitment and departure in the cumulative flow diagram is how long work takes on the whole; when
the cards that were finished took less, others were left to age for it: debt was made.

A steady board shows some debt in any window by chance: only what lies beyond two standard errors is
told as debt. The error is that of a mean over the finished cards, with the spread of the open ones,
at their age, in it: without the old cards it is too small where a few take very long.
"""

from bisect import bisect_left
from dataclasses import dataclass
from math import sqrt
from statistics import stdev

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
    return FlowDebt(
        n=len(took),
        in_progress=len(still),
        gap_days=sum(gaps) / len(gaps) if gaps else None,
        mean_cycle_time=sum(took) / len(took) if took else None,
        standard_error_days=stdev(lasted) / sqrt(len(took)) if took and len(lasted) > 1 else None,
        scope=sample.scope,
    )
