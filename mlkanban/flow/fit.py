"""How much fits until a day: the forecast of finished cards, less those in progress already."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from mlkanban.flow.forecast import Forecast, Sums, forecast, past_days
from mlkanban.flow.sample import Sample

PLACES = 200
"""So many cards, the first ones, have a day by which they are finished ..."""
_DAYS = 90
"""... if it is no more than so many days ahead."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Of the cards that would be begun from now on, in their order, the first `likely` are finished
    by `until` in 85 % of the forecasts, the first `even` in half of them; both are 0 where the
    `forecast` is not possible. `ahead`: as `likely`, by the end of 1, 2, ... days after `today`.
    """

    until: date
    in_progress: int
    forecast: Forecast
    likely: int = 0
    even: int = 0
    today: date = date.min
    ahead: tuple[int, ...] = ()

    def day_of(self, place: int) -> date | None:
        """The day by which the card at a place, from 0, is finished in 85 % of the forecasts; None
        where that takes more than 90 days, and for cards that have no day."""
        days = bisect_right(self.ahead, place)
        return self.today + timedelta(days=days + 1) if days < len(self.ahead) else None


def fit(sample: Sample, until: date) -> Fit:
    """What fits between the day of the sample and `until`, which lies after it."""
    ahead = forecast(sample, days=(until - sample.today).days, cards=1)
    underway = len(sample.open)
    if not ahead.possible:
        return Fit(until, underway, ahead)
    left = {p: max(0, ahead.how_many[p] - underway) for p in (85, 50)}
    cards = Sums(past_days(sample)).ahead(85, underway + PLACES)
    by_day = tuple(max(0, count - underway) for count in islice(cards, _DAYS))
    return Fit(until, underway, ahead, left[85], left[50], sample.today, by_day)
