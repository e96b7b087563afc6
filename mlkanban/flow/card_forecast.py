"""When each open card will be finished, given how old it is.

Source: conditional survival from Kaplan and Meier (1958): of what has lasted a days the chance to
end within d more is (S(a) - S(a + d)) / S(a). A card of age a has lasted a days once the day is
over; as long as the day goes on it has lasted a - 1, and may be finished today.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.survival import Survival, kaplan_meier
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import in_progress_on

LEVELS = (50, 85)
FEWEST_OLDER = 10
"""So many finished cards that were older stand behind the chance of a card, at least."""


@dataclass(frozen=True, slots=True)
class CardForecast:
    """`chance` to be finished within the days asked for; `by`: percent -> day, None when it is not
    reached. Both are None where fewer than ten of the finished cards were `older`."""

    ref: str
    title: str
    stage: str
    age_days: int
    older: int
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


@dataclass(frozen=True, slots=True)
class Remaining:
    """How much longer open cards take, by how long the cards of the past took (`survival`), as of
    a day that is `over` or not."""

    survival: Survival
    over: bool

    def older(self, age: int) -> int:
        """How many finished cards lasted longer than a card of this age has so far."""
        return self.survival.older(self._lasted(age))

    def chance(self, age: int, days: int) -> float | None:
        """The chance to be finished within `days` days after today; None where too few were
        older."""
        lasted = self._lasted(age)
        if self.survival.older(lasted) < FEWEST_OLDER:
            return None
        return self.survival.chance(lasted, age + days - lasted)

    def days(self, age: int, p: int) -> int | None:
        """The fewest days after today within which that chance reaches p %; None where it does not
        or too few were older."""
        lasted = self._lasted(age)
        if self.survival.older(lasted) < FEWEST_OLDER:
            return None
        left = self.survival.time_left(lasted, p)
        return None if left is None else left - (age - lasted)

    def _lasted(self, age: int) -> int:
        return age if self.over else age - 1


def card_forecasts(sample: Sample, *, days: int = 14) -> CardForecasts:
    """Look at each open card; the survival curve is that of the cards of the window."""
    remaining = remaining_of(sample)
    n = len(sample.finished)
    cards = [_card(sample, card, remaining, days) for card in sample.open]
    cards.sort(key=lambda card: (-(card.chance or 0), card.age_days, card.ref))
    return CardForecasts(
        n=n,
        open=len(sample.open),
        censored=len(_censored(sample)),
        days=days,
        until=sample.today + timedelta(days=days),
        cards=tuple(cards) if n >= FEWEST_OLDER else (),
        scope=sample.scope,
    )


def remaining_of(sample: Sample) -> Remaining:
    """S(t) of the cards of the window, in calendar days; those open at its end and abandoned ones
    are censored, and cards begun before it count from the age they had then."""
    finished, censored = sample.finished, _censored(sample)
    survival = kaplan_meier(
        map(sample.days_by_end, finished),
        map(sample.days_by_end, censored),
        filter(None, (sample.days_before(card) for card in (*finished, *censored))),
    )
    return Remaining(survival, sample.today_is_over)


def _censored(sample: Sample) -> Collection[Followed]:
    return (*in_progress_on(sample, sample.window.last.toordinal()), *sample.abandoned)


def _card(sample: Sample, card: Followed, remaining: Remaining, days: int) -> CardForecast:
    age = sample.days_of(card)
    left = {p: remaining.days(age, p) for p in LEVELS}
    return CardForecast(
        card.ref,
        card.history.title,
        sample.workflow.stages[card.stage],
        age,
        remaining.older(age),
        remaining.chance(age, days),
        {p: None if d is None else sample.today + timedelta(days=d) for p, d in left.items()},
    )
