"""Kaplan-Meier: how long things take when the ones still going count too.

Finished cards alone are optimistic, because the slow ones are still open. Source: Kaplan and
Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from math import prod

_UNSURE = 1e-9
FEWEST_AT_RISK = 5
"""So many cards are at risk at any duration that is told, as long as others come under observation
later."""


@dataclass(frozen=True, slots=True)
class Survival:
    """S(t), the share of cards that take longer than t: at each of the `times`, ascending, so many
    of those `at_risk` ended, and S falls. From `withheld` on, if it is not None, too few were at
    risk to tell.

    Exact: in floating point a quantile that falls on a step depends on rounding. Floats find the
    step, whole numbers decide between those that floats cannot tell apart.
    """

    times: tuple[int, ...]
    ends: tuple[int, ...]
    at_risk: tuple[int, ...]
    withheld: int | None = None
    _rough: tuple[float, ...] = field(init=False, repr=False, compare=False)
    """-S(t) as it is before the first of the times, and at each."""
    _ended: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stay = ((risk - ends) / risk for ends, risk in zip(self.ends, self.at_risk, strict=True))
        rough = accumulate(stay, lambda share, kept: share * kept, initial=-1.0)
        object.__setattr__(self, "_rough", tuple(rough))
        object.__setattr__(self, "_ended", tuple(accumulate(self.ends, initial=0)))

    @property
    def steps(self) -> tuple[tuple[int, Fraction], ...]:
        """(t, S(t)) at every t where it falls."""
        return tuple((t, self._lasting(0, at + 1)) for at, t in enumerate(self.times))

    def time(self, p: int) -> int | None:
        """Return the first t with 1 - S(t) >= p/100: p % are finished; None when not reached."""
        return self._reached(0, p)

    def at(self, t: int) -> Fraction:
        """Return S(t)."""
        return self._lasting(0, bisect_right(self.times, t))

    def older(self, age: int) -> int:
        """Return how many ended after they had lasted longer than `age`."""
        return self._ended[-1] - self._ended[bisect_right(self.times, age)]

    def chance(self, age: int, days: int) -> float | None:
        """Return the chance that what has lasted `age` ends within `days` more; None where nothing
        ever ended later than that, nothing is left by then, or it is withheld."""
        before = bisect_right(self.times, age)
        if before == len(self.times) or not self._rough[before]:
            return None
        if self.withheld is not None and age + days >= self.withheld:
            return None
        return 1 - self._rough[bisect_right(self.times, age + days)] / self._rough[before]

    def time_left(self, age: int, p: int) -> int | None:
        """Return the fewest more days in which that chance reaches p %; None when it never does."""
        start = bisect_right(self.times, age)
        reached = self._reached(start, p) if self._rough[start] else None
        return None if reached is None else reached - age

    def _lasting(self, start: int, end: int) -> Fraction:
        """The share that is left of those that came to the time at `start` before that at `end`."""
        ends, at_risk = self.ends[start:end], self.at_risk[start:end]
        stay = (risk - ended for risk, ended in zip(at_risk, ends, strict=True))
        return Fraction(prod(stay), prod(at_risk))

    def _reached(self, start: int, p: int) -> int | None:
        """The first time from the one at `start` on by which p % have ended."""
        goal = self._rough[start] * (100 - p) / 100
        unsure = _UNSURE * abs(self._rough[start])
        at = max(start + 1, bisect_left(self._rough, goal - unsure))
        sure = bisect_left(self._rough, goal + unsure)
        while at < sure and 100 * self._lasting(start, at) > 100 - p:
            at += 1
        return self.times[at - 1] if at <= len(self.times) else None


def kaplan_meier(
    finished: Iterable[int], censored: Iterable[int], entered: Iterable[int] = ()
) -> Survival:
    """Estimate S(t) = product over u <= t of (1 - d_u / n_u).

    d_u cards finished at duration u; n_u lasted u or longer. A censored card (open, or abandoned)
    is known only to last longer than its duration: at a tie it still counts in n_u.

    `entered` are the ages that some of these cards had when they came under observation: a card
    that was begun before the window counts in n_u only above that age, for had it ended before, it
    would not be here (left truncation). While such cards are still to come, few may be at risk:
    where fewer than five are, nothing is told of that duration and longer ones. S is a product, and
    what a handful of young cards did would stay in it for all that are older.
    """
    ends = Counter(finished)
    cut = Counter(censored)
    late = sorted(entered)
    lasting = ends.total() + cut.total()
    times: list[int] = []
    at_risk: list[int] = []
    withheld: int | None = None
    for t in sorted(ends.keys() | cut.keys()):
        if ends[t]:
            to_come = len(late) - bisect_left(late, t)
            risk = lasting - to_come
            if to_come and risk < FEWEST_AT_RISK:
                withheld = t
                break
            times.append(t)
            at_risk.append(risk)
        lasting -= ends[t] + cut[t]
    return Survival(tuple(times), tuple(ends[t] for t in times), tuple(at_risk), withheld)
