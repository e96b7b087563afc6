"""How likely due dates are kept, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    PARTS,
    Day,
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    chance_text,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.due import DueCard, DueDates
from mlkanban.flow.due import due as count
from mlkanban.text import quantity

_CONVENTION = (
    "of a committed card by its age, of another one by its place in the plan as the forecast has"
    f" it, of one with parts: {PARTS}; none of a card that is blocked, or has a part that is"
)


class DueCardJson(TypedDict):
    """`chance` to be finished by the due date, null where the `reason` says why it is unknown. It
    rests on the age, on the place in the plan from 1, or on so many open parts."""

    id: str
    title: str
    due: Day
    days: int
    chance: float | None
    reason: str | None
    age_days: int | None
    place: int | None
    parts: int


class DueJson(NumberJson):
    """`doubtful` cards have a chance below 50 %, `late` ones of them are past their date; of
    `unknown` ones nothing is known."""

    n: int
    doubtful: int
    late: int
    unknown: int
    cards: list[DueCardJson]


def to_json(due: DueDates) -> DueJson:
    return {
        "n": due.n,
        "doubtful": sum(card.doubtful for card in due.cards),
        "late": sum(card.days < 0 for card in due.cards),
        "unknown": sum(card.chance is None for card in due.cards),
        "cards": [
            {
                "id": card.ref, "title": card.title, "due": card.due.isoformat(),
                "days": card.days, "chance": card.chance, "reason": card.unknown,
                "age_days": card.age_days, "place": card.place, "parts": card.parts,
            }
            for card in due.cards
        ],
        "convention": _CONVENTION,
        **scope_json(due.scope),
    }  # fmt: skip


def figures(due: DueDates) -> Figures:
    return (
        ("with a due date", str(len(due.cards))),
        ("below 50 %", str(sum(card.doubtful for card in due.cards))),
        ("late", str(sum(card.days < 0 for card in due.cards))),
        ("unknown", str(sum(card.chance is None for card in due.cards))),
    )


def summary(due: DueDates) -> Summary:
    note = f"n {due.n} finished on the board | {scope_text(due.scope)} | {_CONVENTION}"
    if not due.cards:
        return Summary("Due dates", ("No open card has a due date.",), None, note)
    doubtful = sum(card.doubtful for card in due.cards)
    late = sum(card.days < 0 for card in due.cards)
    unknown = sum(card.chance is None for card in due.cards)
    known = len(due.cards) - unknown
    lines = []
    if known:
        lines.append(
            f"{doubtful} of {quantity(known, 'card')}"
            f" {'whose chance is known' if unknown else 'with a due date'}"
            f" {'has' if 1 in (doubtful, known) else 'have'} a chance below 50 %"
            f"{f', {late} of them {_is_late(late)}' if late else ''}"
        )
    if unknown:
        lines.append(f"The chance of {quantity(unknown, 'card')} is unknown")
    rows = tuple(
        (
            card.ref,
            str(card.due),
            _in_days(card.days),
            "0 %" if card.days < 0 else chance_text(card.chance),
            rests_on(card),
            card.title,
        )
        for card in due.cards
    )
    head = ("card", "due", "in", "chance", "rests on", "title")
    return Summary("Due dates", tuple(lines), Table(head, rows), note)


def _is_late(late: int) -> str:
    return "is late" if late == 1 else "are late"


def _in_days(days: int) -> str:
    return "today" if days == 0 else f"{days} d" if days > 0 else f"LATE {-days} d"


def chance_words(card: DueCard | None) -> str:
    """The chance of a card on its own page: `chance 38 % by age 7 d`; '' where it has no date to
    come."""
    if card is None or card.days < 0:
        return ""
    if card.unknown is not None:
        return f"chance unknown: {card.unknown}"
    return f"chance {chance_text(card.chance)} by {rests_on(card)}"


def rests_on(card: DueCard) -> str:
    """What the chance of a card comes from, or why there is none: `age 5 d`, `place 3`."""
    if card.unknown is not None:
        return card.unknown
    if card.days < 0:
        return "its date"
    if card.parts:
        return quantity(card.parts, "part")
    return f"age {card.age_days} d" if card.age_days is not None else f"place {card.place}"


def headline(due: DueDates) -> Headline:
    if not due.cards:
        return (("none", "dim"),)
    doubtful = sum(card.doubtful for card in due.cards)
    unknown = sum(card.chance is None for card in due.cards)
    some: Headline = ()
    if known := len(due.cards) - unknown:
        some = ((f"{doubtful} of {known} below 50 %", "clock" if doubtful else "text"),)
    if not unknown:
        return some
    return *some, (f"{', ' if some else ''}{unknown} unknown", "clock")


NUMBER = NumberView("due", count, summary, figures, to_json, headline=headline)
