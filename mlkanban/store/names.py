"""Names that two replicas gave independently, made unique in the same way everywhere.

The first one given stays; a later card is shown as `g12b`, a later board as `work-2`.
"""

import re
import sqlite3
from collections.abc import Callable

from mlkanban.store.rows import entity_from, entity_text

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def make_names_unique(conn: sqlite3.Connection) -> None:
    """Give every card and every board a unique name."""
    renamed = conn.execute("SELECT ref FROM card WHERE ref GLOB '*[0-9][a-z]*'").fetchall()
    # Those of before too: another one may have lost its name to an import that came first.
    refs = _twice(conn, "card", "ref") | {ref.rstrip(_LETTERS) for (ref,) in renamed}
    for ref in sorted(refs):
        _rename(conn, "card", "ref", ref, ref + "[a-z]*", lambda name, at: name + _letters(at))
    for key in sorted(_twice(conn, "board", "key")):
        _rename(conn, "board", "key", key, key + "-[0-9]*", lambda name, at: f"{name}-{at + 1}")


def letter_of(ref: str) -> str:
    """The letters that a short id begins with: those of the replica that gave it."""
    letters = re.match("[a-z]*", ref)
    return letters[0] if letters else ""


def _twice(conn: sqlite3.Connection, table: str, column: str) -> set[str]:
    rows = conn.execute(f"SELECT {column} FROM {table} GROUP BY {column} HAVING count(*) > 1")
    return {name for (name,) in rows.fetchall()}


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
        sorted(entities, key=lambda item: (item[1].stamps[column], item[0]))
    ):
        entity.fields[column] = made(name, at) if at else name
        conn.execute(
            f"UPDATE {table} SET {column} = ? WHERE id = ?", (entity.fields[column], entity_id)
        )
        conn.execute("UPDATE entity SET state = ? WHERE id = ?", (entity_text(entity), entity_id))


def _letters(at: int) -> str:
    return ("" if at < 26 else _letters(at // 26)) + _LETTERS[at % 26]
