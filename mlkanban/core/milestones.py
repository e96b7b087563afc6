"""Milestones: start and finish of a card from the stages it has been in.

Source: the Kanban Guide (2025) and D. Vacanti. A card is before commitment, inside the workflow, or
after delivery; where it is decides, not how it got there.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import IntEnum, auto
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

Instant = TypeVar("Instant")


class Phase(IntEnum):
    """The phase of a card: before commitment, committed, or past delivery."""

    BEFORE = auto()
    INSIDE = auto()
    AFTER = auto()


class Milestones(NamedTuple, Generic[Instant]):
    """`started`: last crossing of the commitment point that still holds. `finished`: last passing
    of the delivery point (or outcome) that still holds. Both None when there is none. `worked` is
    False when the card was never inside since it started. `reopened` counts the returns from after
    delivery."""

    started: Instant | None
    finished: Instant | None
    worked: bool
    reopened: int


def days_old(first: date, last: date) -> int:
    """Calendar days, both ends counted; an instant that a fast clock dated in the future counts as
    now."""
    return max(1, (last - first).days + 1)


def in_sequence(instants: Sequence[str]) -> list[str]:
    """Corrected instants of consecutive steps: a step dated after the one that follows it was
    written while a clock was ahead, and counts as done by then."""
    return list(accumulate(reversed(instants), min))[::-1]


def phase(position: int, first_committed: int, first_delivered: int, outcome: str | None) -> Phase:
    """The phase of a card at a stage position; an outcome finishes a card wherever it stands.

    Discarding is outside flow: undone, it must leave no trace, so it moves no boundary.
    """
    if position >= first_delivered or (outcome and outcome != "discarded"):
        return Phase.AFTER
    return Phase.INSIDE if position >= first_committed else Phase.BEFORE


def milestones(steps: Iterable[tuple[Instant, Phase]]) -> Milestones[Instant]:
    """Milestones of a card from its (instant, phase) steps in order.

    Going back before commitment restarts the clock; going back inside the workflow does not.
    Re-opening undoes the finish and keeps the start.
    """
    started: Instant | None = None
    finished: Instant | None = None
    worked, reopened, last = False, 0, Phase.BEFORE
    for at, now in steps:
        if last is Phase.AFTER > now:
            finished = None
            reopened += 1
        if now is Phase.BEFORE:
            started, worked = None, False
        elif last is Phase.BEFORE:
            started = at
        if now is Phase.AFTER > last:
            finished = at
        worked = worked or now is Phase.INSIDE
        last = now
    return Milestones(started, finished, worked, reopened)
