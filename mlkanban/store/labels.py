"""Labels of cards (`STORE:CARD`): the names of a store, and the card that a label stands for.

A store is named after the replica that wrote the first event of its log, and knows the names of all
replicas whose events it has. So replicas that sync know each other's labels, and a restored store
knows the labels that were given before.
"""

from __future__ import annotations

import sqlite3

from mlkanban.core.models import CardFace
from mlkanban.runs.model.labels import CardLabel, read_label, store_name
from mlkanban.store import repository


def of_card(conn: sqlite3.Connection, ref: str) -> CardLabel:
    """The label that jobs of a card of this store carry."""
    row = conn.execute("SELECT replica FROM event ORDER BY seq LIMIT 1").fetchone()
    return CardLabel(store_name(row[0]) if row else "", ref)


def store_names(conn: sqlite3.Connection) -> frozenset[str]:
    """The names of this store: its own, and those of all stores merged into it."""
    rows = conn.execute(
        "WITH RECURSIVE known (replica) AS (SELECT min(replica) FROM event UNION ALL"
        " SELECT (SELECT min(replica) FROM event WHERE replica > known.replica) FROM known"
        " WHERE known.replica IS NOT NULL) SELECT replica FROM known WHERE replica IS NOT NULL"
    ).fetchall()
    return frozenset(store_name(replica) for (replica,) in rows)


def face_by_label(conn: sqlite3.Connection, text: str) -> CardFace | None:
    """The card that a label of this store, or a short id alone, stands for; None where the label
    belongs to another store, or to one of several cards that had this id before their stores met.
    """
    label = read_label(text)
    if label is None or not label.store:
        return repository.face_by_ref(conn, text.strip().lower())
    if label.store not in store_names(conn):
        return None
    rows = conn.execute(
        "SELECT card.id, (SELECT replica FROM event INDEXED BY event_card"
        "  WHERE event.card = card.id AND event.kind = 'card.created' LIMIT 1)"
        " FROM card WHERE NOT deleted AND (ref = ? OR ref GLOB ?)"
        f" AND {repository.ON_SHOWN_BOARD}",
        (label.ref, f"{label.ref}[a-z]*"),
    ).fetchall()
    if len(rows) > 1:
        rows = [row for row in rows if store_name(row[1] or "") == label.store]
    return next(iter(repository.faces_of(conn, (rows[0][0],))), None) if len(rows) == 1 else None
