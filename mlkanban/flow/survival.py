"""Kaplan-Meier: how long things take when the ones still going count too.

Finished cards alone are optimistic, because the slow ones are still open. Source: Kaplan and
Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter


@dataclass(frozen=True, slots=True)
class Survival:
    """S(t), the share of cards that take longer than t: (t, S(t)) at every t where it falls.

    Exact fractions: in floating point a quantile that falls on a step depends on rounding.
    """

    steps: tuple[tuple[int, Fraction], ...]

    def time(self, p: int) -> int | None:
        """Return the first t with 1 - S(t) >= p/100: p % are finished; None when not reached."""
        share = Fraction(p, 100)
        return next((t for t, s in self.steps if 1 - s >= share), None)

    def at(self, t: int) -> Fraction:
        """Return S(t)."""
        before = bisect_right(self.steps, t, key=itemgetter(0))
        return self.steps[before - 1][1] if before else Fraction(1)

    def chance(self, age: int, days: int) -> Fraction | None:
        """Return the chance that what has lasted `age` ends within `days` more; None where nothing
        ever ended later than that."""
        if not self.steps or age >= self.steps[-1][0]:
            return None
        left = self.at(age)
        return (left - self.at(age + days)) / left

    def time_left(self, age: int, p: int) -> int | None:
        """Return the fewest more days in which that chance reaches p %; None when it never does."""
        left = self.at(age)
        if not left:
            return None
        goal = left * (100 - p) / 100
        low, high = 0, len(self.steps)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.steps[middle][1] <= goal else (middle + 1, high)
        return max(0, self.steps[low][0] - age) if low < len(self.steps) else None


def kaplan_meier(finished: Iterable[int], censored: Iterable[int]) -> Survival:
    """Estimate S(t) = product over u <= t of (1 - d_u / n_u).

    d_u cards finished at duration u; n_u lasted u or longer. A censored card (open, or abandoned)
    is known only to last longer than its duration: at a tie it still counts in n_u.
    """
    ends = Counter(finished)
    cut = Counter(censored)
    at_risk = ends.total() + cut.total()
    share = Fraction(1)
    steps = []
    for t in sorted(ends.keys() | cut.keys()):
        if ends[t]:
            share *= Fraction(at_risk - ends[t], at_risk)
            steps.append((t, share))
        at_risk -= ends[t] + cut[t]
    return Survival(tuple(steps))
