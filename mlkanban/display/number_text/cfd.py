"""The cumulative flow diagram, in words and as JSON."""

from datetime import date
from itertools import pairwise
from typing import TypedDict

from mlkanban.display.number_view import (
    Day,
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.cfd import Cfd
from mlkanban.flow.cfd import cfd as count
from mlkanban.text import quantity

_CONVENTION = "last arrival of each card at the stage or past it"


class LineJson(TypedDict):
    name: str
    arrived: list[int]
    cards: list[str]


class CfdJson(NumberJson):
    n: int
    days: list[Day]
    stages: list[LineJson]


def to_json(cfd: Cfd) -> CfdJson:
    return {
        "n": cfd.n,
        "days": [
            date.fromordinal(cfd.first + i).isoformat() for i in range(len(cfd.lines[0].counts))
        ],
        "stages": [
            {"name": line.name, "arrived": list(line.counts), "cards": list(line.cards)}
            for line in cfd.lines
        ],
        "convention": _CONVENTION,
        **scope_json(cfd.scope),
    }


def figures(cfd: Cfd) -> Figures:
    return (
        ("arrived", str(cfd.lines[0].came)),
        ("departed", str(cfd.lines[-1].came)),
        ("wip", str(sum(len(line.cards) for line in cfd.lines))),
    )


def summary(cfd: Cfd) -> Summary:
    note = f"n {quantity(cfd.n, 'card')} | {scope_text(cfd.scope)} | {_CONVENTION}"
    if not cfd.n or not cfd.lines[0].counts:
        return Summary("Cumulative flow", ("No card was committed by then.",), None, note)
    into, out = cfd.lines[0].counts, cfd.lines[-1].counts
    first, last = cfd.lines[0].before - cfd.lines[-1].before, into[-1] - out[-1]
    lines = (
        _development([first, *(a - b for a, b in zip(into, out, strict=True))]),
        f"By {cfd.scope.window.last}: {into[-1]} committed, {out[-1]} departed, {last} in progress",
    )
    rows = [
        (line.name, str(line.came), str(after.came), str(line.counts[-1] - after.counts[-1]))
        for line, after in pairwise(cfd.lines)
    ]
    rows.append((cfd.lines[-1].name, str(cfd.lines[-1].came), "", ""))
    table = Table(("stage", "came", "went on", "still there"), tuple(rows))
    return Summary("Cumulative flow", lines, table, note)


def _development(counts: list[int]) -> str:
    """How work in progress went, from that before the first day on."""
    first, last, many = counts[0], counts[-1], len(counts) - 1
    days = "this day" if many == 1 else f"the {quantity(many, 'day')}"
    over = f"{'on' if many == 1 else 'over'} {days}"
    lowest, highest = min(counts), max(counts)
    if lowest == highest:
        return f"Work in progress stayed at {last} {over}."
    between = f"{lowest} to {highest} between"
    if first == last:
        return f"Work in progress is {last} as at the start of {days} ({between})."
    grew = "grew" if last > first else "fell"
    aside = f" ({between})" if {lowest, highest} != {first, last} else ""
    return f"Work in progress {grew} from {first} to {last} {over}{aside}."


def headline(cfd: Cfd) -> Headline:
    if not cfd.n or not cfd.lines[0].counts:
        return ()
    first = cfd.lines[0].before - cfd.lines[-1].before
    last = cfd.lines[0].counts[-1] - cfd.lines[-1].counts[-1]
    return (("WIP ", "text"), (f"{first} → {last}", "clock" if last > first else "live"))


NUMBER = NumberView(
    "cfd",
    count,
    summary,
    figures,
    to_json,
    picture="cfd",
    staged=True,
    headline=headline,
)
