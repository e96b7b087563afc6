"""The service level expectation, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    NumberJson,
    NumberView,
    Summary,
    finished_cards,
    scope_json,
    withheld_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.percentiles import needed
from mlkanban.flow.sle import PERCENT, Sle
from mlkanban.flow.sle import sle as count
from mlkanban.text import quantity

_CONVENTION = (
    "85 %, nearest rank, from the last 90 days or 30 cards, whichever is more; counting open cards:"
    " Kaplan-Meier"
)


class PastJson(TypedDict):
    id: str
    age_days: int
    title: str


class SleJson(NumberJson):
    """Of `withheld_from` days or more nothing is said counting open cards: all that were
    watched had ended by then, and others, begun before, took longer."""

    n: int
    percent: int
    days: int | None
    days_with_open: int | None
    withheld_from: int | None
    open: int
    past: list[PastJson]


def to_json(sle: Sle) -> SleJson:
    return {
        "n": sle.n,
        "percent": PERCENT,
        "days": sle.days,
        "days_with_open": sle.days_with_open,
        "withheld_from": sle.withheld,
        "open": sle.open,
        "past": [{"id": ref, "age_days": age, "title": title} for ref, age, title in sle.past],
        "convention": _CONVENTION,
        **scope_json(sle.scope),
    }


def figures(sle: Sle) -> Figures:
    return (
        ("n", str(sle.n)),
        ("sle", "-" if sle.days is None else f"{sle.days} d"),
        ("with open", "-" if sle.days is None or not sle.open else _with_open(sle)),
        ("open", str(sle.open)),
        ("past it", str(len(sle.past))),
    )


def _with_open(sle: Sle) -> str:
    if sle.days_with_open is not None:
        return f"{sle.days_with_open} d"
    return "not reached" if sle.withheld is None else withheld_text(sle.withheld)


def summary(sle: Sle) -> Summary:
    note = f"n {sle.n} | to {sle.scope.as_of}, {sle.scope.timezone} | {_CONVENTION}"
    if sle.days is None:
        few = f"{finished_cards(sle.n)}; a service level expectation needs {needed(PERCENT)}."
        return Summary("Service level expectation", (few,), None, note)
    # With no card open it differs only by those begun before the days it looks at.
    with_open = f" | counting open cards: {_with_open(sle)}" if sle.open else ""
    line = (
        f"{PERCENT} % of {sle.n} finished cards took {quantity(sle.days, 'day')} or less"
        f"{with_open} | {len(sle.past)} of {sle.open} open cards past the SLE"
    )
    rows = tuple((ref, f"{age} d", title) for ref, age, title in sle.past)
    table = Table(("card", "age", "title"), rows) if rows else None
    return Summary("Service level expectation", (line,), table, note)


NUMBER = NumberView("sle", count, summary, figures, to_json)
