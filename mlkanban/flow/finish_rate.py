"""How fast cards are finished lately, and how far from that it was in the past.

Over some days the number of finished cards scatters more than independent days would have it,
because the rate itself changes. By how much is seen from what came after each day of the past.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from mlkanban.flow.negative_binomial import NegativeBinomial
from mlkanban.records import record

HALF_LIFE_DAYS = 20
"""A day so far back has half of the weight of the last one."""
SPAN_DAYS = 365
"""So many days are looked back on for how far off the rate was."""
FEWEST_DAYS = 5
"""Days with throughput that a forecast needs."""
_WEIGHT = 0.5 ** (1 / HALF_LIFE_DAYS)
_FIRST_ERROR, _FIRST_TRIED = 20, 30
"""Before so many days a rate is too new for its errors to count, and a forecast for how it held."""
_USUAL_DISPERSION, _USUAL_PERIODS = 3.0, 3
"""What a board has of which nothing is known, and for how many periods of its own that counts."""
_HONEST_PERIODS = 4
"""For so many periods it counts that forecasts hold as often as they say."""
_PART_OF_STEP = 0.25
"""Where what came counts between as many cards and more. Cards are whole, so that the most cards
which have a chance of 85 % have a higher one, by half a step on average; at half a step that is
kept, at none forecasts promise too much where work is steady."""
_SUREST = 0.9995
"""No past makes a forecast surer than that."""


@record(frozen=True, slots=True)
class Ahead:
    """How many cards are finished in the days ahead.

    `spread` is what the rate makes of them. `met` says of each day of the past whose days ahead are
    over how likely more cards were than came, in ascending order; `periods` how many of these do
    not overlap.
    """

    spread: NegativeBinomial
    met: tuple[float, ...]
    periods: float

    def chance(self, cards: int) -> float:
        """The chance of so many cards or more: in how many cases of the past it came to as much as
        would have been as likely, with some cases in which the forecast was right (conformal
        prediction; Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005)."""
        likely = self.spread.at_least(cards)
        if cards <= 0 or not self.met:
            return likely
        held = bisect_left(self.met, likely) / len(self.met)
        every = self.periods + _HONEST_PERIODS
        return (held * self.periods + likely * _HONEST_PERIODS) / every

    def cards(self, percent: int) -> int:
        """The most cards that have a chance of at least `percent`; 0 where not one has."""
        goal = percent / 100
        return last(lambda cards: self.chance(cards) >= goal, self.spread.most)


def last(holds: Callable[[int], bool], most: int) -> int:
    """The last number from 1 to `most` for which something holds that ceases to; 0 for none."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


class FinishRate:
    """The finished cards of each whole day, as far as they are known, and on each of these days how
    fast it went and what came in the `horizon` days after it."""

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self._counts: list[int] = []
        self._done = [0]
        self._active = [0]
        self._sums = [(0.0, 0.0, 0.0)]
        self._errors = [(0.0, 0.0)]
        self._met: dict[int, float] = {}

    def learn(self, counts: Sequence[int]) -> None:
        """Take these for the finished cards of each day, the first day first. Where they begin like
        those known before, only what is new is counted."""
        known = self._counts
        same = len(known)
        if list(counts[:same]) != known:
            both = enumerate(zip(known, counts, strict=False))
            differs = (at for at, (before, now) in both if before != now)
            same = next(differs, min(len(known), len(counts)))
            self._forget(same)
        for count in counts[same:]:
            self._add(count)

    @property
    def days(self) -> int:
        return len(self._counts)

    @property
    def finished(self) -> int:
        return self._done[-1]

    @property
    def active_days(self) -> int:
        """The days on which something was finished."""
        return self._active[-1]

    @property
    def possible(self) -> bool:
        """Whether there is enough throughput for a forecast."""
        return self.active_days >= FEWEST_DAYS

    @property
    def per_day(self) -> float:
        """Finished cards a day, the last days weighing most."""
        return self._per_day(len(self._counts) - 1)

    @property
    def usual_dispersion(self) -> float:
        """Variance by mean as days have it that do not depend on each other, of any number of days;
        what is usual where that is more."""
        return self._usual_dispersion(len(self._counts) - 1)

    @property
    def dispersion(self) -> float:
        """Variance of the next `horizon` days by mean."""
        return self._dispersion(len(self._counts) - 1)

    @property
    def tried(self) -> int:
        """The past days that say how often forecasts held."""
        return len(self._known())

    def ahead(self) -> Ahead:
        """What to expect of the next `horizon` days."""
        met = self._known()
        spread = NegativeBinomial(self.per_day * self.horizon, self.dispersion)
        return Ahead(spread, tuple(sorted(met)), len(met) / self.horizon)

    def _known(self) -> list[float]:
        end = len(self._errors) - 1
        days = range(max(0, end - 1 - SPAN_DAYS), end)
        return [met for met in map(self._met_on, days) if met is not None]

    def _forget(self, days: int) -> None:
        del self._counts[days:], self._done[days + 1 :], self._active[days + 1 :]
        del self._sums[days + 1 :]
        over = max(0, days - self.horizon)
        del self._errors[over + 1 :]
        self._met = {day: met for day, met in self._met.items() if day < over}

    def _add(self, count: int) -> None:
        self._counts.append(count)
        self._done.append(self._done[-1] + count)
        self._active.append(self._active[-1] + (count > 0))
        weights, first, second = self._sums[-1]
        self._sums.append(
            (weights * _WEIGHT + 1, first * _WEIGHT + count, second * _WEIGHT + count * count)
        )
        day = len(self._counts) - 1 - self.horizon
        if day >= 0:
            self._is_over(day)

    def _is_over(self, day: int) -> None:
        """The days after `day` are over: take in what came in them."""
        expected = self._per_day(day) * self.horizon
        squares, total = self._errors[-1]
        self._errors.append((squares + (self._came(day) - expected) ** 2, total + expected))

    def _came(self, day: int) -> int:
        """The cards finished in the days after one that are over."""
        return self._done[day + 1 + self.horizon] - self._done[day + 1]

    def _met_on(self, day: int) -> float | None:
        """How likely more cards were than came after a day; None where it was no day to forecast
        from."""
        if day < _FIRST_TRIED or self._active[day + 1] < FEWEST_DAYS:
            return None
        if day not in self._met:
            came = self._came(day)
            spread = NegativeBinomial(self._per_day(day) * self.horizon, self._dispersion(day))
            more, as_many = spread.at_least(came + 1), spread.at_least(came)
            self._met[day] = min(more + _PART_OF_STEP * (as_many - more), _SUREST)
        return self._met[day]

    def _per_day(self, day: int) -> float:
        weights, first, _ = self._sums[day + 1]
        return first / weights

    def _usual_dispersion(self, day: int) -> float:
        weights, first, second = self._sums[day + 1]
        mean = first / weights
        daily = (second / weights - mean * mean) / mean if mean else 1.0
        return max(_USUAL_DISPERSION, daily)

    def _dispersion(self, day: int) -> float:
        usual = self._usual_dispersion(day)
        begin, end = max(_FIRST_ERROR, day - SPAN_DAYS), day + 1 - self.horizon
        if end <= begin:
            return usual
        (squares, expected), (before, less) = self._errors[end], self._errors[begin]
        if expected <= less:
            return usual
        own, periods = (squares - before) / (expected - less), (end - begin) / self.horizon
        return (own * periods + usual * _USUAL_PERIODS) / (periods + _USUAL_PERIODS)
