"""Start and finish of a card from the places it has been.

Source: FLOW definitions after the Kanban Guide (2025) and D. Vacanti. A card is before commitment,
inside the workflow, or after delivery; where it stands decides, not how it got there.
"""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Phase(Enum):
    BEFORE = 0
    INSIDE = 1
    AFTER = 2


class Milestones(NamedTuple):
    """`started`: last crossing of the commitment point that still holds. `finished`: last passing
    of the delivery point (or outcome) that still holds. Both None when there is none. `worked` is
    False when the card was never inside since it started."""

    started: str | None
    finished: str | None
    worked: bool


def phase(position: int, first_committed: int, first_delivered: int, outcome: str | None) -> Phase:
    """The phase of a card at a stage position; an outcome finishes a card wherever it stands."""
    if outcome or position >= first_delivered:
        return Phase.AFTER
    return Phase.INSIDE if position >= first_committed else Phase.BEFORE


def milestones(steps: Iterable[tuple[str, Phase]]) -> Milestones:
    """Milestones of a card from its (instant, phase) steps in order."""
    started: str | None = None
    finished: str | None = None
    worked = False
    last = Phase.BEFORE
    for at, now in steps:
        if now is Phase.BEFORE:
            started, finished, worked = None, None, False
        else:
            if last is Phase.BEFORE:
                started = at
            if now is Phase.INSIDE:
                finished, worked = None, True
            elif last is not Phase.AFTER:
                finished = at
        last = now
    return Milestones(started, finished, worked)
