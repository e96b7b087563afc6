"""Names of models: the versions that a name means, what a card is in use as, and what the next
version is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlkanban.core import lineage
from mlkanban.core.board import CardFace, in_use
from mlkanban.core.card import Card
from mlkanban.core.lineage import LineageKind
from mlkanban.core.metrics import CardMetrics
from mlkanban.core.model_versions import NOT_A_MODEL, VersionName, next_version
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from mlkanban.hints import hint
from mlkanban.service.card_writes import write_edit
from mlkanban.service.fields import checked, flat
from mlkanban.service.transaction import Transaction
from mlkanban.store import model_queries, repository
from mlkanban.store.database import Connection
from mlkanban.store.model_queries import NamedCard


def find_version(conn: Connection, board_id: str, name: str) -> CardFace:
    """The card of a model: of several versions the one in use that was delivered last. A card that
    never was a model is found by its id."""
    found = _meant(model_queries.versions(conn, board_id), name)
    if not found:
        face = repository.face_by_label(conn, name)
        if face is None:
            raise _unknown(name)
        return face
    faces = [card.face for card in found]
    return max(faces, key=lambda face: (in_use(face), face.finished_at, face.id))


def find_model(conn: Connection, board_id: str, name: str) -> list[CardFace]:
    """All versions of the model that a name means."""
    versions = model_queries.versions(conn, board_id)
    found = _meant(versions, name)
    if not found:
        raise _unknown(name)
    return [card.face for card in versions if card.is_of(found[0].model)] or [
        card.face for card in found
    ]


def _meant(versions: Sequence[NamedCard], name: str) -> list[NamedCard]:
    """The versions that a name means: all of a model, one version of it, or a card."""
    wanted = " ".join(name.casefold().split())
    return (
        [card for card in versions if card.is_of(wanted)]
        or [
            card
            for card in versions
            if card.model and f"{card.model} {card.version}".casefold() == wanted
        ]
        or [card for card in versions if card.face.ref == wanted]
    )


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no model {name!r}.", hint("List them: {models}"))


def name_use(tx: Transaction, face: CardFace, named: VersionName) -> None:
    """Write what a card is in use as, or will be once it is delivered. Its health, and that of the
    version before it, follow (service/consequences.py)."""
    if named == NOT_A_MODEL:
        write_edit(tx, face, {"model": None, "version": None})
        return
    if face.archived:
        raise RuleRefused(
            f"{face.ref} is archived.", hint("Bring it back: {archive {} --restore}", face.ref)
        )
    if not named.model:
        raise UsageProblem("What it is in use as is empty.", "Write name and version: fraud 3.")
    board_id = repository.board_id(tx.conn, face)
    card = model_queries.named(tx.conn, face)
    version = named.version or (card.version if card.is_of(named.model) else "")
    version = version or next_version(_taken(tx.conn, board_id, named.model))
    others = [
        other
        for other in model_queries.versions(tx.conn, board_id)
        if other.is_of(named.model) and other.face.id != face.id
    ]
    for other in others:
        if other.version.casefold() == version.casefold():
            raise RuleRefused(
                f"{named.model} {version} is {other.face.ref} already.", "Name another version."
            )
    values: dict[str, Any] = {"model": named.model, "version": version}
    owner = named.owner
    if owner is None and not tx.fields(face).get("owner") and others:
        last = max((other.face for other in others), key=lambda face: (face.finished_at, face.id))
        owner = tx.card(last.ref).owner
    if owner is not None:
        values["owner"] = owner or None
    write_edit(tx, face, flat(checked(values, partial=True)))


def next_use(tx: Transaction, champion: Card) -> dict[str, Any]:
    """What a card that replaces a model in use is going to be: its next version."""
    if not champion.model:
        return {}
    versions = _taken(tx.conn, champion.board, champion.model)
    return {
        "model": champion.model, "version": next_version(versions), "owner": champion.owner,
    }  # fmt: skip


def proposed(conn: Connection, face: CardFace, actor: str) -> VersionName:
    """What a card is most likely in use as: what it names itself, else the next version of the
    model before it, else its first tag, else the first word of its title."""
    card = repository.card(conn, face)
    before = champion(conn, card.board, face)
    older = repository.card(conn, before) if before else None
    model = card.model or (older.model if older else "")
    owner = card.owner or (older.owner if older else "") or actor
    if not model:
        words = [*card.tags, *card.title.split(), "model"]
        model = next(word.casefold() for word in words if word.strip())
    others = model_queries.versions(conn, card.board)
    taken = {other.version for other in others if other.is_of(model) and other.face.id != card.id}
    version = card.version
    if not version or version in taken:
        version = next_version(_taken(conn, card.board, model))
    return VersionName(model, version, owner)


def _taken(conn: Connection, board_id: str, model: str) -> Iterator[str]:
    """The versions of a model that there are, and those that open cards are to become."""
    for cards in (model_queries.versions(conn, board_id), model_queries.coming(conn, board_id)):
        yield from (card.version for card in cards if card.is_of(model))


def champion(conn: Connection, board_id: str, face: CardFace) -> CardFace | None:
    """The model in use that a card is about to replace: of the model it names, else one that it
    comes from, else the only one with its metric and one of its tags."""
    used = [
        card
        for card in model_queries.versions(conn, board_id)
        if in_use(card.face) and card.face.id != face.id
    ]
    if not used:
        return None
    if model := model_queries.named(conn, face).model:
        same = [card.face for card in used if card.is_of(model)]
        return max(same, key=lambda f: (f.finished_at, f.id), default=None)
    by_ref = {card.face.ref: card.face for card in used}
    for ref in _ancestors(conn, face):
        if ref in by_ref:
            return by_ref[ref]
    metric, tags = CardMetrics.read(face.metric).name, set(face.tags.split())
    alike = [
        other
        for other in by_ref.values()
        if metric
        and tags & set(other.tags.split())
        and CardMetrics.read(other.metric).name == metric
    ]
    return alike[0] if len(alike) == 1 else None


def _ancestors(conn: Connection, face: CardFace) -> Iterator[str]:
    """The cards that a card comes from, however far back, the nearest first."""
    queue, seen = [face], {face.ref}
    while queue:
        here = queue.pop(0)
        for kind in LineageKind:
            for ref in lineage.origins(here, kind):
                if ref in seen:
                    continue
                seen.add(ref)
                yield ref
                if (other := repository.face_by_ref(conn, ref)) is not None:
                    queue.append(other)
