"""What a chart shows, whatever its size."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from mlkanban.flow.cycle_time import CycleTimes
from mlkanban.flow.percentiles import percentiles

# Below this many days a chart in days would have one or two bars, so hours are drawn.
FEWEST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled vertical line at a value."""

    value: int
    label: str


@dataclass(frozen=True, slots=True)
class HistogramSpec:
    """A histogram of whole numbers: (value, how often) in ascending order, and its marks."""

    counts: tuple[tuple[int, int], ...]
    unit: Literal["days", "hours"]
    marks: tuple[Mark, ...]


def histogram_spec(times: CycleTimes, *, sle: int | None = None) -> HistogramSpec:
    """Return the histogram of finished cards, marked at the percentiles they are enough for.

    `sle` adds a mark at a service level expectation of so many days. When no card took 3 days the
    histogram and its marks are in elapsed hours, where an SLE, in calendar days, has no place.
    """
    in_hours = times.max is not None and times.max < FEWEST_DAYS
    values = sorted(card.hours if in_hours else card.days for card in times.cards)
    marks = [Mark(value, f"p{p}") for p, value in percentiles(values).items() if value is not None]
    if sle is not None and not in_hours:
        marks.append(Mark(sle, "SLE"))
    return HistogramSpec(
        counts=tuple(sorted(Counter(values).items())),
        unit="hours" if in_hours else "days",
        marks=tuple(marks),
    )
