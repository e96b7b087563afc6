"""Kaplan-Meier: how long things take when the ones still going count too.

Finished cards alone are optimistic, because the slow ones are still open. Source: Kaplan and
Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import field
from fractions import Fraction
from itertools import accumulate
from math import prod

from mlkanban.records import record

_UNSURE = 1e-9


@record(frozen=True, slots=True)
class Survival:
    """S(t), the share of cards that take longer than t: at each of the `times`, ascending, so many
    of those `at_risk` ended, and S falls. At the times in `emptied` all at risk ended while others,
    known to be older, came under observation later: nothing goes on from there, and of what has
    lasted longer the curve begins anew.

    Exact: in floating point a quantile that falls on a step depends on rounding. Floats find the
    step, whole numbers decide between those that floats cannot tell apart.
    """

    times: tuple[int, ...]
    ends: tuple[int, ...]
    at_risk: tuple[int, ...]
    emptied: tuple[int, ...] = ()
    _rough: tuple[float, ...] = field(init=False, repr=False, compare=False)
    """-S(t) as it is before the first of the times, and at each; -1 again where it was emptied."""
    _ended: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rough = [-1.0]
        emptied = set(self.emptied)
        for t, ends, risk in zip(self.times, self.ends, self.at_risk, strict=True):
            rough.append(-1.0 if t in emptied else rough[-1] * ((risk - ends) / risk))
        object.__setattr__(self, "_rough", tuple(rough))
        object.__setattr__(self, "_ended", tuple(accumulate(self.ends, initial=0)))

    @property
    def withheld(self) -> int | None:
        """The duration from which on S is not told; None where it is told of all."""
        return self.emptied[0] if self.emptied else None

    @property
    def steps(self) -> tuple[tuple[int, Fraction], ...]:
        """(t, S(t)) at every t where it falls, as far as it is told."""
        told = self.times[: self._end(0)]
        return tuple((t, self._lasting(0, at + 1)) for at, t in enumerate(told))

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
        ever ended later than that, or all at risk had ended by then."""
        before, until = (bisect_right(self.times, t) for t in (age, age + days))
        if before == len(self.times) or until > self._end(before):
            return None
        return 1 - self._rough[until] / self._rough[before]

    def time_left(self, age: int, p: int) -> int | None:
        """Return the fewest more days in which that chance reaches p %; None when it never does."""
        reached = self._reached(bisect_right(self.times, age), p)
        return None if reached is None else reached - age

    def _end(self, start: int) -> int:
        """How many of the times are told of to what lasted to the one at `start`."""
        at = bisect_left(self.emptied, self.times[start]) if start < len(self.times) else -1
        empty = 0 <= at < len(self.emptied)
        return bisect_left(self.times, self.emptied[at]) if empty else len(self.times)

    def _lasting(self, start: int, end: int) -> Fraction:
        """The share that is left of those that came to the time at `start` before that at `end`."""
        ends, at_risk = self.ends[start:end], self.at_risk[start:end]
        stay = (risk - ended for risk, ended in zip(at_risk, ends, strict=True))
        return Fraction(prod(stay), prod(at_risk))

    def _reached(self, start: int, p: int) -> int | None:
        """The first time from the one at `start` on by which p % have ended."""
        goal, end = self._rough[start] * (100 - p) / 100, self._end(start) + 1
        unsure = _UNSURE * abs(self._rough[start])
        at = bisect_left(self._rough, goal - unsure, start + 1, end)
        sure = bisect_left(self._rough, goal + unsure, start + 1, end)
        while at < sure and 100 * self._lasting(start, at) > 100 - p:
            at += 1
        return self.times[at - 1] if at < end else None


def kaplan_meier(
    finished: Iterable[int], censored: Iterable[int], entered: Iterable[int] = ()
) -> Survival:
    """Estimate S(t) = product over u <= t of (1 - d_u / n_u).

    d_u cards finished at duration u; n_u lasted u or longer. A censored card (open, or abandoned)
    is known only to last longer than its duration: at a tie it still counts in n_u.

    `entered` are the ages that some of these cards had when they came under observation: a card
    that was begun before the window counts in n_u only above that age, for had it ended before, it
    would not be here (left truncation). Where all at risk end while such cards are still to come, S
    would be 0, and they show that it is not: it is not told from there on.
    """
    ends = Counter(finished)
    cut = Counter(censored)
    late = sorted(entered)
    lasting = ends.total() + cut.total()
    times: list[int] = []
    at_risk: list[int] = []
    emptied: list[int] = []
    for t in sorted(ends.keys() | cut.keys()):
        if ends[t]:
            to_come = len(late) - bisect_left(late, t)
            times.append(t)
            at_risk.append(lasting - to_come)
            if to_come and at_risk[-1] == ends[t]:
                emptied.append(t)
        lasting -= ends[t] + cut[t]
    return Survival(tuple(times), tuple(ends[t] for t in times), tuple(at_risk), tuple(emptied))
