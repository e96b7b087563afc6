"""The XmR chart, in words and as JSON."""

from typing import Literal, TypedDict

from mlkanban.display.number_view import (
    Day,
    Figures,
    NumberJson,
    NumberView,
    Summary,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.xmr import FEWEST, SETTLED, Xmr
from mlkanban.flow.xmr import xmr as count
from mlkanban.text import quantity

_CONVENTION = (
    "in order of finish | mean +/- 2.66 x mean moving range, not below 0 | runs about the median"
)


class ValueJson(TypedDict):
    card: str
    days: int


RunJson = TypedDict(
    "RunJson",
    {"from": str, "to": str, "length": int, "side": Literal["above", "below"], "since": Day},
)


class XmrJson(NumberJson):
    """`runs` are those of `run_length` or more cards in a row on one side of `median`, cards on it
    left out; `run_length` is null where no run could be long: there is no median yet, too few cards
    lie beside it, or all finished on one day."""

    n: int
    mean: float | None
    lower: float | None
    upper: float | None
    median: float | None
    provisional: bool
    values: list[ValueJson]
    outside: list[str]
    run_length: int | None
    runs: list[RunJson]
    may_have_shifted_since: Day | None


def to_json(xmr: Xmr) -> XmrJson:
    limits, since = xmr.limits, xmr.may_have_shifted
    return {
        "n": xmr.n,
        "mean": None if limits is None else limits.mean,
        "lower": None if limits is None else limits.lower,
        "upper": None if limits is None else limits.upper,
        "median": xmr.median,
        "provisional": xmr.provisional,
        "values": [{"card": ref, "days": days} for ref, days in xmr.cards],
        "outside": [xmr.cards[at][0] for at in xmr.outside],
        "run_length": xmr.run_length,
        "runs": [
            {
                "from": xmr.cards[run.first][0],
                "to": xmr.cards[run.last][0],
                "length": run.length,
                "side": "above" if run.above else "below",
                "since": xmr.finished_on[run.first].isoformat(),
            }
            for run in xmr.runs
        ],
        "may_have_shifted_since": None if since is None else since.isoformat(),
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
    made = f" (provisional: fewer than {SETTLED} cards)" if xmr.provisional else ""
    lines = (
        f"mean {xmr.limits.mean:.1f} d | usual: {xmr.limits.lower:.1f}"
        f" to {xmr.limits.upper:.1f} d{made}",
        _outside(xmr),
        _shift(xmr),
    )
    rows = tuple((xmr.cards[at][0], f"{xmr.cards[at][1]} d") for at in xmr.outside)
    return Summary(
        "Cycle time, XmR",
        lines,
        Table(("outside", "took"), rows) if rows else None,
        note,
    )


def _outside(xmr: Xmr) -> str:
    """Cycle times are skewed: what lies outside need not have a reason of its own."""
    if not xmr.outside:
        return "No card outside the limits"
    many = quantity(len(xmr.outside), "card")
    return f"{many} outside the limits, worth a look; some lie there in a stable process too"


def _shift(xmr: Xmr) -> str:
    """Whether the process may have changed, and since when."""
    since = xmr.may_have_shifted
    if since is None:
        if xmr.run_length is None:
            return _no_look(xmr)
        return f"No shift beyond chance: no {xmr.run_length} in a row on one side of the median"
    run = xmr.runs[-1]
    side = "above" if run.above else "below"
    middle = f"the median of {xmr.median:g} d"
    row = (
        f"the first {run.length} were all {side} {middle}"
        if xmr.begins_with_run
        else f"{run.length} in a row {side} {middle}"
    )
    return (
        f"Cycle times may have shifted since {since}: {row}"
        f" (chance makes {xmr.run_length} or more in at most 5 % of cases)"
    )


def _no_look(xmr: Xmr) -> str:
    """Why no shift can be looked for."""
    if xmr.finished_on[0] == xmr.finished_on[-1]:
        return "All finished on one day: no shift can be looked for"
    above, below = xmr.beside_median(above=True), xmr.beside_median(above=False)
    if not above or not below:
        return "Too many cards took the same time to look for a shift"
    return (
        f"Too few cards to look for a shift: {above} above and {below} below the median"
        f" of {xmr.median:g} d"
    )


NUMBER = NumberView(
    "xmr",
    count,
    summary,
    figures,
    to_json,
    picture="xmr",
)
