"""Visibility: which cards are shown on the board."""

from collections.abc import Collection
from datetime import date

from mlkanban.core.models import Board, CardFace

UNTIL_RUN = "9999-12-31"
"""The day of a card that is snoozed until a run of it ends; the run is named apart."""


def stands(board: Board, face: CardFace) -> bool:
    """Whether a card has a place on the board: finished ones keep it past delivery, archived ones
    do not."""
    return face.is_open or (not face.archived and board.is_delivered(face.stage))


def asleep(face: CardFace, today: date) -> bool:
    """Whether an open card is snoozed until a day after this one."""
    return face.is_open and face.snoozed_until > today.isoformat()


def on_board(board: Board, face: CardFace, today: date) -> bool:
    """Whether a card is shown on the board now. A snoozed card keeps its place and its slot,
    hidden."""
    return stands(board, face) and not asleep(face, today)


def waits(faces: Collection[CardFace]) -> dict[str, tuple[str, ...]]:
    """The short ids of the open cards that each open card still depends on, by card id."""
    needing = [face for face in faces if face.needs and face.is_open]
    if not needing:
        return {}
    needed = {ref for face in needing for ref in face.needs.split()}
    opened = {face.ref for face in faces if face.ref in needed and face.is_open}
    waiting = {face.id: tuple(r for r in face.needs.split() if r in opened) for face in needing}
    return {card: refs for card, refs in waiting.items() if refs}
