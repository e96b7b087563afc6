"""The burn-up of cards with parts, in words and as JSON."""

from datetime import date
from typing import TypedDict

from mlkanban.display.number_view import (
    PARTS,
    Day,
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
)
from mlkanban.display.table import Table
from mlkanban.flow.burn_up import BurnUp, BurnUps, burn_ups
from mlkanban.flow.card_chances import LEVELS
from mlkanban.text import quantity

_MOST_CARDS_NAMED = 4
_CONVENTION = (
    "parts from the day they were written; abandoned and discarded ones until they were"
    f" | chance of all parts: {PARTS}"
)


class BurnUpCardJson(TypedDict):
    """`total` and `done` parts at the end of each day from `first` on. `unknown` are the open parts
    whose chance is not known, or the card itself, `reasons` says why; then, or where no
    part is open, `by` is null; a day in it is null where it lies more than a year ahead."""

    card: str
    title: str
    parts: int
    open: list[str]
    unknown: list[str]
    reasons: dict[str, str]
    by: dict[str, Day | None] | None
    first: Day
    total: list[int]
    done: list[int]


class BurnUpJson(NumberJson):
    cards: list[BurnUpCardJson]


def to_json(counted: BurnUps) -> BurnUpJson:
    return {
        "cards": [
            {
                "card": card.ref,
                "title": card.title,
                "parts": card.parts,
                "open": list(card.open_parts),
                "unknown": list(card.unknown),
                "reasons": dict(card.unknown),
                "by": {
                    str(p): None if day is None else day.isoformat() for p, day in card.by.items()
                }
                or None,
                "first": date.fromordinal(card.first).isoformat(),
                "total": list(card.total),
                "done": list(card.done),
            }
            for card in counted.cards
        ],
        "convention": _CONVENTION,
        **scope_json(counted.scope),
    }


def figures(counted: BurnUps) -> Figures:
    return (("cards with parts", str(len(counted.cards))),)


def summary(counted: BurnUps) -> Summary:
    many = quantity(len(counted.cards), "card")
    note = f"{many} with parts | to {counted.scope.as_of}, {counted.scope.timezone} | {_CONVENTION}"
    shown = counted.shown
    if shown is None:
        return Summary("Burn-up", ("No card has parts: give some a parent.",), None, note)
    lines = (
        f"{len(shown.done_parts)} of {quantity(shown.parts, 'part')} of {shown.ref} done:"
        f" {shown.title}"
        if shown.parts
        else f"No part of {shown.ref} is left: {shown.title}",
        _ahead(shown),
    )
    rows = tuple(
        (
            card.ref,
            f"{len(card.done_parts)} of {card.parts}" if card.parts else "none left",
            *(_day(card, p) for p in LEVELS),
            card.title,
        )
        for card in counted.cards
    )
    head = ("card", "done", *(f"{p} %" for p in LEVELS), "title")
    return Summary("Burn-up", lines, Table(head, rows), note)


def _day(card: BurnUp, p: int) -> str:
    if p not in card.by:
        return "-"
    day = card.by[p]
    return "over a year" if day is None else day.isoformat()


def _ahead(card: BurnUp) -> str:
    """By when all parts are done, or why nobody knows."""
    if not card.parts:
        return "All its parts were abandoned or discarded."
    if not card.open_parts:
        return "No part is open."
    if card.unknown:
        parts = [f"{part} ({why})" for part, why in card.unknown.items()]
        more = len(parts) - _MOST_CARDS_NAMED
        named = ", ".join(parts[:_MOST_CARDS_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"No day can be told for all parts: the chance of {named} is unknown."
    # What is true of a day with more per cent is so with fewer.
    levels = [p for p in LEVELS if all(card.by[p] != card.by[q] for q in LEVELS if q > p)]
    days = " and ".join(
        f"{'in' if card.by[p] is None else 'by'} {_day(card, p)} with {p} %" for p in levels
    )
    many = len(card.open_parts)
    what = "The open part" if many == 1 else f"All {quantity(many, 'open part')}"
    return f"{what} done {days}."


def headline(counted: BurnUps) -> Headline:
    shown = counted.shown
    if shown is None:
        return ()
    parts = f"{len(shown.done_parts)} of {shown.parts} parts" if shown.parts else "no part left"
    return ((parts, "text"),)


NUMBER = NumberView(
    "burn-up",
    burn_ups,
    summary,
    figures,
    to_json,
    picture="burn-up",
    headline=headline,
)
