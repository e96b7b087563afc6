"""The forecast that drew future days from past ones, for calibration to compare with.

A future day finishes j cards with the share p_j of past days that did; X_D, the sum of D such days,
has the D-fold convolution of p, as T. Magennis and D. Vacanti approach it by drawing at random.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

MOST_DAYS = 3650
_UNSURE = 1e-6
_ONE, _LANE = 1 << 56, 1 << 128
"""A probability of 1 in a lane, and a lane; see `Sums._short`."""


class Sums:
    """The exact distribution of X_D, the sum of D days drawn from past ones.

    `counts` are the finished cards of each past day, at least one day. All probabilities of X_D are
    whole numbers in units of 1 / len(counts) ** D.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self._of_one_day = Counter(counts)
        self._days = len(counts)
        self._finished = sum(counts)
        self._known: dict[tuple[int, int], _Power] = {}

    def how_many(self, p: int, days: int) -> int:
        """max{k : P(X_days >= k) >= p %} for p of at least 50."""
        # By Markov's inequality no median is above twice the mean.
        top = 2 * days * self._finished // self._days + 2
        power = self._power(days, top)
        short = power.whole * (100 - p) // 100
        return bisect_right(range(top + 1), short, key=power.below) - 1

    def when(self, p: int, cards: int) -> int | None:
        """min{D : P(X_D >= cards) >= p %} in days; None beyond ten years."""
        for day, chance in enumerate(islice(self.soon(cards), MOST_DAYS), 1):
            unsure = abs(100 * chance - p) < _UNSURE
            if self.reaches(day, cards, p) if unsure else 100 * chance > p:
                return day
        return None

    def soon(self, cards: int) -> Iterator[float]:
        """Yield P(X_D >= cards) for D = 1, 2, ..., to about ten decimal places."""
        for short in self._short(cards):
            yield 1 - short % (_LANE - 1) / _ONE

    def _short(self, cards: int) -> Iterator[int]:
        """Yield for D = 1, 2, ... the chances P(X_D = k) for k below `cards`.

        They lie side by side in one number, each in a lane of 128 bits with 56 binary places; one
        multiplication moves all of them on by a day.
        """
        day = sum(often * _ONE // self._days * _LANE**j for j, often in self._of_one_day.items())
        kept = (_LANE**cards - 1) // (_LANE - 1) * (2 * _ONE - 1)
        short = _ONE
        while True:
            short = short * day // _ONE & kept
            yield short

    def reaches(self, days: int, cards: int, p: int) -> bool:
        """Whether P(X_days >= cards) >= p %."""
        power = self._power(days, cards)
        return 100 * (power.whole - power.below(cards)) >= p * power.whole

    def _power(self, days: int, top: int) -> "_Power":
        if (days, top) not in self._known:
            made = _Power(self._of_one_day, self._days**days, days, top)
            self._known[days, top] = made
        return self._known[days, top]


class _Power:
    """The first `top` coefficients of a polynomial raised to a power, by multiplying whole numbers.

    Every coefficient has its own bytes of one large number; multiplying that multiplies the
    polynomials, and no sum spills over, for all coefficients add up to `whole`.
    """

    def __init__(self, polynomial: Mapping[int, int], whole: int, power: int, top: int) -> None:
        self.whole = whole
        self._width = whole.bit_length() // 8 + 1
        size = self._width * top
        kept = (1 << (8 * size)) - 1
        factor = sum(often << (8 * self._width * j) for j, often in polynomial.items()) & kept
        product = 1
        while power:
            if power & 1:
                product = product * factor & kept
            power >>= 1
            if power:
                factor = factor * factor & kept
        self._product = product
        self._top = top

    def below(self, k: int) -> int:
        """The sum of the coefficients before the k-th: as 999 divides all but the digits of a
        number in thousands, so the remainder is their sum."""
        bits = 8 * self._width
        return (self._product & ((1 << bits * k) - 1)) % ((1 << bits) - 1)
