"""Dependencies between cards as trees: what a card needs, and what needs it."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from mlkanban.core.board import CardFace


class Branch(NamedTuple):
    """A card in a tree, `depth` steps away from the root (from 1). A card that was shown before is
    `again` there, without its branches."""

    depth: int
    face: CardFace
    again: bool = False


def needs(faces: Collection[CardFace], ref: str) -> list[Branch]:
    """The cards that must be finished before a card, each followed by those it needs itself."""
    by_ref = {face.ref: face for face in faces}
    card = by_ref.get(ref)
    below = lambda face: [by_ref[other] for other in face.needs.split() if other in by_ref]  # noqa: E731
    return _untied(card, below) if card else []


def needed_by(faces: Collection[CardFace], ref: str) -> list[Branch]:
    """The cards that wait for a card, each followed by those that wait for it."""
    above: dict[str, list[CardFace]] = {}
    for face in faces:
        for other in face.needs.split():
            above.setdefault(other, []).append(face)
    card = next((face for face in faces if face.ref == ref), None)
    return _untied(card, lambda face: above.get(face.ref, [])) if card else []


def _untied(root: CardFace, beyond: Callable[[CardFace], list[CardFace]]) -> list[Branch]:
    return [
        branch for _, branch in grown(root, lambda face: [("", branch) for branch in beyond(face)])
    ]


def grown(
    root: CardFace, beyond: Callable[[CardFace], list[tuple[str, CardFace]]]
) -> Iterator[tuple[str, Branch]]:
    """All cards reachable from a card, depth first, each with its relation to the card before;
    `beyond` gives the relations and cards next to a card."""
    shown: set[str] = set()
    waiting = [(1, tie, face) for tie, face in reversed(beyond(root))]
    while waiting:
        depth, tie, face = waiting.pop()
        again = face.id in shown
        shown.add(face.id)
        yield tie, Branch(depth, face, again)
        if not again:
            waiting += [(depth + 1, t, other) for t, other in reversed(beyond(face))]
