"""What a card came from: another kind of relation between cards than what it waits for."""

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum

from mlkanban.core.dependencies import Branch, grown
from mlkanban.core.models import CardFace
from mlkanban.errors import UsageProblem


class Kind(StrEnum):
    """How a card comes from another one. A parent is a field of its own."""

    RETRAIN_OF = "retrain-of"
    ABLATION_OF = "ablation-of"
    FOLLOW_UP_OF = "follow-up-of"


PARENT = "parent"
_SAID = {
    PARENT: "part of", Kind.RETRAIN_OF: "retrain of", Kind.ABLATION_OF: "ablation of",
    Kind.FOLLOW_UP_OF: "follow-up of",
}  # fmt: skip
_KINDS = ", ".join(Kind)


def parsed(text: str) -> str:
    """`ablation-of:g12` from the beginning of a kind and a short id; UsageProblem for another
    text."""
    kind, _, ref = text.strip().lower().partition(":")
    begun = [one.value for one in Kind if one.value.startswith(kind.strip())]
    if not kind.strip() or not ref.strip() or len(begun) != 1:
        raise UsageProblem(
            f"{text!r} is no lineage.", f"Write KIND:CARD, such as ablation-of:g12; {_KINDS}."
        )
    return f"{begun[0]}:{ref.strip()}"


def word(kind: str) -> str:
    """A kind in words: `retrain of`."""
    return _SAID.get(kind, kind.replace("-", " "))


def told(member: str) -> str:
    """`ablation of g12` for `ablation-of:g12`."""
    kind, _, ref = member.partition(":")
    return f"{word(kind)} {ref}"


def origins(face: CardFace, kind: str = "") -> list[str]:
    """The short ids of the cards that one comes from, by one kind or any."""
    members = (one.partition(":") for one in face.lineage.split())
    return [ref for name, _, ref in members if not kind or name == kind]


Tied = list[tuple[str, Branch]]
"""Cards of a tree, each with how it is tied to the card before it."""


def descent(faces: Collection[CardFace], ref: str) -> tuple[Tied, Tied]:
    """The cards that one comes from, each followed by what it comes from, and those that come from
    it likewise."""
    by_ref = {face.ref: face for face in faces}
    below: dict[str, list[tuple[str, CardFace]]] = {}
    for face in faces:
        for kind, _, other in (one.partition(":") for one in face.lineage.split()):
            below.setdefault(other, []).append((word(kind), face))

    def up(face: CardFace) -> list[tuple[str, CardFace]]:
        members = (one.partition(":") for one in face.lineage.split())
        return [(word(kind), by_ref[other]) for kind, _, other in members if other in by_ref]

    found = by_ref.get(ref)
    if found is None:
        return [], []
    return list(grown(found, up)), list(grown(found, lambda face: below.get(face.ref, [])))


def way(start: str, end: str, beyond: Callable[[str], Iterable[str]]) -> list[str]:
    """The cards from one to another along what leads `beyond` each; empty when there is no way."""
    ways = [[start]]
    seen = {start}
    while ways:
        here = ways.pop(0)
        if here[-1] == end:
            return here
        onward = [one for one in beyond(here[-1]) if one not in seen]
        ways += [[*here, one] for one in onward]
        seen.update(onward)
    return []


def members(fields: Mapping[str, object]) -> list[str]:
    """`parent:g1` and `retrain-of:g2` of a card's fields, in order."""
    found = [
        name.removeprefix("lineage:") for name, there in fields.items()
        if there and name.startswith("lineage:")
    ]  # fmt: skip
    return ([f"{PARENT}:{fields['parent']}"] if fields.get("parent") else []) + sorted(found)
