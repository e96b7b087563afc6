"""Names that two replicas gave without knowing of each other: told apart the same way everywhere.

The one given first keeps it; a later card is shown as `g12b`, a later board as `work-2`.
"""

import re
import sqlite3
from collections.abc import Callable

from mlkanban.store.rows import entity_from, entity_text


def tell_apart(conn: sqlite3.Connection) -> None:
    """Give every card and every board a name of its own."""
    for (ref,) in _twice(conn, "card", "ref"):
        _rename(conn, "card", "ref", ref, ref + "[a-z]*", lambda name, at: name + _letters(at))
    for (key,) in _twice(conn, "board", "key"):
        _rename(conn, "board", "key", key, key + "-[0-9]*", lambda name, at: f"{name}-{at + 1}")


def letter_of(ref: str) -> str:
    """The letters a short id begins with: those of the replica that gave it."""
    found = re.match("[a-z]*", ref)
    return found[0] if found else ""


def _twice(conn: sqlite3.Connection, table: str, column: str) -> list[tuple[str]]:
    return conn.execute(
        f"SELECT {column} FROM {table} GROUP BY {column} HAVING count(*) > 1"
    ).fetchall()


def _rename(
    conn: sqlite3.Connection, table: str, column: str, name: str, glob: str,
    made: Callable[[str, int], str],
) -> None:  # fmt: skip
    rows = conn.execute(
        f"SELECT {table}.id, state FROM {table} JOIN entity ON entity.id = {table}.id"
        f" WHERE {column} = ? OR {column} GLOB ?",
        (name, glob),
    ).fetchall()
    entities = [(entity_id, entity_from(state)) for entity_id, state in rows]
    for at, (entity_id, entity) in enumerate(
        sorted(entities, key=lambda one: (one[1].stamps[column], one[0]))
    ):
        entity.fields[column] = made(name, at) if at else name
        conn.execute(
            f"UPDATE {table} SET {column} = ? WHERE id = ?", (entity.fields[column], entity_id)
        )
        conn.execute("UPDATE entity SET state = ? WHERE id = ?", (entity_text(entity), entity_id))


def _letters(at: int) -> str:
    return ("" if at < 26 else _letters(at // 26)) + chr(ord("a") + at % 26)
