"""Burn-up: of a card with parts, how many there are and how many are done, day by day, and when all
of them will be.

Source: A. Cockburn's burn-up chart. The card is done when all its parts are: the chance of that by
a day is the product of the chances of the open ones, each given its age (`card_forecast`). A part
of unknown chance, because it is not begun or too few cards were older, withholds the day.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import prod

from mlkanban.flow.card_forecast import LEVELS, Remaining, remaining_of
from mlkanban.flow.history import FlowState
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import cumulative

_FARTHEST = 366
"""Days ahead; a day beyond is not reached."""
_TO_DO = (FlowState.OPEN, FlowState.UNCOMMITTED)
_Parts = Mapping[str, Sequence[Followed]]
"""The open parts of each card that has some, by its short id."""


@dataclass(frozen=True, slots=True)
class BurnUp:
    """A card with parts. `total` and `done` parts at the end of each day from `first` on (an
    ordinal); abandoned and discarded parts are in neither from their end on.

    `open_parts` and `done_parts` are short ids; `unknown` those of open parts with no known chance.
    `by`: percent -> the day by which all parts are done, None where it is more than a year ahead;
    empty where a chance is unknown or none is open.
    """

    ref: str
    title: str
    first: int
    total: tuple[int, ...]
    done: tuple[int, ...]
    open_parts: tuple[str, ...]
    done_parts: tuple[str, ...]
    unknown: tuple[str, ...]
    by: dict[int, date | None]

    @property
    def parts(self) -> int:
        """The parts that are done or open."""
        return len(self.open_parts) + len(self.done_parts)


@dataclass(frozen=True, slots=True)
class BurnUps:
    """The cards with parts, those with the most open parts first; `shown` is the one to draw."""

    cards: tuple[BurnUp, ...]
    scope: Scope

    @property
    def shown(self) -> BurnUp | None:
        return self.cards[0] if self.cards else None


def burn_ups(sample: Sample, ref: str = "") -> BurnUps:
    """Every card with parts, or that of a short id alone."""
    parts: defaultdict[str, list[Followed]] = defaultdict(list)
    for card in sample.everyone:
        if card.history.parent and ref in ("", card.history.parent):
            parts[card.history.parent].append(card)
    to_do: defaultdict[str, list[Followed]] = defaultdict(list)
    for card in sample.everyone:
        if card.history.parent and card.flow.state in _TO_DO:
            to_do[card.history.parent].append(card)
    titles = {card.ref: card.history.title for card in sample.everyone}
    remaining = remaining_of(sample.of_all_time) if parts else None
    made = [
        _burn_up(sample, parent, titles[parent], some, remaining, to_do)
        for parent, some in parts.items()
        if parent in titles and remaining is not None
    ]
    made.sort(key=lambda card: (-len(card.open_parts), -card.parts, card.ref))
    return BurnUps(tuple(made), sample.scope)


def _burn_up(
    sample: Sample,
    ref: str,
    title: str,
    parts: Sequence[Followed],
    remaining: Remaining,
    to_do: _Parts,
) -> BurnUp:
    workflow = sample.workflow
    written = [workflow.day(card.history.steps[0].at).toordinal() for card in parts]
    days = range(min(written), sample.today.toordinal() + 1)
    done = [card for card in parts if card.flow.state is FlowState.FINISHED]
    opened = [c for c in parts if c.flow.state in _TO_DO]
    gone = [
        workflow.day(card.history.steps[-1].at).toordinal()
        for card in parts
        if card.flow.state in (FlowState.ABANDONED, FlowState.DISCARDED)
    ]
    total = zip(cumulative(written, days), cumulative(gone, days), strict=True)
    unknown = tuple(
        card.ref for card in opened if _chance(sample, card, remaining, to_do, 0) is None
    )
    return BurnUp(
        ref=ref,
        title=title,
        first=days.start,
        total=tuple(came - went for came, went in total),
        done=cumulative((card.finish for card in done), days),
        open_parts=tuple(card.ref for card in opened),
        done_parts=tuple(card.ref for card in done),
        unknown=unknown,
        by={p: _day(sample, opened, remaining, to_do, p) for p in LEVELS if opened and not unknown},
    )


def _chance(
    sample: Sample,
    card: Followed,
    remaining: Remaining,
    to_do: _Parts,
    days: int,
    above: tuple[str, ...] = (),
) -> float | None:
    """The chance of an open part to be done within so many days, of one with open parts that all of
    them are; None where it is unknown."""
    inside = (*above, card.ref)
    parts = [part for part in to_do.get(card.ref, ()) if part.ref not in inside]
    if parts:
        chances = [_chance(sample, part, remaining, to_do, days, inside) for part in parts]
        known = [chance for chance in chances if chance is not None]
        return prod(known) if len(known) == len(parts) else None
    if card.flow.state is not FlowState.OPEN:
        return None
    return remaining.chance(sample.days_of(card), days)


def _day(
    sample: Sample, opened: Sequence[Followed], remaining: Remaining, to_do: _Parts, p: int
) -> date | None:
    def all_done(days: int) -> float:
        return prod(_chance(sample, card, remaining, to_do, days) or 0.0 for card in opened)

    days = bisect_left(range(_FARTHEST), p / 100, key=all_done)
    return None if days == _FARTHEST else sample.today + timedelta(days=days)
