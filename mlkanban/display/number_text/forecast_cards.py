"""When each open card will be finished, in words and as JSON."""

from collections import Counter
from typing import TypedDict

from mlkanban.core.plan import EVEN
from mlkanban.display.number_view import (
    PARTS,
    Day,
    Figures,
    ForecastClaim,
    NumberJson,
    NumberView,
    Summary,
    chance_text,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.card_chances import FEWEST_OLDER, LEVELS, Unknown
from mlkanban.flow.card_forecast import CardForecast, CardForecasts, card_forecasts
from mlkanban.text import quantity

_CONVENTION = (
    "Kaplan-Meier, open and abandoned cards censored, given the age of the card; of one with open"
    f" parts: {PARTS}"
)


class CardForecastJson(TypedDict):
    """`chance` is null, and so are the days, where the `reason` says why it is unknown. `older`
    finished cards lasted longer than this one has; with open `parts` it rests on these."""

    id: str
    title: str
    stage: str
    age_days: int
    older: int
    parts: int
    chance: float | None
    reason: str | None
    by: dict[str, Day | None]


class CardForecastsJson(NumberJson):
    n: int
    open: int
    censored: int
    days: int
    until: Day
    cards: list[CardForecastJson]


_NOT_REACHED, _OVER_A_YEAR = "not reached", "over a year"


def to_json(forecasts: CardForecasts) -> CardForecastsJson:
    return {
        "n": forecasts.n,
        "open": forecasts.open,
        "censored": forecasts.censored,
        "days": forecasts.days,
        "until": forecasts.until.isoformat(),
        "cards": [
            {
                "id": card.ref, "title": card.title, "stage": card.stage, "age_days": card.age_days,
                "older": card.older, "parts": card.parts, "chance": card.chance,
                "reason": card.unknown,
                "by": {
                    str(p): None if day is None else day.isoformat() for p, day in card.by.items()
                },
            }
            for card in forecasts.cards
        ],
        "convention": _CONVENTION,
        **scope_json(forecasts.scope),
    }  # fmt: skip


def figures(forecasts: CardForecasts) -> Figures:
    likely = sum(card.chance is not None and card.chance >= EVEN for card in forecasts.cards)
    return (
        ("n", str(forecasts.n)),
        ("open", str(forecasts.open)),
        (f"likely in {forecasts.days} d", str(likely) if forecasts.cards else "-"),
    )


def summary(forecasts: CardForecasts) -> Summary:
    note = (
        f"n {forecasts.n} finished, {forecasts.censored} open or abandoned on the board"
        f" | {scope_text(forecasts.scope)} | {_CONVENTION}"
    )
    if forecasts.n < FEWEST_OLDER:
        few = f"{finished_cards(forecasts.n)}; the forecast of a card needs {FEWEST_OLDER}."
        return Summary("Forecast by card", (few,), None, note)
    if not forecasts.cards:
        return Summary("Forecast by card", ("Nothing is in progress.",), None, note)
    known = [card.chance for card in forecasts.cards if card.chance is not None]
    unknown = len(forecasts.cards) - len(known)
    until = f"{forecasts.until} ({quantity(forecasts.days, 'day')})"
    lines = []
    if known:
        all_known = quantity(len(known), "open card")
        which = f"the {all_known} whose chance is known" if unknown else all_known
        # An expectation of half a card at most: none is finished with a chance of a half or more.
        about = f"About {sum(known):.0f}" if round(sum(known)) else "Probably none"
        lines.append(f"{about} of {which} will be finished by {until}")
    reasons = Counter(card.unknown for card in forecasts.cards if card.unknown)
    for why, many in reasons.items():
        lines.append(f"The chance of {quantity(many, 'card')} is unknown: {_because(why)}")
    if late := sum(_NOT_REACHED in _days(card) for card in forecasts.cards):
        lines.append(
            f"{_NOT_REACHED}, of {quantity(late, 'card')}: too few cards that got so old have"
            " finished to say"
        )
    rows = tuple(
        (
            card.ref,
            f"{card.age_days} d",
            chance_text(card.chance),
            *_days(card),
            card.title,
        )
        for card in forecasts.cards
    )
    head = ("card", "age", f"in {forecasts.days} d", *(f"{p} % by" for p in LEVELS), "title")
    claims = (ForecastClaim("card", 0),) if known else ()
    return Summary("Forecast by card", tuple(lines), Table(head, rows), note, claims=claims)


def _because(unknown: Unknown) -> str:
    if unknown == "too few older cards":
        return f"fewer than {FEWEST_OLDER} finished cards got that old"
    return unknown


def _days(card: CardForecast) -> tuple[str, ...]:
    """By when it is finished at each level, or why nobody can tell."""
    if card.unknown:
        return (card.unknown.removesuffix(" cards"),) * len(LEVELS)
    farther = _OVER_A_YEAR if card.parts else _NOT_REACHED
    return tuple(str(card.by[p] or farther) for p in LEVELS)


NUMBER = NumberView("forecast-cards", card_forecasts, summary, figures, to_json)
