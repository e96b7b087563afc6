"""Forecasts from throughput: how many cards by a day, and by which day so many. Computed in closed
form, not sampled.

The cards finished in the days ahead are negative binomial, with the dispersion that the board had
before: sums of independent days scatter too little, because the rate of a board changes. "How many"
is calibrated by how often such forecasts held; "when" takes the rate itself for gamma distributed,
so that the farther ahead, the more it scatters, and goes through the chances of "how many" on the
day until which that looks (`Dates`).
"""

from collections.abc import Sequence
from dataclasses import field
from datetime import date, timedelta

from mlkanban.flow.finish_rate import FEWEST_DAYS, Ahead, FinishRate, last
from mlkanban.flow.negative_binomial import NegativeBinomial
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import Sample
from mlkanban.flow.throughput import daily
from mlkanban.flow.window import Scope
from mlkanban.records import record

HOW_MANY_DAYS = 14
"""Days that "how many" looks ahead unless it is asked for others."""
MOST_DAYS = 3650
_RATE_DAYS = 14
"""Over so many days it is measured how much the rate changes."""
_MOST_GROWTH = 1 / 3
"""The rate scatters no more than one that three finished cards are known of. How much it did was
measured while more was finished: on a board at rest that would make any rate likely, and "when"
years where weeks come."""
_MOST_STRETCH = 20.0
"""So many days of the rate a day counts for, at most."""
_HALVINGS = 40
_LEAST_SHOWN = 0.0005
"""A number of cards that is less likely than that is shown with those below it."""


@record(frozen=True, slots=True)
class GammaRate:
    """The finished cards of any number of days: `per_day` on average, with a variance of
    `dispersion` times that, and as many times `growth` more as cards are to be expected."""

    per_day: float
    dispersion: float
    growth: float

    def chance(self, cards: int, days: float) -> float:
        """The chance that so many cards or more are finished within so many days."""
        return self.spread(days).at_least(cards)

    def days(self, cards: int, percent: int) -> int | None:
        """The fewest days within which so many cards are finished with that chance; None beyond ten
        years."""
        goal = percent / 100
        short = last(lambda days: self.chance(cards, days) < goal, MOST_DAYS)
        return None if short == MOST_DAYS else short + 1

    def cards(self, days: int, percent: int) -> int:
        """The most cards that are finished within so many days with that chance."""
        goal, spread = percent / 100, self.spread(days)
        return last(lambda cards: spread.at_least(cards) >= goal, spread.most)

    def spread(self, days: float) -> NegativeBinomial:
        """How many cards are finished within so many days."""
        mean = self.per_day * days
        return NegativeBinomial(mean, self.dispersion + self.growth * mean)


@record(frozen=True, slots=True)
class Dates:
    """When so many cards are finished: a `rate`, and on the day until which `ahead` looks the
    chance that "how many" gives them.

    The days until then count for less where "how many" takes cards for less likely than the rate
    does, all alike. Where it takes them for likelier, because what is finished until then varies
    little, that is so of this day and no day before it. Each day after it counts whole, so that the
    farther ahead, the less is left of the difference.
    """

    rate: GammaRate
    ahead: Ahead
    until: int
    _worth: dict[int, float] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The days of the rate that the days until then count for, by number of cards."""

    def chance(self, cards: int, days: float) -> float:
        """The chance that so many cards or more are finished within so many days."""
        if days == self.until:
            return self.ahead.chance(cards)
        worth = self._worth_of(cards)
        if days < self.until:
            stretch = min(worth / self.until, 1.0)
            return min(self.rate.chance(cards, days * stretch), self.ahead.chance(cards))
        return max(self.rate.chance(cards, days - self.until + worth), self.ahead.chance(cards))

    def days(self, cards: int, percent: int) -> int | None:
        """The fewest days within which so many cards are finished with that chance; None beyond ten
        years."""
        goal = percent / 100
        short = last(lambda days: self.chance(cards, days) < goal, MOST_DAYS)
        return None if short == MOST_DAYS else short + 1

    def cards(self, days: int, percent: int) -> int:
        """The most cards that are finished within so many days with that chance."""
        goal = percent / 100
        most = max(self.rate.spread(days).most, self.ahead.spread.most)
        return last(lambda cards: self.chance(cards, days) >= goal, most)

    def _worth_of(self, cards: int) -> float:
        if cards not in self._worth:
            goal, low, high = self.ahead.chance(cards), 0.0, self.until * _MOST_STRETCH
            for _ in range(_HALVINGS):
                middle = (low + high) / 2
                if self.rate.chance(cards, middle) < goal:
                    low = middle
                else:
                    high = middle
            self._worth[cards] = high
        return self._worth[cards]


class Forecaster:
    """The forecasts of how many cards are finished in the next `days` days, and of when so many
    are, as the whole days of the past have it that it learned last."""

    def __init__(self, days: int = HOW_MANY_DAYS) -> None:
        self.days = days
        self.rate = FinishRate(days)
        self._lately = self.rate if days == _RATE_DAYS else FinishRate(_RATE_DAYS)

    def learn(self, counts: Sequence[int]) -> None:
        """Take these for the finished cards of each whole day of the past, the first day first."""
        self.rate.learn(counts)
        if self._lately is not self.rate:
            self._lately.learn(counts)

    @property
    def possible(self) -> bool:
        """Whether enough past days had throughput."""
        return self.rate.possible

    def how_many(self) -> Ahead:
        return self.rate.ahead()

    def when(self) -> GammaRate:
        rate = self._lately
        usual = min(rate.dispersion, rate.usual_dispersion)
        excess = rate.dispersion - usual
        growth = min(excess / (rate.per_day * _RATE_DAYS), _MOST_GROWTH)
        return GammaRate(rate.per_day, usual, growth)

    def dates(self) -> Dates:
        """When cards are finished, so that it agrees with how many are in the next `days` days."""
        return Dates(self.when(), self.how_many(), self.days)


@record(frozen=True, slots=True)
class Forecast:
    """`how_many`: percent -> cards finished within `days` days (by `by`), 0 where not one card is
    that likely; `when`: percent -> the day by which `cards` cards are finished, None beyond ten
    years. Both empty when too few past days had throughput.

    `chances`: (k, P(exactly k within `days`)), what is hardly likely told with the last k; `dates`:
    (day, P(the last of `cards` is finished on it)).

    `n` cards were finished on `past_days` whole days, on `active_days` of them; the day that is not
    over is `left_out`, though it is one of the days of the window. `per_day`: the rate, the last
    days weighing most, None without a forecast. `tried`: the past forecasts whose success went into
    `how_many`. `none_open`: `cards` were to be all open ones, and nothing is open; it is 1 then.
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
    per_day: float | None
    tried: int
    left_out: bool
    none_open: bool
    scope: Scope

    @property
    def possible(self) -> bool:
        """Whether enough past days had throughput."""
        return self.active_days >= FEWEST_DAYS

    @property
    def tried_periods(self) -> int:
        """How many of the past forecasts do not overlap."""
        return self.tried // self.days

    @property
    def chance_of_one(self) -> float:
        """The chance of one card or more within `days`."""
        return 1 - self.chances[0][1] if self.chances else 0.0

    @property
    def window_days(self) -> int:
        """The days of the window, as throughput counts them."""
        return self.past_days + self.left_out


def forecast(sample: Sample, *, days: int = HOW_MANY_DAYS, cards: int | None = None) -> Forecast:
    """Look `days` days ahead, and at the next `cards` cards (all open ones when None, at least 1).

    The past are the whole days of the window: the day of `as_of` is still going on, unless it is
    over by its last second.
    """
    forecaster = learned(sample, days)
    rate = forecaster.rate
    wanted = max(1, len(sample.open)) if cards is None else cards
    today = sample.today
    how_many: dict[int, int] = {}
    when: dict[int, date | None] = {}
    chances: tuple[tuple[int, float], ...] = ()
    dates: tuple[tuple[date, float], ...] = ()
    if forecaster.possible:
        soon = forecaster.dates()
        ahead = soon.ahead
        how_many = {p: ahead.cards(p) for p in PERCENTILES}
        chances = _chances(ahead)
        latest = {p: soon.days(wanted, p) for p in PERCENTILES}
        when = {p: today + timedelta(days=d) if d else None for p, d in latest.items()}
        dates = _dates(soon, wanted, today, latest[PERCENTILES[-1]])
    return Forecast(
        days=days, by=today + timedelta(days=days), cards=wanted, how_many=how_many, when=when,
        chances=chances, dates=dates, n=rate.finished, past_days=rate.days,
        active_days=rate.active_days, per_day=rate.per_day if forecaster.possible else None,
        tried=rate.tried, left_out=rate.days < len(sample.days),
        none_open=cards is None and not sample.open, scope=sample.scope,
    )  # fmt: skip


def learned(sample: Sample, days: int = HOW_MANY_DAYS) -> Forecaster:
    """The forecaster that knows the whole days of the window."""
    forecaster = Forecaster(days)
    forecaster.learn(past_days(sample))
    return forecaster


def past_days(sample: Sample) -> tuple[int, ...]:
    """Finished cards on each whole day of the window."""
    return daily(sample)[: len(sample.whole_days)]


def _chances(ahead: Ahead) -> tuple[tuple[int, float], ...]:
    most = last(lambda cards: ahead.chance(cards) >= _LEAST_SHOWN, ahead.spread.most)
    tail = [*(ahead.chance(cards) for cards in range(most + 1)), 0.0]
    return tuple((k, tail[k] - tail[k + 1]) for k in range(most + 1))


def _dates(
    soon: Dates, cards: int, today: date, latest: int | None
) -> tuple[tuple[date, float], ...]:
    """Day by day up to a while after the latest day that is told."""
    if latest is None:
        return ()
    reached = [soon.chance(cards, days) for days in range(latest + latest // 4 + 2)]
    return tuple(
        (today + timedelta(days=days), reached[days] - reached[days - 1])
        for days in range(1, len(reached))
    )
