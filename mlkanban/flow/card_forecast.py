"""When each open card will be finished, given how old it is.

Source: conditional survival from Kaplan and Meier (1958): of an open card of age a the chance to be
finished within d more days is (S(a) - S(a + d)) / S(a).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mlkanban.flow.percentiles import needed
from mlkanban.flow.said import Said, Table, finished_cards
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.survival import Survival, kaplan_meier
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import in_progress_on
from mlkanban.text import quantity

_TOLD = (50, 85)
_CERTAIN = 0.95
_CONVENTION = "Kaplan-Meier, open and abandoned cards censored; given the age of the card"


@dataclass(frozen=True, slots=True)
class CardForecast:
    """`chance` to be finished within the days asked for, None where no finished card was ever as
    old; `by`: percent -> day, None when it is not reached."""

    ref: str
    title: str
    stage: str
    age: int
    chance: float | None
    by: dict[int, date | None]


@dataclass(frozen=True, slots=True)
class CardForecasts:
    """Every open card, the likeliest to be finished first. Empty `cards` with `n` too small for
    the `open` ones."""

    n: int
    open: int
    censored: int
    days: int
    until: date
    cards: tuple[CardForecast, ...]
    scope: Scope

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "open": self.open,
            "censored": self.censored,
            "days": self.days,
            "until": self.until.isoformat(),
            "cards": [
                {
                    "id": card.ref, "title": card.title, "stage": card.stage, "age_days": card.age,
                    "chance": card.chance,
                    "by": {str(p): day and day.isoformat() for p, day in card.by.items()},
                }
                for card in self.cards
            ],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }  # fmt: skip

    def figures(self) -> tuple[tuple[str, str], ...]:
        likely = sum(card.chance is not None and card.chance >= 0.5 for card in self.cards)
        return (
            ("n", str(self.n)),
            ("open", str(self.open)),
            (f"likely in {self.days} d", str(likely) if self.cards else "-"),
        )

    def said(self) -> Said:
        note = (
            f"n {self.n} finished, {self.censored} open or abandoned"
            f" | {self.scope.words} | {_CONVENTION}"
        )
        if self.n < needed(_TOLD[0]):
            few = f"{finished_cards(self.n)}; the forecast of a card needs {needed(_TOLD[0])}."
            return Said("Forecast by card", (few,), None, note)
        if not self.cards:
            return Said("Forecast by card", ("Nothing is in progress.",), None, note)
        expected = sum(card.chance or 0.0 for card in self.cards)
        line = (
            f"Of {len(self.cards)} open cards about {expected:.0f} will be finished by"
            f" {self.until} ({quantity(self.days, 'day')})"
        )
        rows = tuple(
            (
                card.ref,
                f"{card.age} d",
                chance_text(card.chance),
                *(str(card.by[p] or "not reached") for p in _TOLD),
                card.title,
            )
            for card in self.cards
        )
        head = ("card", "age", f"in {self.days} d", *(f"{p} % by" for p in _TOLD), "title")
        return Said("Forecast by card", (line,), Table(head, rows), note)


def chance_text(chance: float | None) -> str:
    """A chance in percent, `>95 %` above that; never a certainty."""
    if chance is None:
        return "unknown"
    return ">95 %" if chance > _CERTAIN else f"{100 * chance:.0f} %"


def card_forecasts(sample: Sample, *, days: int = 14) -> CardForecasts:
    """Look at each open card; the survival curve is that of the cards of the window."""
    survival = survival_of(sample)
    n = len(sample.finished)
    cards = [_card(sample, card, survival, days) for card in sample.open]
    cards.sort(key=lambda card: (-(card.chance or 0), card.age, card.ref))
    return CardForecasts(
        n=n,
        open=len(sample.open),
        censored=len(_censored(sample)),
        days=days,
        until=sample.today + timedelta(days=days),
        cards=tuple(cards) if n >= needed(_TOLD[0]) else (),
        scope=sample.scope,
    )


def survival_of(sample: Sample) -> Survival:
    """S(t) of the cards of the window, in calendar days; those open at its end and abandoned ones
    are censored."""
    return kaplan_meier(
        map(sample.days_by_end, sample.finished),
        map(sample.days_by_end, _censored(sample)),
    )


def _censored(sample: Sample) -> tuple[Followed, ...]:
    return (*in_progress_on(sample, sample.window.last.toordinal()), *sample.abandoned)


def _card(sample: Sample, card: Followed, survival: Survival, days: int) -> CardForecast:
    age = sample.days_of(card)
    chance = survival.chance(age, days)
    left = {p: survival.time_left(age, p) for p in _TOLD}
    return CardForecast(
        card.ref,
        card.history.title,
        sample.workflow.stages[card.stage],
        age,
        None if chance is None else float(chance),
        {p: None if d is None else sample.today + timedelta(days=d) for p, d in left.items()},
    )
