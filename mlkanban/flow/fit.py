"""How much fits until a day: the cards finished by then, less those in progress already."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta

from mlkanban.flow.card_chances import CardChances, Unknown, card_chances
from mlkanban.flow.forecast import Forecast, forecast, learned
from mlkanban.flow.history import FlowState
from mlkanban.flow.sample import Sample
from mlkanban.records import record

PLACES = 200
"""So many cards, the first ones, have a day by which they are finished ..."""
_DAYS = 90
"""... if it is no more than so many days ahead."""


@record(frozen=True, slots=True)
class CardFit:
    """Whether a card is finished by the day of a plan: with a chance of `percent`, 85 or 50, 0 for
    less, None where it is `unknown` why. `day`: that by which it is with 85 %, None where it is
    unknown or far ahead. `place`: the one it takes, from 0; None for a card with open parts, which
    is finished when these are."""

    percent: int | None
    unknown: Unknown | None
    day: date | None
    place: int | None = None


@record(frozen=True, slots=True)
class Fit:
    """Of the cards that would be begun from now on, in their order, the first `likely` are finished
    by `until` with a chance of 85 %, the first `even` with one of 50 %; both are 0 where the
    `forecast` is not possible. `ahead`: as `likely`, by the end of 1, 2, ... days after `today`.

    All of it is when the so-and-so-many-th card from now on is finished, as `forecast --cards` has
    it, so that a card fits by every day from the day of its own on. Before it those `in_progress`
    are finished, of all that are `open` the ones without open parts.

    `wholes` are the cards with open parts, which take no place, `blocked` those whose chance is
    unknown because of that, by short id.
    """

    until: date
    in_progress: int
    open: int
    forecast: Forecast
    likely: int = 0
    even: int = 0
    today: date = date.min
    ahead: tuple[int, ...] = ()
    wholes: Mapping[str, CardFit] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()

    def cards(self, order: Sequence[str]) -> Iterator[CardFit]:
        """What is known of each of the cards that would be begun from now on, in their order."""
        place = 0
        for ref in order:
            if whole := self.wholes.get(ref):
                yield whole
                continue
            if ref in self.blocked:
                yield CardFit(None, "blocked", None, place)
            else:
                percent = 85 if place < self.likely else 50 if place < self.even else 0
                yield CardFit(percent, None, self.day_of(place), place)
            place += 1

    def day_of(self, place: int) -> date | None:
        """The day by which the card at a place, from 0, is finished with a chance of 85 %; None
        where that takes more than 90 days, and for cards that have no day."""
        days = bisect_right(self.ahead, place)
        return self.today + timedelta(days=days + 1) if days < len(self.ahead) else None


def fit(sample: Sample, until: date, order: Sequence[str] | None = None) -> Fit:
    """What fits between the day of the sample and `until`, which lies after it, with the cards in
    another `order` than that of the board where one is given."""
    days = (until - sample.today).days
    ahead = forecast(sample, days=days, cards=1)
    chances = card_chances(sample, order)
    underway, opened = chances.in_progress, len(sample.open)
    if not ahead.possible:
        return Fit(until, underway, opened, ahead)
    soon = learned(sample).dates()
    left = {p: max(0, soon.cards(days, p) - underway) for p in (85, 50)}
    by_day = (soon.cards(day, 85) for day in range(1, _DAYS + 1))
    by_place = tuple(max(0, min(PLACES, cards - underway)) for cards in by_day)
    waiting = [c.ref for c in sample.of_board.cards if c.flow.state is FlowState.UNCOMMITTED]
    wholes = {ref for ref in waiting if chances.parts_of(ref)}
    return Fit(
        until, underway, opened, ahead, left[85], left[50], sample.today, by_place,
        {ref: _whole(ref, until, sample.today, chances) for ref in wholes},
        frozenset(waiting) & chances.blocked,
    )  # fmt: skip


def _whole(ref: str, until: date, today: date, chances: CardChances) -> CardFit:
    """What is known of a card with open parts."""
    chance, unknown = chances.chance(ref, (until - today).days)
    if chance is None:
        return CardFit(None, unknown, None)
    days = chances.days(ref, 85)
    day = None if days is None or days > _DAYS else today + timedelta(days=days)
    percent = next((p for p in (85, 50) if chance >= p / 100), 0)
    return CardFit(percent, None, day)
