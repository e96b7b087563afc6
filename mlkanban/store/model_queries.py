"""What models in use ask of the cards and the log."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from mlkanban.core.board import CardFace
from mlkanban.store.log import COLUMNS, event_of
from mlkanban.store.repository import faces_of
from mlkanban.store.rows import IN_FORCE

if TYPE_CHECKING:
    from mlkanban.core.events import Event


def versions(conn: sqlite3.Connection, board_id: str) -> list[CardFace]:
    """The cards of a board that are, or were, models in use, in the order of their delivery."""
    rows = conn.execute(
        "SELECT id FROM card WHERE board = ? AND health != '' AND NOT deleted"
        " ORDER BY finished_at, id",
        (board_id,),
    ).fetchall()
    ids = [card for (card,) in rows]
    order = {card: at for at, card in enumerate(ids)}
    return sorted(faces_of(conn, tuple(ids)), key=lambda face: order[face.id])


def coming(conn: sqlite3.Connection, board_id: str) -> list[tuple[CardFace, str, str]]:
    """The open cards of a board that come from another card, or name a model, each with the model
    and its version, '' for none."""
    rows = conn.execute(
        "SELECT card.id, ifnull(json_extract(entity.state, '$.fields.model'), ''),"
        " ifnull(json_extract(entity.state, '$.fields.version'), '') FROM card"
        " JOIN entity ON entity.id = card.id WHERE card.board = ? AND outcome = ''"
        " AND NOT archived AND NOT deleted"
        " AND (lineage != '' OR instr(entity.state, '\"model\":')) ORDER BY card.id",
        (board_id,),
    ).fetchall()
    names = {card: (str(model), str(version)) for card, model, version in rows}
    return [(face, *names[face.id]) for face in faces_of(conn, tuple(names))]


def life_events(conn: sqlite3.Connection, card_id: str) -> list[Event]:
    """The events of a card that are in force, in the order all replicas agree on; of an undo only
    what is left."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE card = ? AND undoes = '' AND {IN_FORCE}"
        " AND kind NOT LIKE 'run.%' AND id NOT IN (SELECT event FROM undone)"
        " ORDER BY hlc, replica, rseq",
        (card_id,),
    ).fetchall()
    return list(map(event_of, rows))
