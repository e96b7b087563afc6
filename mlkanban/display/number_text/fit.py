"""How much fits until a day, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_text.forecast import reason
from mlkanban.display.number_view import Day
from mlkanban.flow.fit import CardFit, Fit


def fits_text(card: CardFit) -> str:
    """How likely a card is finished, '' for less than even odds, or why nobody knows."""
    return card.unknown or (f"{card.percent}%" if card.percent else "")


def fit_text(fit: Fit) -> str:
    if not fit.forecast.possible:
        return reason(fit.forecast)
    day, likely, even, after = fit_parts(fit)
    return f"{day}: {likely}, {even}, {after}"


def fit_parts(fit: Fit) -> tuple[str, str, str, str]:
    """The day, what fits at 85 % and at 50 %, and what is finished before; of a possible
    forecast."""
    return (
        f"by {fit.until}",
        f"{fit.likely} fit at 85 %",
        f"{fit.even} at 50 %",
        f"after the {fit.in_progress} in progress{_without_parts(fit)}",
    )


def _without_parts(fit: Fit) -> str:
    """A card with parts is finished when these are: no other one waits for it."""
    return " without open parts" if fit.in_progress < fit.open else ""


class FitJson(TypedDict):
    """So many cards fit at 85 % (`likely`) and at 50 % (`even`); 0 with a reason."""

    until: Day
    in_progress: int
    likely: int
    even: int
    reason: str | None


def to_json(fit: Fit) -> FitJson:
    return {
        "until": fit.until.isoformat(),
        "in_progress": fit.in_progress,
        "likely": fit.likely,
        "even": fit.even,
        "reason": reason(fit.forecast) or None,
    }
