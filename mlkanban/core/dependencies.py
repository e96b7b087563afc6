"""What a card depends on, and what depends on it, as trees."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from mlkanban.core.models import CardFace


class Branch(NamedTuple):
    """A card of the tree, `depth` steps away from the one it is about (from 1). One that was shown
    before is `again` there, without its branches."""

    depth: int
    face: CardFace
    again: bool = False


def needs(faces: Collection[CardFace], ref: str) -> list[Branch]:
    """The cards that must come before a card, each followed by what comes before it."""
    by_ref = {face.ref: face for face in faces}
    found = by_ref.get(ref)
    below = lambda face: [by_ref[one] for one in face.needs.split() if one in by_ref]  # noqa: E731
    return list(_grown(found, below)) if found else []


def needed_by(faces: Collection[CardFace], ref: str) -> list[Branch]:
    """The cards that wait for a card, each followed by what waits for it."""
    above: dict[str, list[CardFace]] = {}
    for face in faces:
        for one in face.needs.split():
            above.setdefault(one, []).append(face)
    found = next((face for face in faces if face.ref == ref), None)
    return list(_grown(found, lambda face: above.get(face.ref, []))) if found else []


def _grown(root: CardFace, beyond: Callable[[CardFace], list[CardFace]]) -> Iterator[Branch]:
    shown: set[str] = set()
    waiting = [(1, face) for face in reversed(beyond(root))]
    while waiting:
        depth, face = waiting.pop()
        again = face.id in shown
        shown.add(face.id)
        yield Branch(depth, face, again)
        if not again:
            waiting += [(depth + 1, one) for one in reversed(beyond(face))]
