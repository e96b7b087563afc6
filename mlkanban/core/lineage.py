"""Lineage: which cards a card came from. It is a different relation from the cards that it waits
for."""

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum

from mlkanban.core.board import CardFace
from mlkanban.core.dependencies import Branch, grown
from mlkanban.errors import UsageProblem


class LineageKind(StrEnum):
    """How a card came from another one. A parent is a field of its own."""

    RETRAIN_OF = "retrain-of"
    RELEASE_OF = "release-of"
    ABLATION_OF = "ablation-of"
    FOLLOW_UP_OF = "follow-up-of"


PARENT = "parent"
_WORDS = {
    PARENT: "part of", LineageKind.RETRAIN_OF: "retrain of", LineageKind.RELEASE_OF: "release of",
    LineageKind.ABLATION_OF: "ablation of", LineageKind.FOLLOW_UP_OF: "follow-up of",
}  # fmt: skip
_KINDS = ", ".join(LineageKind)


def parsed(text: str) -> str:
    """Parse `ablation-of:g12`, where the kind may be abbreviated; UsageProblem for any other
    text."""
    kind, _, ref = text.strip().lower().partition(":")
    begun = [member.value for member in LineageKind if member.value.startswith(kind.strip())]
    if not kind.strip() or not ref.strip() or len(begun) != 1:
        raise UsageProblem(
            f"{text!r} is no lineage.", f"Write KIND:CARD, such as ablation-of:g12; {_KINDS}."
        )
    return f"{begun[0]}:{ref.strip()}"


def word(kind: str) -> str:
    """A kind of lineage in words: `retrain of`."""
    return _WORDS.get(kind, kind.replace("-", " "))


def member_text(member: str) -> str:
    """A lineage entry in words: `ablation of g12` for `ablation-of:g12`."""
    kind, _, ref = member.partition(":")
    return f"{word(kind)} {ref}"


def origins(face: CardFace, kind: str = "") -> list[str]:
    """The short ids of the cards that a card came from, by one kind or by any."""
    members = (member.partition(":") for member in face.lineage.split())
    return [ref for name, _, ref in members if not kind or name == kind]


Tied = list[tuple[str, Branch]]
"""Cards of a tree, each with its relation to the card before it."""


def descent(faces: Collection[CardFace], ref: str) -> tuple[Tied, Tied]:
    """The cards that a card came from, and the cards that came from it, each as a tree."""
    by_ref = {face.ref: face for face in faces}
    below: dict[str, list[tuple[str, CardFace]]] = {}
    for face in faces:
        for kind, _, other in (member.partition(":") for member in face.lineage.split()):
            below.setdefault(other, []).append((word(kind), face))

    def up(face: CardFace) -> list[tuple[str, CardFace]]:
        members = (member.partition(":") for member in face.lineage.split())
        return [(word(kind), by_ref[other]) for kind, _, other in members if other in by_ref]

    card = by_ref.get(ref)
    if card is None:
        return [], []
    return list(grown(card, up)), list(grown(card, lambda face: below.get(face.ref, [])))


def way(start: str, end: str, beyond: Callable[[str], Iterable[str]]) -> list[str]:
    """The shortest path of cards from one to another, where `beyond` gives the next cards; empty
    when there is none."""
    ways = [[start]]
    seen = {start}
    while ways:
        here = ways.pop(0)
        if here[-1] == end:
            return here
        onward = [other for other in beyond(here[-1]) if other not in seen]
        ways += [[*here, other] for other in onward]
        seen.update(onward)
    return []


def members(fields: Mapping[str, object]) -> list[str]:
    """The lineage entries among a card's fields, such as `parent:g1` and `retrain-of:g2`, in
    order."""
    names = [
        name.removeprefix("lineage:") for name, there in fields.items()
        if there and name.startswith("lineage:")
    ]  # fmt: skip
    return ([f"{PARENT}:{fields['parent']}"] if fields.get("parent") else []) + sorted(names)
