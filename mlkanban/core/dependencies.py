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
    return _untied(found, below) if found else []


def needed_by(faces: Collection[CardFace], ref: str) -> list[Branch]:
    """The cards that wait for a card, each followed by what waits for it."""
    above: dict[str, list[CardFace]] = {}
    for face in faces:
        for one in face.needs.split():
            above.setdefault(one, []).append(face)
    found = next((face for face in faces if face.ref == ref), None)
    return _untied(found, lambda face: above.get(face.ref, [])) if found else []


def _untied(root: CardFace, beyond: Callable[[CardFace], list[CardFace]]) -> list[Branch]:
    return [one for _, one in grown(root, lambda face: [("", one) for one in beyond(face)])]


def grown(
    root: CardFace, beyond: Callable[[CardFace], list[tuple[str, CardFace]]]
) -> Iterator[tuple[str, Branch]]:
    """All that lies beyond a card, depth first, each with how it is tied to the one before;
    `beyond` gives the ties and cards next to one."""
    shown: set[str] = set()
    waiting = [(1, tie, face) for tie, face in reversed(beyond(root))]
    while waiting:
        depth, tie, face = waiting.pop()
        again = face.id in shown
        shown.add(face.id)
        yield tie, Branch(depth, face, again)
        if not again:
            waiting += [(depth + 1, t, one) for t, one in reversed(beyond(face))]
