"""How much fits until a day: the cards finished by then, less those in progress already."""

from bisect import bisect_right
from datetime import date, timedelta

from mlkanban.flow.card_chances import card_chances
from mlkanban.flow.forecast import Forecast, forecast, learned
from mlkanban.flow.sample import Sample
from mlkanban.records import record

PLACES = 200
"""So many cards, the first ones, have a day by which they are finished ..."""
_DAYS = 90
"""... if it is no more than so many days ahead."""


@record(frozen=True, slots=True)
class Fit:
    """Of the cards that would be begun from now on, in their order, the first `likely` are finished
    by `until` with a chance of 85 %, the first `even` with one of 50 %; both are 0 where the
    `forecast` is not possible. `ahead`: as `likely`, by the end of 1, 2, ... days after `today`.

    All of it is when the so-and-so-many-th card from now on is finished, as `forecast --cards` has
    it, so that a card fits by every day from the day of its own on. Before it those `in_progress`
    are finished, of all that are `open` the ones without open parts.
    """

    until: date
    in_progress: int
    open: int
    forecast: Forecast
    likely: int = 0
    even: int = 0
    today: date = date.min
    ahead: tuple[int, ...] = ()

    def day_of(self, place: int) -> date | None:
        """The day by which the card at a place, from 0, is finished with a chance of 85 %; None
        where that takes more than 90 days, and for cards that have no day."""
        days = bisect_right(self.ahead, place)
        return self.today + timedelta(days=days + 1) if days < len(self.ahead) else None


def fit(sample: Sample, until: date) -> Fit:
    """What fits between the day of the sample and `until`, which lies after it."""
    days = (until - sample.today).days
    ahead = forecast(sample, days=days, cards=1)
    underway, opened = card_chances(sample).in_progress, len(sample.open)
    if not ahead.possible:
        return Fit(until, underway, opened, ahead)
    soon = learned(sample).dates()
    left = {p: max(0, soon.cards(days, p) - underway) for p in (85, 50)}
    by_day = (soon.cards(day, 85) for day in range(1, _DAYS + 1))
    by_place = tuple(max(0, min(PLACES, cards - underway)) for cards in by_day)
    return Fit(until, underway, opened, ahead, left[85], left[50], sample.today, by_place)
