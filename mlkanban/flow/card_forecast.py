"""When each open card of a board will be finished, given how old it is (see `card_chances`)."""

from dataclasses import dataclass
from datetime import date, timedelta

from mlkanban.flow.card_chances import (
    FEWEST_OLDER,
    LEVELS,
    CardChances,
    Unknown,
    card_chances,
    censored,
)
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope


@dataclass(frozen=True, slots=True)
class CardForecast:
    """`chance` to be finished within the days asked for; `by`: percent -> day, None when it is not
    reached. Where it is `unknown` why, the chance and both days are None. `older` finished cards
    lasted longer than this one has; with open `parts` it rests on these."""

    ref: str
    title: str
    stage: str
    age_days: int
    older: int
    parts: int
    chance: float | None
    unknown: Unknown | None
    by: dict[int, date | None]


@dataclass(frozen=True, slots=True)
class CardForecasts:
    """Every open card, the likeliest to be finished first, by the cards of the board: `n` finished
    ones, and `censored` ones, open or abandoned. Empty `cards` with `n` too small for the `open`
    ones."""

    n: int
    open: int
    censored: int
    days: int
    until: date
    cards: tuple[CardForecast, ...]
    scope: Scope


def card_forecasts(sample: Sample, *, days: int = 14) -> CardForecasts:
    """Look at each open card of a sample; the survival curve is that of all cards of the window,
    whichever are looked at."""
    board, chances = sample.of_board, card_chances(sample)
    n = len(board.finished)
    cards = [_card(sample, card, chances, days) for card in sample.open]
    cards.sort(key=lambda card: (-(card.chance or 0), card.age_days, card.ref))
    return CardForecasts(
        n=n,
        open=len(sample.open),
        censored=len(censored(board)),
        days=days,
        until=sample.today + timedelta(days=days),
        cards=tuple(cards) if n >= FEWEST_OLDER else (),
        scope=sample.scope,
    )


def _card(sample: Sample, card: Followed, chances: CardChances, days: int) -> CardForecast:
    age = sample.days_of(card)
    chance, unknown = chances.chance(card.ref, days)
    left = {p: None if unknown else chances.days(card.ref, p) for p in LEVELS}
    return CardForecast(
        card.ref,
        card.history.title,
        sample.workflow.stages[card.stage],
        age,
        chances.remaining.older(age),
        len(chances.parts_of(card.ref)),
        chance,
        unknown,
        {p: None if d is None else sample.today + timedelta(days=d) for p, d in left.items()},
    )
