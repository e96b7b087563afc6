"""Forecasts from throughput, in words and as JSON."""

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
from mlkanban.flow.forecast import FEWEST_DAYS, Forecast
from mlkanban.flow.forecast import forecast as count
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.text import next_cards, quantity

_CONVENTION = "exact convolution of daily throughput, days of no finish kept, days independent"


class CardsChanceJson(TypedDict):
    cards: int
    chance: float


class DayChanceJson(TypedDict):
    day: Day
    chance: float


class HowManyJson(TypedDict):
    """Percent: so many cards or more within `days`."""

    days: int
    by: Day
    cards: dict[str, int]
    distribution: list[CardsChanceJson]


class WhenJson(TypedDict):
    """Percent: `cards` are finished by that day; null beyond ten years."""

    cards: int
    day: dict[str, Day | None]
    days: dict[str, int | None]
    distribution: list[DayChanceJson]


class ForecastJson(NumberJson):
    n: int
    window_days: int
    past_days: int
    active_days: int
    reason: str | None
    how_many: HowManyJson
    when: WhenJson


def reason(forecast: Forecast) -> str:
    """Why there is no forecast, '' where there is one."""
    if forecast.possible:
        return ""
    here = f"{forecast.active_days or 'none'}{' before today' if forecast.left_out else ''}"
    return f"A forecast needs cards finished on {FEWEST_DAYS} different days; here on {here}."


def to_json(forecast: Forecast) -> ForecastJson:
    return {
        "n": forecast.n,
        "window_days": forecast.window_days,
        "past_days": forecast.past_days,
        "active_days": forecast.active_days,
        "reason": reason(forecast) or None,
        "how_many": {
            "days": forecast.days,
            "by": forecast.by.isoformat(),
            "cards": {str(p): k for p, k in forecast.how_many.items()},
            "distribution": [{"cards": k, "chance": chance} for k, chance in forecast.chances],
        },
        "when": {
            "cards": forecast.cards,
            "day": {str(p): _iso(day) for p, day in forecast.when.items()},
            "days": {
                str(p): None if day is None else (day - forecast.scope.as_of).days
                for p, day in forecast.when.items()
            },
            "distribution": [
                {"day": day.isoformat(), "chance": chance} for day, chance in forecast.dates
            ],
        },
        "convention": _CONVENTION,
        **scope_json(forecast.scope),
    }


def figures(forecast: Forecast) -> Figures:
    return (
        ("n", str(forecast.n)),
        (f"85 % in {forecast.days} d", str(forecast.how_many.get(85, "-"))),
        (f"{quantity(forecast.cards, 'card')}, 85 %", str(forecast.when.get(85) or "-")),
    )


def summary(forecast: Forecast) -> Summary:
    past, ahead = quantity(forecast.window_days, "day"), quantity(forecast.days, "day")
    note = (
        f"n {forecast.n} finished on {forecast.active_days} of {past}"
        f"{' (today left out)' if forecast.left_out else ''}"
        f" | {scope_text(forecast.scope)} | {_CONVENTION}"
    )
    if not forecast.possible:
        return Summary("Forecast", (reason(forecast),), None, note)
    how_many = f"85 %: {_at_least(forecast.how_many[85])} by {forecast.by} ({ahead})"
    if forecast.none_open:
        counts = tuple((f"{p} %", f"{forecast.how_many[p]} or more") for p in PERCENTILES)
        only = Table(("chance", f"cards by {forecast.by}"), counts)
        return Summary("Forecast", (how_many,), only, note, forecasts=("how_many",))
    day = forecast.when[85]
    until = f"by {day} ({(day - forecast.scope.as_of).days} d)" if day else "not within ten years"
    when = f"85 %: {next_cards(forecast.cards)} {until}"
    rows = tuple(
        (
            f"{p} %",
            f"{forecast.how_many[p]} or more",
            str(forecast.when[p] or "not within ten years"),
            "-" if (at := forecast.when[p]) is None else f"{(at - forecast.scope.as_of).days} d",
        )
        for p in PERCENTILES
    )
    following = "card" if forecast.cards == 1 else str(forecast.cards)
    head = ("chance", f"cards by {forecast.by}", f"next {following} by", "in")
    kinds = ("how_many", "when")
    return Summary("Forecast", (how_many, when), Table(head, rows), note, forecasts=kinds)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _at_least(cards: int) -> str:
    return f"{quantity(cards, 'card')} or more" if cards else "not one card is certain"


def headline(forecast: Forecast) -> Headline:
    if not forecast.possible:
        return ()
    cards = forecast.how_many[85]
    if not cards:
        return (("85 %: not one is certain", "text"),)
    return (
        ("85 % ", "text"),
        (f"≥ {quantity(cards, 'card')}", "live"),
        (f" in {forecast.days} d", "text"),
    )


NUMBER = NumberView(
    "forecast",
    count,
    summary,
    figures,
    to_json,
    picture="how-many",
    headline=headline,
    tile="how-many-bars",
)
