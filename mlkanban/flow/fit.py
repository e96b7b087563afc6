"""How much fits until a day: the forecast of finished cards, less those in progress already."""

from dataclasses import dataclass
from datetime import date

from mlkanban.flow.forecast import Forecast, forecast
from mlkanban.flow.sample import Sample


@dataclass(frozen=True, slots=True)
class Fit:
    """Of the cards that would be begun from now on, in their order, the first `likely` are finished
    by `until` in 85 % of the forecasts, the first `even` in half of them; both are 0 where the
    `forecast` is not possible."""

    until: date
    in_progress: int
    forecast: Forecast
    likely: int = 0
    even: int = 0


def fit(sample: Sample, until: date) -> Fit:
    """What fits between the day of the sample and `until`, which lies after it."""
    ahead = forecast(sample, days=(until - sample.today).days, cards=1)
    underway = len(sample.open)
    if not ahead.possible:
        return Fit(until, underway, ahead)
    left = {p: max(0, ahead.how_many[p] - underway) for p in (85, 50)}
    return Fit(until, underway, ahead, left[85], left[50])
