"""What models in use ask of the cards and the log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mlkanban.core.board import CardFace
from mlkanban.store.log import COLUMNS, event_of
from mlkanban.store.repository import faces_of
from mlkanban.store.rows import IN_FORCE

if TYPE_CHECKING:
    from mlkanban.core.events import Event


class NamedCard(NamedTuple):
    """A card with the model that it is, was or is to become a version of, as it was written; ''
    where nobody named one."""

    face: CardFace
    model: str
    version: str

    def is_of(self, model: str) -> bool:
        """Whether it is a version of this model, however that is written."""
        return bool(model) and self.model.casefold() == model.casefold()


def versions(conn: sqlite3.Connection, board_id: str) -> list[NamedCard]:
    """The cards of a board that are, or were, models in use, in the order of their delivery."""
    return _named(conn, "card.board = ? AND health != ''", "finished_at, card.id", (board_id,))


def coming(conn: sqlite3.Connection, board_id: str) -> list[NamedCard]:
    """The open cards of a board that come from another card, or name a model."""
    condition = (
        "card.board = ? AND outcome = '' AND NOT archived"
        " AND (lineage != '' OR instr(entity.state, '\"model\":'))"
    )
    return _named(conn, condition, "card.id", (board_id,))


def named(conn: sqlite3.Connection, face: CardFace) -> NamedCard:
    """A card with its model."""
    [card] = _named(conn, "card.id = ?", "card.id", (face.id,))
    return card


def _named(
    conn: sqlite3.Connection, condition: str, order: str, values: tuple[str, ...]
) -> list[NamedCard]:
    rows = conn.execute(
        "SELECT card.id, ifnull(json_extract(entity.state, '$.fields.model'), ''),"
        " ifnull(json_extract(entity.state, '$.fields.version'), '') FROM card"
        f" JOIN entity ON entity.id = card.id WHERE {condition} AND NOT deleted ORDER BY {order}",
        values,
    ).fetchall()
    faces = {face.id: face for face in faces_of(conn, tuple(card for card, _, _ in rows))}
    return [NamedCard(faces[card], str(model), str(version)) for card, model, version in rows]


def life_events(conn: sqlite3.Connection, ids: Iterable[str]) -> dict[str, list[Event]]:
    """The events of some cards that are in force, by card id, in the order all replicas agree on;
    of an undo only what is left."""
    found: dict[str, list[Event]] = {card: [] for card in ids}
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE card IN (SELECT value FROM json_each(?))"
        f" AND undoes = '' AND {IN_FORCE} AND kind NOT LIKE 'run.%'"
        " AND id NOT IN (SELECT event FROM undone) ORDER BY hlc, replica, rseq",
        (json.dumps(list(found)),),
    )
    for event in map(event_of, rows):
        found[event.card].append(event)
    return found
