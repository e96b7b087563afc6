"""The XmR chart, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    NumberJson,
    NumberView,
    Summary,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.xmr import FEWEST, RUN, Xmr
from mlkanban.flow.xmr import xmr as count

_CONVENTION = "in order of finish | mean +/- 2.66 x mean moving range, not below 0"


class ValueJson(TypedDict):
    card: str
    days: int


RunJson = TypedDict("RunJson", {"from": str, "to": str})


class XmrJson(NumberJson):
    n: int
    mean: float | None
    lower: float | None
    upper: float | None
    provisional: bool
    values: list[ValueJson]
    outside: list[str]
    runs: list[RunJson]


def to_json(xmr: Xmr) -> XmrJson:
    limits = xmr.limits
    return {
        "n": xmr.n,
        "mean": None if limits is None else limits.mean,
        "lower": None if limits is None else limits.lower,
        "upper": None if limits is None else limits.upper,
        "provisional": xmr.provisional,
        "values": [{"card": ref, "days": days} for ref, days in xmr.cards],
        "outside": [xmr.cards[at][0] for at in xmr.outside],
        "runs": [{"from": xmr.cards[a][0], "to": xmr.cards[b][0]} for a, b in xmr.runs],
        "convention": _CONVENTION,
        **scope_json(xmr.scope),
    }


def figures(xmr: Xmr) -> Figures:
    values = xmr.limits and (xmr.limits.mean, xmr.limits.lower, xmr.limits.upper)
    shown = [f"{value:.1f}" for value in values] if values else ["-"] * 3
    names = ("mean", "lower", "upper")
    return (
        ("n", str(xmr.n)),
        *zip(names, shown, strict=True),
        ("outside", str(len(xmr.outside))),
    )


def summary(xmr: Xmr) -> Summary:
    note = f"n {xmr.n} | {scope_text(xmr.scope)} | {_CONVENTION}"
    if xmr.limits is None:
        few = f"{finished_cards(xmr.n)}; limits need {FEWEST}."
        return Summary("Cycle time, XmR", (few,), None, note)
    made = " (provisional: fewer than 15 cards)" if xmr.provisional else ""
    lines = [
        f"mean {xmr.limits.mean:.1f} d | usual: {xmr.limits.lower:.1f}"
        f" to {xmr.limits.upper:.1f} d{made}",
        f"{len(xmr.outside) or 'No'} card{'' if len(xmr.outside) == 1 else 's'} outside"
        " the limits"
        + (
            f" | {len(xmr.runs)} run{'' if len(xmr.runs) == 1 else 's'} of {RUN} or more on"
            " one side of the mean: the process has shifted"
            if xmr.runs
            else ""
        ),
    ]
    rows = tuple((xmr.cards[at][0], f"{xmr.cards[at][1]} d") for at in xmr.outside)
    return Summary(
        "Cycle time, XmR",
        tuple(lines),
        Table(("outside", "took"), rows) if rows else None,
        note,
    )


NUMBER = NumberView(
    "xmr",
    count,
    summary,
    figures,
    to_json,
    picture="xmr",
)
