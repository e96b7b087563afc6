"""A flow number for people and programs: how it is counted, drawn, put into words and into JSON.

Every number of the catalogue has a module in `number_text` with its view.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Generic, NamedTuple, TypedDict, TypeVar

from mlkanban.charts.catalogue import CATALOGUE, FlowNumber
from mlkanban.display.table import Table
from mlkanban.flow.histogram import Bin
from mlkanban.flow.sample import Grouping, Sample
from mlkanban.flow.window import Scope
from mlkanban.text import quantity

if TYPE_CHECKING:
    from mlkanban.charts.spec import Role, Spec

Day = Annotated[str, "date"]
Figures = tuple[tuple[str, str], ...]
"""The few figures that groups of cards are compared by: a short name and a value."""
Headline = Sequence[tuple[str, "Role"]]
"""The one figure that matters, in its colour."""
Number = TypeVar("Number")
_CERTAIN, _HARDLY = 0.95, 0.01


class ForecastClaim(NamedTuple):
    """A forecast that can be tested, by its kind as the back-test names it: `how_many` so many days
    `ahead`, `when` of so many cards, `card` of none."""

    kind: str
    ahead: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A number in words: sentences, most important first, then a table, then how it was counted.

    `note` names n, window, zone and convention. Lines are ASCII, but for stored titles and names;
    whoever shows them breaks the long ones. `claims` are the forecasts that the sentences make.
    """

    title: str
    lines: tuple[str, ...]
    table: Table | None
    note: str
    claims: tuple[ForecastClaim, ...] = ()


ScopeJson = TypedDict(
    "ScopeJson",
    {"window": str, "from": Day | None, "to": Day, "as_of": Day, "timezone": str, "only": str},
)


BinJson = TypedDict("BinJson", {"from": int, "to": int | None, "count": int})


class NumberJson(ScopeJson):
    """What every number says of itself in JSON. The types of JSON are checked with those of the
    code, and `display.json_output` makes models of them."""

    convention: str


@dataclass(frozen=True, slots=True)
class NumberView(Generic[Number]):
    """One number of the catalogue, by its name there.

    `picture` is the name of its picture in `charts.pictures`, '' where there is none. `by_stage`
    counts the number of every stage where that is something else than the number of the cards that
    were in the stage. `staged`: the number has a row for each stage anyway. `headline` and `tile`
    (the name of a picture) are for where there is little room. `beside` is the table that stands
    beside the picture on a wide screen, where the summary has none.
    """

    name: str
    count: Callable[[Sample], Number]
    summary: Callable[[Number], Summary]
    figures: Callable[[Number], Figures]
    to_json: Callable[[Number], NumberJson]
    picture: str = ""
    by_stage: Callable[[Sample], Sequence[Number]] | None = None
    staged: bool = False
    headline: Callable[[Number], Headline] = lambda number: ()
    tile: str = ""
    beside: Callable[[Number, Sample], Table | None] = lambda number, sample: None

    @property
    def entry(self) -> FlowNumber:
        return next(entry for entry in CATALOGUE if entry.name == self.name)

    def scoped(self, sample: Sample) -> Sample:
        """The sample that the number is made of where nobody asked for a window of its own."""
        return sample.of_all_time if self.entry.of_all_time else sample

    def draw(self, number: Number, sample: Sample, *, small: bool = False) -> "Spec | None":
        """The picture, or the `small` one; None where there is none, or nothing to show in it."""
        name = self.tile if small and self.tile else self.picture
        if not name:
            return None
        # Whoever draws nothing, such as --json, does without the pictures.
        from mlkanban.charts.pictures import PICTURES

        return PICTURES[name](number, sample)

    def divides(self, by: Grouping | None) -> bool:
        """Whether groups of cards say something more than the whole does."""
        return by is None or (self.entry.of_cards and not (by == "stage" and self.staged))

    def by(self, sample: Sample, grouping: Grouping) -> list[tuple[str, Sample, Number]]:
        """The name, the cards and the number of each group."""
        groups = sample.grouped(grouping)
        if grouping == "stage" and self.by_stage is not None:
            counted = self.by_stage(sample)
        else:
            counted = [self.count(some) for _, some in groups]
        return [(n, some, number) for (n, some), number in zip(groups, counted, strict=True)]


def scope_text(scope: Scope) -> str:
    """`90 days to 2026-03-31, UTC`; with the filter, if any, and with the day it was counted when
    that is another."""
    counted = "" if scope.as_of == scope.window.last else f", known on {scope.as_of}"
    only = f"only {scope.only}, " if scope.only else ""
    return f"{only}{_window_text(scope)}{counted}, {scope.timezone}"


def _window_text(scope: Scope) -> str:
    first, last = scope.window.first, scope.window.last
    if first is None:
        return f"all time to {last}"
    return f"{quantity((last - first).days + 1, 'day')} to {last}"


def chance_text(chance: float | None) -> str:
    """A chance in percent, `>95 %` above that and `<1 %` below; never a certainty."""
    if chance is None:
        return "unknown"
    if chance > _CERTAIN:
        return ">95 %"
    return "<1 %" if chance < _HARDLY else f"{100 * chance:.0f} %"


PARTS = "product of those in progress, as if independent, and of the last one in the plan"
"""How the chance of a card with open parts is made of theirs."""


def withheld_text(days: int) -> str:
    """What is known of a percentile that counts open cards, where all cards that were watched had
    ended at so many days and others, begun before the window, took longer."""
    return f"unknown from {days} d on"


def bins_json(histogram: Sequence[Bin]) -> list[BinJson]:
    """The bars of a histogram; the days of a bin are both included, the last bin has no end."""
    return [{"from": bar.first, "to": bar.last, "count": bar.count} for bar in histogram]


def scope_json(scope: Scope) -> ScopeJson:
    """The part of a number's JSON that names its scope; `from` is null for all time, `only` the
    query that chose the cards, '' for all."""
    first = scope.window.first
    return {
        "window": scope.window.name,
        "from": None if first is None else first.isoformat(),
        "to": scope.window.last.isoformat(),
        "as_of": scope.as_of.isoformat(),
        "timezone": scope.timezone,
        "only": scope.only,
    }


def finished_cards(n: int) -> str:
    """`No finished cards`, `1 finished card`, `7 finished cards`."""
    return f"{n or 'No'} finished card{'' if n == 1 else 's'}"
