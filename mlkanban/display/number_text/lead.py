"""Lead time, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    BinJson,
    Day,
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    bins_json,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.lead import LeadTimes, lead_times
from mlkanban.flow.percentiles import PERCENTILES, needed
from mlkanban.text import quantity

_MAIN = 85
_CONVENTION = "calendar days, both ends counted, from the first record of a card | nearest rank"


class ReleaseLineJson(TypedDict):
    """A release, the first written of the cards it came from, how many cards that makes, and the
    days from the one to the other."""

    release: str
    first: str
    cards: int
    days: int
    delivered: Day


class LeadJson(NumberJson):
    """The days of a bin are both included; `to` is null for the last, open one."""

    n: int
    mean: float | None
    mode: int | None
    min: int | None
    max: int | None
    before_commitment: float | None
    percentiles: dict[str, int | None]
    histogram: list[BinJson]
    lines: list[ReleaseLineJson]
    line_percentiles: dict[str, int | None]


def to_json(lead: LeadTimes) -> LeadJson:
    return {
        "n": lead.n,
        "mean": lead.mean,
        "mode": lead.mode,
        "min": lead.min,
        "max": lead.max,
        "before_commitment": lead.before_commitment,
        "percentiles": {str(p): value for p, value in lead.percentiles.items()},
        "histogram": bins_json(lead.histogram),
        "lines": [
            {
                "release": line.release,
                "first": line.first,
                "cards": line.cards,
                "days": line.days,
                "delivered": line.day.isoformat(),
            }
            for line in lead.lines
        ],
        "line_percentiles": {str(p): value for p, value in lead.line_percentiles.items()},
        "convention": _CONVENTION,
        **scope_json(lead.scope),
    }


def figures(lead: LeadTimes) -> Figures:
    return (
        ("finished", str(lead.n)),
        ("mean", "-" if lead.mean is None else f"{lead.mean:.1f}"),
        *((f"p{p}", "-" if v is None else str(v)) for p, v in lead.percentiles.items()),
    )


def summary(lead: LeadTimes) -> Summary:
    note = f"n {lead.n} | {scope_text(lead.scope)} | {_CONVENTION}"
    if lead.n < needed(PERCENTILES[0]):
        few = f"{finished_cards(lead.n)}; percentiles need {needed(PERCENTILES[0])}."
        rows = tuple((c.ref, f"{c.days} d", c.outcome, c.title) for c in lead.cards)
        table = Table(("card", "took", "outcome", "title"), rows) if rows else None
        return Summary("Lead time", (few,), _lines(lead) or table, note)
    p = _MAIN if lead.percentiles.get(_MAIN) is not None else PERCENTILES[0]
    shown = " | ".join(
        f"p{each} {f'{value} d' if value is not None else f'n < {needed(each)}'}"
        for each, value in lead.percentiles.items()
    )
    lines = (
        f"{p} % of finished cards took {quantity(lead.percentiles[p] or 0, 'day')} or less from the"
        " day they were written",
        f"{lead.n} finished | mean {lead.mean:.1f} d, of which {lead.before_commitment:.1f} d"
        f" before commitment | from {lead.min} to {lead.max} d",
        shown,
        _along_lines(lead),
    )
    return Summary("Lead time", lines, _lines(lead), note)


def _along_lines(lead: LeadTimes) -> str:
    """How long releases took from the first card they came from."""
    if not lead.lines:
        return "No release of this window came from another card."
    many = f"{quantity(len(lead.lines), 'release')} came from other cards"
    middle = lead.line_percentiles[PERCENTILES[0]]
    if middle is None:
        return f"{many}; percentiles need {needed(PERCENTILES[0])}."
    p = _MAIN if lead.line_percentiles.get(_MAIN) is not None else PERCENTILES[0]
    return (
        f"{many}: {p} % took {quantity(lead.line_percentiles[p] or 0, 'day')} or less from the day"
        " the first card was written"
    )


def _lines(lead: LeadTimes) -> Table | None:
    rows = tuple(
        (line.release, f"{line.days} d", line.first, str(line.cards), line.title)
        for line in reversed(lead.lines)
    )
    return Table(("release", "took", "first card", "cards", "title"), rows) if rows else None


def headline(lead: LeadTimes) -> Headline:
    known = [p for p in (_MAIN, PERCENTILES[0]) if lead.percentiles.get(p) is not None]
    if not known:
        return ((f"{lead.n} finished", "dim"),)
    return ((f"{known[0]} % ", "text"), (f"≤ {lead.percentiles[known[0]]} d", "clock"))


NUMBER = NumberView(
    "lead",
    lead_times,
    summary,
    figures,
    to_json,
    picture="lead-times",
    headline=headline,
)
