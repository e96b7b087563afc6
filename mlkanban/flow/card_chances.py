"""How likely an open card is finished within some days: one answer for forecasts by card, burn-ups
and due dates.

A committed card is judged by its age. Source: conditional survival from Kaplan and Meier (1958): of
what has lasted a days the chance to end within d more is (S(a) - S(a + d)) / S(a). A card of age a
has lasted a days once the day is over; as long as the day goes on it has lasted a - 1, and may be
finished today. A card that is not begun is judged by its place in the plan: it is finished when so
many cards are, with the chance that `forecast --cards` gives that, and today by what is left of the
day.

The chance of a blocked card is unknown: how long a block goes on neither an age nor a place in the
plan knows. So is that of a card with an open part that is blocked.

A card with open parts is finished when all of them are, and no other card waits for it. Of parts in
progress the chance is the product, as if they did not depend on each other; of those in the plan,
where one comes after the other, that of the last. Both together are multiplied, too.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cached_property
from math import prod
from typing import Literal

from mlkanban.flow.forecast import Dates, learned
from mlkanban.flow.history import FlowState
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.survival import Survival, kaplan_meier
from mlkanban.flow.wip import in_progress_on
from mlkanban.records import record

LEVELS = (50, 85)
FEWEST_OLDER = 10
"""So many finished cards that were older stand behind the chance of a card, at least."""
FARTHEST = 366
"""Days ahead; a day beyond is not looked for."""
TO_DO = (FlowState.OPEN, FlowState.UNCOMMITTED)
Unknown = Literal[
    "too few older cards",
    "too little throughput",
    "not in the plan",
    "its place then is unknown",
    "a part is unknown",
    "blocked",
    "a part is blocked",
]
BLOCKED: frozenset[Unknown | None] = frozenset(("blocked", "a part is blocked"))
"""The reasons that are blocks."""


@record(frozen=True, slots=True)
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


class CardChances:
    """The chances of the open cards of a board, all by short id. `ages` are those of the committed
    ones, `parts` the open parts of each card that has some, `order` the cards that are not begun as
    the plan has them, None where that is not known. `dates` says when so many cards are
    finished, None with too little throughput; `rest_of_today` is what is left of the day, as a
    share of it. `blocked` are the cards that are."""

    def __init__(
        self,
        remaining: Remaining,
        ages: Mapping[str, int],
        parts: Mapping[str, Sequence[str]],
        order: Sequence[str] | None,
        dates: Callable[[], Dates | None],
        rest_of_today: float,
        blocked: AbstractSet[str] = frozenset(),
    ) -> None:
        self.remaining = remaining
        self.ages = ages
        self._parts = parts
        self._order = order
        self._find_dates = dates
        self._rest_of_today = rest_of_today
        self.blocked = blocked

    def parts_of(self, ref: str) -> Sequence[str]:
        """The open parts of a card."""
        return self._parts.get(ref, ())

    def place(self, ref: str) -> int | None:
        """The place of a card in the plan, from 1, where nobody waits for one with open parts."""
        return self._places.get(ref)

    def chance(self, ref: str, days: int) -> tuple[float | None, Unknown | None]:
        """The chance that an open card is finished within `days` days after today, or why it is
        unknown."""
        if ref in self.blocked:
            return None, "blocked"
        if self._has_blocked_part(ref, ()):
            return None, "a part is blocked"
        parts = self._leaves(ref, ())
        chances = {part: self._chance(part, days) for part in parts}
        if unknown := [why for _, why in chances.values() if why]:
            return None, unknown[0] if parts == [ref] else "a part is unknown"
        waiting = [chance or 0.0 for part, (chance, _) in chances.items() if part not in self.ages]
        begun = [chance or 0.0 for part, (chance, _) in chances.items() if part in self.ages]
        return prod(begun) * min(waiting, default=1.0), None

    def by(self, ref: str, days: int) -> tuple[float | None, Unknown | None]:
        """The same by a day so many days after today: none by one that is past."""
        return self.chance(ref, days) if days >= 0 else (0.0, None)

    def days(self, ref: str, p: int) -> int | None:
        """The fewest days after today within which that chance reaches p %; None where it does not,
        or not within a year for a card that its age alone does not decide."""
        if ref in self.ages and ref not in self.blocked and not self._parts.get(ref):
            return self.remaining.days(self.ages[ref], p)
        if self.chance(ref, 0)[0] is None:
            return None
        found = bisect_left(range(FARTHEST), p / 100, key=lambda d: self.chance(ref, d)[0] or 0.0)
        return None if found == FARTHEST else found

    def _leaves(self, ref: str, above: tuple[str, ...]) -> list[str]:
        """The open cards without parts that a card waits for, or itself; `above` are the cards that
        it is part of."""
        inside = (*above, ref)
        parts = [part for part in self._parts.get(ref, ()) if part not in inside]
        return [leaf for part in parts for leaf in self._leaves(part, inside)] or [ref]

    def _has_blocked_part(self, ref: str, above: tuple[str, ...]) -> bool:
        inside = (*above, ref)
        parts = [part for part in self._parts.get(ref, ()) if part not in inside]
        return any(part in self.blocked or self._has_blocked_part(part, inside) for part in parts)

    def _chance(self, ref: str, days: int) -> tuple[float | None, Unknown | None]:
        """That of a card without parts."""
        if ref in self.ages:
            chance = self.remaining.chance(self.ages[ref], days)
            return (chance, None) if chance is not None else (None, "too few older cards")
        place = self._places.get(ref)
        if place is None:
            return None, "its place then is unknown" if self._order is None else "not in the plan"
        if self._dates is None:
            return None, "too little throughput"
        left = max(days, self._rest_of_today)
        return self._dates.chance(self.in_progress + place, left), None

    @cached_property
    def in_progress(self) -> int:
        """The committed cards that are finished before one that is not begun."""
        return sum(not self._parts.get(ref) for ref in self.ages)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        awaited = (ref for ref in self._order or () if not self._parts.get(ref))
        return {ref: place for place, ref in enumerate(awaited, 1)}

    @cached_property
    def _dates(self) -> Dates | None:
        return self._find_dates()


def card_chances(sample: Sample, order: Sequence[str] | None = None) -> CardChances:
    """The chances of all open cards of the board: the survival curve is that of the cards of the
    window, the plan goes by the throughput of all time, and by another `order` than that of the
    board where one is given. Which cards were chosen does not matter."""
    board = sample.of_board
    if order is None:
        waiting = [card for card in board.cards if card.flow.state is FlowState.UNCOMMITTED]
        if all(card.history.place is not None for card in waiting):
            placed = sorted((card for card in waiting if card.history.place), key=_place)
            order = [card.ref for card in placed]
    now = board.as_of.astimezone(board.workflow.timezone)
    return CardChances(
        remaining_of(board),
        {card.ref: board.days_of(card) for card in board.open},
        open_parts(board.cards),
        order,
        lambda: _dates(board),
        0.0 if board.today_is_over else rest_of_day(now),
        {card.ref for card in board.cards if card.history.steps[-1].block is not None},
    )


def open_parts(cards: Collection[Followed]) -> Mapping[str, Sequence[str]]:
    """The open parts of each card that has some, by short id."""
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for card in cards:
        if card.history.parent and card.flow.state in TO_DO:
            parts[card.history.parent].append(card.ref)
    return dict(parts)


def remaining_of(sample: Sample) -> Remaining:
    """S(t) of the cards of the window, in calendar days; those open at its end and abandoned ones
    are censored, and cards begun before it count from the age they had then."""
    finished, cut = sample.finished, censored(sample)
    survival = kaplan_meier(
        map(sample.days_by_end, finished),
        map(sample.days_by_end, cut),
        filter(None, (sample.days_before(card) for card in (*finished, *cut))),
    )
    return Remaining(survival, sample.today_is_over)


def censored(sample: Sample) -> Collection[Followed]:
    """The cards of the window of which is known only that they take longer than they have."""
    return (*in_progress_on(sample, sample.window.last.toordinal()), *sample.abandoned)


def rest_of_day(now: datetime) -> float:
    """What is left of a day, as a share of it."""
    seconds = (now.hour * 60 + now.minute) * 60 + now.second
    return 1 - seconds / 86_400


def _place(card: Followed) -> int:
    return card.history.place or 0


def _dates(sample: Sample) -> Dates | None:
    forecaster = learned(sample.of_all_time)
    return forecaster.dates() if forecaster.possible else None
