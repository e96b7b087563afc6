"""Kaplan-Meier: how long things take when the ones still going count too.

Finished cards alone are optimistic, because the slow ones are still open. Source: Kaplan and
Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

_UNSURE = 1e-9


@dataclass(frozen=True, slots=True)
class Survival:
    """S(t), the share of cards that take longer than t: (t, S(t)) at every t where it falls.

    Exact fractions: in floating point a quantile that falls on a step depends on rounding.
    """

    steps: tuple[tuple[int, Fraction], ...]
    _times: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _rough: tuple[float, ...] = field(init=False, repr=False, compare=False)
    """-S(t), ascending."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_times", tuple(t for t, _ in self.steps))
        object.__setattr__(self, "_rough", tuple(-float(share) for _, share in self.steps))

    def time(self, p: int) -> int | None:
        """Return the first t with 1 - S(t) >= p/100: p % are finished; None when not reached."""
        share = Fraction(p, 100)
        return next((t for t, s in self.steps if 1 - s >= share), None)

    def at(self, t: int) -> Fraction:
        """Return S(t)."""
        before = bisect_right(self._times, t)
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
        before = bisect_right(self._times, age)
        left, rough = (self.steps[before - 1][1], -self._rough[before - 1]) if before else (1, 1.0)
        if not left:
            return None
        # Floats find the step, fractions decide between those that floats cannot tell apart.
        goal = rough * (100 - p) / 100
        at = bisect_left(self._rough, -goal - _UNSURE)
        sure = bisect_left(self._rough, -goal + _UNSURE)
        while at < sure and 100 * self.steps[at][1] > left * (100 - p):
            at += 1
        return max(0, self.steps[at][0] - age) if at < len(self.steps) else None


def kaplan_meier(
    finished: Iterable[int], censored: Iterable[int], entered: Iterable[int] = ()
) -> Survival:
    """Estimate S(t) = product over u <= t of (1 - d_u / n_u).

    d_u cards finished at duration u; n_u lasted u or longer. A censored card (open, or abandoned)
    is known only to last longer than its duration: at a tie it still counts in n_u.

    `entered` are the ages that some of these cards had when they came under observation: a card
    that was begun before the window counts in n_u only above that age, for had it ended before, it
    would not be here (left truncation). Where that leaves only cards that end, and older ones are
    known, nothing is told of longer durations: the few young ones are no ground for it.
    """
    ends = Counter(finished)
    cut = Counter(censored)
    late = sorted(entered)
    lasting = ends.total() + cut.total()
    share = Fraction(1)
    steps = []
    for t in sorted(ends.keys() | cut.keys()):
        after = lasting - ends[t] - cut[t]
        if ends[t]:
            at_risk = lasting - (len(late) - bisect_left(late, t))
            if after and at_risk == ends[t]:
                break
            share *= Fraction(at_risk - ends[t], at_risk)
            steps.append((t, share))
        lasting = after
    return Survival(tuple(steps))
