"""Forecasts from throughput: how many cards by a day, and by which day so many. Exact, no dice.

Source: T. Magennis and D. Vacanti forecast from past throughput by drawing days at random; here the
distribution that such drawing only approaches is computed. A future day finishes j cards with the
share p_j of past days that did; X_D, the sum of D such days, has the D-fold convolution of p.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, islice, pairwise

from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import Sample
from mlkanban.flow.throughput import daily
from mlkanban.flow.window import Scope

FEWEST_DAYS = 5
"""Days with throughput that a forecast needs."""
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
        self.most = max(counts)
        self._known: dict[tuple[int, int], _Power] = {}

    def chances(self, days: int) -> list[float]:
        """P(X_days >= k) for k from 0 to one more than is possible."""
        power = self._power(days, self.most * days + 1)
        below = accumulate(power.coefficients(), initial=0)
        return [(power.whole - short) / power.whole for short in below]

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

    def ahead(self, p: int, most: int) -> Iterator[int]:
        """Yield max{k <= most : P(X_D >= k) >= p %} for D = 1, 2, ..."""
        cards = 0
        for day, short in enumerate(self._short(most), 1):
            while cards < most:
                below = (short & (_LANE ** (cards + 1) - 1)) % (_LANE - 1) / _ONE
                chance = 100 * (1 - below)
                unsure = abs(chance - p) < _UNSURE
                if not (self.reaches(day, cards + 1, p) if unsure else chance > p):
                    break
                cards += 1
            yield cards

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

    def coefficients(self) -> Iterator[int]:
        """Yield all of them, the lowest first."""
        raw, width = self._product.to_bytes(self._width * self._top, "little"), self._width
        for at in range(0, len(raw), width):
            yield int.from_bytes(raw[at : at + width], "little")

    def below(self, k: int) -> int:
        """The sum of the coefficients before the k-th: as 999 divides all but the digits of a
        number in thousands, so the remainder is their sum."""
        bits = 8 * self._width
        return (self._product & ((1 << bits * k) - 1)) % ((1 << bits) - 1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`how_many`: percent -> cards finished within `days` days (by `by`); `when`: percent -> the
    day by which `cards` cards are finished, None beyond ten years. Both empty when too few past
    days had throughput.

    `chances`: (k, P(exactly k within `days`)); `dates`: (day, P(the last of `cards` is finished on
    it)).

    `past_days` of the window were drawn from; the day that is not over is `left_out`, though it is
    one of the days of the window. `none_open`: `cards` were to be all open ones, and nothing is
    open; it is 1 then.
    """

    days: int
    by: date
    cards: int
    how_many: dict[int, int]
    when: dict[int, date | None]
    chances: tuple[tuple[int, float], ...]
    dates: tuple[tuple[date, float], ...]
    n: int
    past_days: int
    active_days: int
    left_out: bool
    none_open: bool
    scope: Scope

    @property
    def possible(self) -> bool:
        """Whether enough past days had throughput."""
        return self.active_days >= FEWEST_DAYS

    @property
    def window_days(self) -> int:
        """The days of the window, as throughput counts them."""
        return self.past_days + self.left_out


def forecast(sample: Sample, *, days: int = 14, cards: int | None = None) -> Forecast:
    """Look `days` days ahead, and at the next `cards` cards (all open ones when None, at least 1).

    The past are the whole days of the window: the day of `as_of` is still going on, unless it is
    over by its last second.
    """
    past = past_days(sample)
    wanted = max(1, len(sample.open)) if cards is None else cards
    active = sum(count > 0 for count in past)
    today = sample.today
    how_many: dict[int, int] = {}
    when: dict[int, date | None] = {}
    chances: tuple[tuple[int, float], ...] = ()
    dates: tuple[tuple[date, float], ...] = ()
    if active >= FEWEST_DAYS:
        sums = Sums(past)
        how_many = {p: sums.how_many(p, days) for p in PERCENTILES}
        ahead = {p: sums.when(p, wanted) for p in PERCENTILES}
        when = {p: today + timedelta(days=d) if d else None for p, d in ahead.items()}
        chances = _chances(sums, days)
        dates = _dates(sums, wanted, today, ahead[PERCENTILES[-1]])
    return Forecast(
        days=days, by=today + timedelta(days=days), cards=wanted, how_many=how_many, when=when,
        chances=chances, dates=dates, n=sum(past), past_days=len(past), active_days=active,
        left_out=len(past) < len(sample.days), none_open=cards is None and not sample.open,
        scope=sample.scope,
    )  # fmt: skip


def past_days(sample: Sample) -> tuple[int, ...]:
    """Finished cards on each whole day of the window."""
    return daily(sample)[: len(whole_days(sample))]


def whole_days(sample: Sample) -> range:
    """The days of the window without the one that is still going on."""
    over = sample.as_of >= sample.workflow.end_of_day(sample.window.last).replace(microsecond=0)
    return sample.days if over else sample.days[:-1]


def _chances(sums: Sums, days: int) -> tuple[tuple[int, float], ...]:
    tail = sums.chances(days)
    return tuple((k, before - after) for k, (before, after) in enumerate(pairwise(tail)))


def _dates(sums: Sums, cards: int, today: date, last: int | None) -> tuple[tuple[date, float], ...]:
    """Day by day up to a while after the latest day that is told."""
    if last is None:
        return ()
    chances = [0.0, *islice(sums.soon(cards), last + last // 4 + 1)]
    return tuple(
        (today + timedelta(days=day), after - before)
        for day, (before, after) in enumerate(pairwise(chances), 1)
    )
