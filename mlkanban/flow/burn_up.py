"""Burn-up: of a card with parts, how many there are and how many are done, day by day, and when all
of them will be.

Source: A. Cockburn's burn-up chart. The card is done when all its parts are; the chance of that by
a day is that of `card_chances`. A part of unknown chance
withholds the day.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mlkanban.flow.card_chances import LEVELS, TO_DO, CardChances, Unknown, card_chances
from mlkanban.flow.history import FlowState
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import cumulative


@dataclass(frozen=True, slots=True)
class BurnUp:
    """A card with parts. `total` and `done` parts at the end of each day from `first` on (an
    ordinal); abandoned and discarded parts are in neither from their end on.

    `open_parts` and `done_parts` are short ids; `unknown` says of open parts with no known chance
    why, or of the card itself. `by`: percent -> the day by which all parts are done,
    None where it is more than a year ahead; empty where a chance is unknown or none is open.
    """

    ref: str
    title: str
    first: int
    total: tuple[int, ...]
    done: tuple[int, ...]
    open_parts: tuple[str, ...]
    done_parts: tuple[str, ...]
    unknown: dict[str, Unknown]
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
    titles = {card.ref: card.history.title for card in sample.everyone}
    chances = card_chances(sample.of_all_time) if parts else None
    made = [
        _burn_up(sample, parent, titles[parent], some, chances)
        for parent, some in parts.items()
        if parent in titles and chances is not None
    ]
    made.sort(key=lambda card: (-len(card.open_parts), -card.parts, card.ref))
    return BurnUps(tuple(made), sample.scope)


def _burn_up(
    sample: Sample, ref: str, title: str, parts: Sequence[Followed], chances: CardChances
) -> BurnUp:
    workflow = sample.workflow
    written = [workflow.day(card.history.steps[0].at).toordinal() for card in parts]
    days = range(min(written), sample.today.toordinal() + 1)
    done = [card for card in parts if card.flow.state is FlowState.FINISHED]
    opened = [c for c in parts if c.flow.state in TO_DO]
    gone = [
        workflow.day(card.history.steps[-1].at).toordinal()
        for card in parts
        if card.flow.state in (FlowState.ABANDONED, FlowState.DISCARDED)
    ]
    total = zip(cumulative(written, days), cumulative(gone, days), strict=True)
    judged = {card.ref: chances.chance(card.ref, 0)[1] for card in opened}
    unknown = {part: why for part, why in judged.items() if why is not None}
    if opened and not unknown and (why := chances.chance(ref, 0)[1]):
        unknown[ref] = why
    left = {p: chances.days(ref, p) for p in LEVELS if opened and not unknown}
    return BurnUp(
        ref=ref,
        title=title,
        first=days.start,
        total=tuple(came - went for came, went in total),
        done=cumulative((card.finish for card in done), days),
        open_parts=tuple(card.ref for card in opened),
        done_parts=tuple(card.ref for card in done),
        unknown=unknown,
        by={p: None if d is None else sample.today + timedelta(days=d) for p, d in left.items()},
    )
