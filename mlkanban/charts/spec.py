"""What each picture shows, whatever its size."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from mlkanban.flow.percentiles import percentiles

if TYPE_CHECKING:
    from mlkanban.flow.cycle_time import CycleTimes
    from mlkanban.flow.lead import LeadTimes

# Below this many days a chart in days would have one or two bars, so hours are drawn.
FEWEST_DAYS = 3

Role = Literal[
    "area-1", "area-2", "area-3", "area-4",
    "title", "text", "dim", "faint", "alarm", "live", "clock", "value", "mark", "focus",
]  # fmt: skip
"""What a colour says, whatever the theme; areas are never text."""

Cards = tuple[str, ...]
"""Short ids of the cards behind a part of a picture."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled line at a value."""

    value: int
    label: str


@dataclass(frozen=True, slots=True)
class HistogramSpec:
    """A histogram of whole numbers: (value, how often) in ascending order, its marks, and the cards
    of each value in the same order."""

    counts: tuple[tuple[int, int], ...]
    unit: Literal["days", "hours"]
    marks: tuple[Mark, ...]
    cards: tuple[Cards, ...] = ()


def histogram_spec(times: CycleTimes | LeadTimes, *, sle: int | None = None) -> HistogramSpec:
    """Return the histogram of finished cards, marked at the percentiles they are enough for.

    `sle` adds a mark at a service level expectation of so many days. When no card took 3 days the
    histogram and its marks are in elapsed hours, where an SLE, in calendar days, has no place.
    """
    in_hours = times.max is not None and times.max < FEWEST_DAYS
    by_value: defaultdict[int, list[str]] = defaultdict(list)
    for card in times.cards:
        by_value[card.hours if in_hours else card.days].append(card.ref)
    values = sorted(value for value, refs in by_value.items() for _ in refs)
    marks = [Mark(value, f"p{p}") for p, value in percentiles(values).items() if value is not None]
    if sle is not None and not in_hours:
        marks.append(Mark(sle, "SLE"))
    return HistogramSpec(
        counts=tuple((value, len(by_value[value])) for value in sorted(by_value)),
        unit="hours" if in_hours else "days",
        marks=tuple(marks),
        cards=tuple(tuple(by_value[value]) for value in sorted(by_value)),
    )


@dataclass(frozen=True, slots=True)
class Dot:
    """A card that ended on a day after so many calendar days."""

    day: date
    days: int
    outcome: str
    card: str


@dataclass(frozen=True, slots=True)
class ScatterSpec:
    """Cards by the day they ended (across) and the days they took (up), with horizontal marks."""

    first: date
    last: date
    dots: tuple[Dot, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One line of a cumulative flow diagram, day by day; `cards` stand below it now."""

    label: str
    counts: tuple[int, ...]
    cards: Cards


@dataclass(frozen=True, slots=True)
class CfdSpec:
    """At most four lines, nested, the lowest last; drawn from `base` up. The highest falls only
    where parts of a card go."""

    first: date
    base: int
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class AgingItem:
    """An open card in the stage at a position, so many days old: is it blocked, older than the pace
    of its stage, past the SLE?"""

    card: str
    stage: int
    age: int
    blocked: bool = False
    stale: bool = False
    late: bool = False

    @property
    def role(self) -> Role:
        return "alarm" if self.blocked else "clock" if self.stale or self.late else "text"

    @property
    def label(self) -> str:
        """The card as it is named in the picture: `!` past the pace, `!!` past the SLE."""
        return self.card + ("!!" if self.late else "!" if self.stale else "")


@dataclass(frozen=True, slots=True)
class AgingSpec:
    """Open cards by stage and age; `pace` is the age that 85 % of the finished cards had at most
    when they left the stage, None where too few did."""

    stages: tuple[str, ...]
    pace: tuple[int | None, ...]
    items: tuple[AgingItem, ...]
    sle: int | None


@dataclass(frozen=True, slots=True)
class HistogramBar:
    """So many on a day, or in the days from `first` on; `second` is drawn as a ring."""

    first: date
    count: int
    second: int | None
    cards: Cards


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Amounts over time as bars, with their mean. Where there are more buckets than room, those
    that fall together are added (`sum`), or the highest stands for them (`max`)."""

    unit: str
    counted: str
    second: str
    buckets: tuple[HistogramBar, ...]
    mean: float | None
    merge: Literal["sum", "max"]


@dataclass(frozen=True, slots=True)
class XmrSpec:
    """Values in order, each of a card, with mean and limits."""

    values: tuple[tuple[str, int], ...]
    mean: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class ChancesSpec:
    """The chance (0..1) of each of `names`, in order, where each takes in those after it (so many
    cards or more), or those before it (a day or an earlier one); marks stand at positions."""

    unit: str
    names: tuple[str, ...]
    chances: tuple[float, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class BarRow:
    """A horizontal bar of parts, with a text at its end, and what is wrong now after it; `role` is
    that of its only part, where the bar is an answer. What the number names as its answer `leads`:
    its words stand out. `short` is its label where there is too little room for labels."""

    label: str
    parts: tuple[float, ...]
    text: str
    cards: Cards
    alert: str = ""
    role: Role | None = None
    leads: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True)
class BarsSpec:
    """Horizontal bars, longest possible the sum of parts, each part in its role; `parts` names them
    where there are several."""

    unit: str
    parts: tuple[str, ...]
    rows: tuple[BarRow, ...]
    roles: tuple[Role, ...] = ("area-2",)


@dataclass(frozen=True, slots=True)
class CurveLine:
    """Values over a place such as a step, in parts that are not joined: (place, value) in ascending
    order of place. `label` names it at its end; `letter` draws it where there are no dots. A `mark`
    is one place alone, drawn in a cell."""

    label: str
    role: Role
    parts: tuple[tuple[tuple[float, float], ...], ...]
    letter: str = "*"
    mark: bool = False


@dataclass(frozen=True, slots=True)
class CurveLevel:
    """A horizontal line at a value."""

    value: float
    label: str
    role: Role


@dataclass(frozen=True, slots=True)
class CurveSpec:
    """Learning curves over `axis`, from its place `first` to `last`, the most important one last;
    what lies outside of `low` to `high` is left out. `ticks` are the places with labels, where
    these do not follow from the room."""

    axis: str
    lines: tuple[CurveLine, ...]
    levels: tuple[CurveLevel, ...]
    first: float
    last: float
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()


Spec = (
    HistogramSpec
    | ScatterSpec
    | CfdSpec
    | AgingSpec
    | RunSpec
    | XmrSpec
    | ChancesSpec
    | BarsSpec
    | CurveSpec
)
