"""Queries of open conflicts: fields that two replicas wrote without knowing of each other."""

import sqlite3
from typing import NamedTuple


class ConflictRow(NamedTuple):
    """An open conflict: what another replica wrote to a field; `other` is JSON."""

    entity: str
    board: str
    field: str
    other: str
    stamp: str
    actor: str
    host: str
    at: str


_UNDECIDED = "FROM clash WHERE entity NOT IN (SELECT id FROM card WHERE deleted)"


def open_conflicts(conn: sqlite3.Connection, entity_id: str = "") -> list[ConflictRow]:
    """The open conflicts of an entity, or of all entities."""
    rows = conn.execute(
        f"SELECT {', '.join(ConflictRow._fields)} {_UNDECIDED} AND (entity = ? OR ? = '')"
        " ORDER BY board, entity, field, stamp",
        (entity_id, entity_id),
    ).fetchall()
    return list(map(ConflictRow._make, rows))


def count(conn: sqlite3.Connection, board_id: str = "") -> int:
    """How many conflicts are open, on a board or on all boards."""
    (fields,) = conn.execute(
        f"SELECT count(*) FROM (SELECT DISTINCT entity, field {_UNDECIDED}"
        " AND (board = ? OR ? = ''))",
        (board_id, board_id),
    ).fetchone()
    return int(fields)
