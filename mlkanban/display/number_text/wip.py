"""Work in progress, in words and as JSON."""

from datetime import date
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
from mlkanban.flow.wip import WorkInProgress, wip_in_stages
from mlkanban.flow.wip import wip as count
from mlkanban.text import quantity

_CONVENTION = "at the end of the day; committed and not departed"
_IN_STAGE = "at the end of the day; standing in the stage"


class DayJson(TypedDict):
    day: Day
    wip: int


class WipJson(NumberJson):
    n: int
    mean: float | None
    min: int | None
    max: int | None
    max_day: Day | None
    now: int
    days: list[DayJson]
    cards: list[str]


def _convention(wip: WorkInProgress) -> str:
    return _IN_STAGE if wip.in_stage else _CONVENTION


def to_json(wip: WorkInProgress) -> WipJson:
    top = wip.highest
    return {
        "n": len(wip.counts),
        "mean": wip.mean,
        "min": min(wip.counts, default=None),
        "max": top and top[0],
        "max_day": top and top[1].isoformat(),
        "now": len(wip.cards),
        "days": [
            {"day": date.fromordinal(wip.first + i).isoformat(), "wip": count}
            for i, count in enumerate(wip.counts)
        ],
        "cards": list(wip.cards),
        "convention": _convention(wip),
        **scope_json(wip.scope),
    }


def figures(wip: WorkInProgress) -> Figures:
    top = wip.highest
    return (
        ("now", str(len(wip.cards))),
        ("mean", "-" if wip.mean is None else f"{wip.mean:.1f}"),
        ("max", str(top[0]) if top else "-"),
        ("on", str(top[1]) if top else "-"),
    )


def summary(wip: WorkInProgress) -> Summary:
    note = f"n {quantity(len(wip.counts), 'day')} | {scope_text(wip.scope)} | {_convention(wip)}"
    top = wip.highest
    if top is None or wip.mean is None:
        return Summary("Work in progress", ("No card was committed by then.",), None, note)
    lines = (
        f"{len(wip.cards)} in progress at the end | mean {wip.mean:.1f}"
        f" | from {min(wip.counts)} to {top[0]} (on {top[1]})",
    )
    months: dict[str, list[int]] = {}
    for i, cards in enumerate(wip.counts):
        months.setdefault(date.fromordinal(wip.first + i).strftime("%Y-%m"), []).append(cards)
    rows = tuple(
        (month, f"{sum(some) / len(some):.1f}", str(min(some)), str(max(some)), str(some[-1]))
        for month, some in months.items()
    )
    return Summary(
        "Work in progress", lines, Table(("month", "mean", "min", "max", "end"), rows), note
    )


def headline(wip: WorkInProgress) -> Headline:
    return ((f"{wip.counts[-1]} now", "text"),) if wip.counts else ()


NUMBER = NumberView(
    "wip",
    count,
    summary,
    figures,
    to_json,
    picture="wip",
    by_stage=wip_in_stages,
    headline=headline,
)
