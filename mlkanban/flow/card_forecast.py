"""When each open card will be finished, given how old it is.

Source: conditional survival from Kaplan and Meier (1958): of an open card of age a the chance to be
finished within d more days is (S(a) - S(a + d)) / S(a).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from mlkanban.flow.percentiles import needed
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.survival import Survival, kaplan_meier
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import in_progress_on

LEVELS = (50, 85)


@dataclass(frozen=True, slots=True)
class CardForecast:
    """`chance` to be finished within the days asked for, None where no finished card was ever as
    old; `by`: percent -> day, None when it is not reached."""

    ref: str
    title: str
    stage: str
    age_days: int
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


def card_forecasts(sample: Sample, *, days: int = 14) -> CardForecasts:
    """Look at each open card; the survival curve is that of the cards of the window."""
    survival = survival_of(sample)
    n = len(sample.finished)
    cards = [_card(sample, card, survival, days) for card in sample.open]
    cards.sort(key=lambda card: (-(card.chance or 0), card.age_days, card.ref))
    return CardForecasts(
        n=n,
        open=len(sample.open),
        censored=len(_censored(sample)),
        days=days,
        until=sample.today + timedelta(days=days),
        cards=tuple(cards) if n >= needed(LEVELS[0]) else (),
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
    left = {p: survival.time_left(age, p) for p in LEVELS}
    return CardForecast(
        card.ref,
        card.history.title,
        sample.workflow.stages[card.stage],
        age,
        None if chance is None else float(chance),
        {p: None if d is None else sample.today + timedelta(days=d) for p, d in left.items()},
    )
