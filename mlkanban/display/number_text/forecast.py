"""Forecasts from throughput, in words and as JSON."""

from datetime import date
from typing import TypedDict

from mlkanban.display.number_view import (
    Day,
    Figures,
    ForecastClaim,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    chance_text,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.finish_rate import FEWEST_DAYS, HALF_LIFE_DAYS
from mlkanban.flow.forecast import Forecast
from mlkanban.flow.forecast import forecast as count
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.throughput import WEEK
from mlkanban.text import next_cards, quantity

_CONVENTION = (
    f"negative binomial in closed form, days weighing half after {HALF_LIFE_DAYS}, spread of the"
    " board's own past"
)


_YOUNG_DAYS = 60
_YOUNG = (
    "That is young: from so short a past, 85 % forecasts hold less often than said where cards end"
    " in bursts, and more often where they end steadily."
)


class CardsChanceJson(TypedDict):
    cards: int
    chance: float


class DayChanceJson(TypedDict):
    day: Day
    chance: float


class HowManyJson(TypedDict):
    """Percent: so many cards or more within `days`, 0 where not one card is that likely; the level
    is that of the `past_forecasts` that held, of which `past_periods` do not overlap."""

    days: int
    by: Day
    cards: dict[str, int]
    past_forecasts: int
    past_periods: int
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
    per_day: float | None
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
        "per_day": forecast.per_day,
        "reason": reason(forecast) or None,
        "how_many": {
            "days": forecast.days,
            "by": forecast.by.isoformat(),
            "cards": {str(p): k for p, k in forecast.how_many.items()},
            "past_forecasts": forecast.tried,
            "past_periods": forecast.tried_periods,
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
        (f"85 % in {forecast.days} d", _figure(forecast)),
        (f"{quantity(forecast.cards, 'card')}, 85 %", str(forecast.when.get(85) or "-")),
    )


def _figure(forecast: Forecast) -> str:
    if not forecast.possible:
        return "too little data"
    return str(forecast.how_many[85] or "not one")


def summary(forecast: Forecast) -> Summary:
    past, ahead = quantity(forecast.past_days, "whole day"), quantity(forecast.days, "day")
    note = (
        f"n {forecast.n} finished on {forecast.active_days} of {past}"
        f"{' (today left out)' if forecast.left_out else ''}"
        f" | {scope_text(forecast.scope)}"
    )
    if not forecast.possible:
        return Summary("Forecast", (reason(forecast),), None, note)
    note += f" | {_CONVENTION}"
    how_many = f"85 %: {_at_least(forecast)} by {forecast.by} ({ahead})"
    past_text = rests_on(forecast)
    claims = (ForecastClaim("how_many", forecast.days), ForecastClaim("when", forecast.cards))
    if forecast.none_open:
        counts = tuple((f"{p} %", _or_more(forecast.how_many[p])) for p in PERCENTILES)
        only = Table(("chance", f"cards by {forecast.by}"), counts)
        return Summary("Forecast", (how_many, past_text), only, note, claims=claims[:1])
    day = forecast.when[85]
    until = f"by {day} ({(day - forecast.scope.as_of).days} d)" if day else "not within ten years"
    when = f"85 %: {next_cards(forecast.cards)} {until}"
    rows = tuple(
        (
            f"{p} %",
            _or_more(forecast.how_many[p]),
            str(forecast.when[p] or "not within ten years"),
            "-" if (at := forecast.when[p]) is None else f"{(at - forecast.scope.as_of).days} d",
        )
        for p in PERCENTILES
    )
    following = "card" if forecast.cards == 1 else str(forecast.cards)
    head = ("chance", f"cards by {forecast.by}", f"next {following} by", "in")
    return Summary("Forecast", (how_many, when, past_text), Table(head, rows), note, claims=claims)


def rests_on(forecast: Forecast) -> str:
    """`Rests on 96 cards finished in 210 days, lately 3.2 a week.` How often it would have held,
    the back-test says."""
    rate = f"{WEEK * (forecast.per_day or 0):.1f}"
    text = (
        f"Rests on {quantity(forecast.n, 'card')} finished in"
        f" {quantity(forecast.past_days, 'day')}, lately {rate} a week."
    )
    return f"{text} {_YOUNG}" if forecast.past_days <= _YOUNG_DAYS else text


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _at_least(forecast: Forecast) -> str:
    if cards := forecast.how_many[85]:
        return f"{quantity(cards, 'card')} or more"
    return f"not one card is that likely ({chance_text(forecast.chance_of_one)})"


def _or_more(cards: int) -> str:
    return f"{cards} or more" if cards else "not one"


def headline(forecast: Forecast) -> Headline:
    if not forecast.possible:
        return ()
    cards = forecast.how_many[85]
    if not cards:
        return (("85 %: not one so likely", "text"),)
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
