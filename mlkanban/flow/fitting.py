"""How much fits until a day: the forecast of finished cards, less those in progress already."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from mlkanban.flow.forecast import forecast
from mlkanban.flow.sample import Sample


@dataclass(frozen=True, slots=True)
class Fit:
    """Of the cards that would be begun from now on, in their order, the first `likely` are finished
    by `until` in 85 % of the forecasts, the first `even` in half of them; both are 0 with a
    `reason` where there is too little past."""

    until: date
    in_progress: int
    likely: int = 0
    even: int = 0
    reason: str = ""

    def word(self, place: int) -> str:
        """How likely the card at a place, from 0, is finished; '' for less than even odds."""
        return "85%" if place < self.likely else "50%" if place < self.even else ""

    @property
    def said(self) -> str:
        if self.reason:
            return self.reason
        return (
            f"by {self.until}: {self.likely} fit at 85 %, {self.even} at 50 %,"
            f" after the {self.in_progress} in progress"
        )

    def to_data(self) -> dict[str, Any]:
        return {
            "until": self.until.isoformat(),
            "in_progress": self.in_progress,
            "likely": self.likely,
            "even": self.even,
            "reason": self.reason or None,
        }


def fitting(sample: Sample, until: date) -> Fit:
    """What fits between the day of the sample and `until`, which lies after it."""
    ahead = forecast(sample, days=(until - sample.today).days, cards=1)
    underway = len(sample.open)
    if ahead.reason:
        return Fit(until, underway, reason=ahead.reason)
    left = {p: max(0, ahead.how_many[p] - underway) for p in (85, 50)}
    return Fit(until, underway, left[85], left[50])
