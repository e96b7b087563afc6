"""Snapshots: cards and boards at a place in the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlkanban.core.events import Entity, Event, Position, in_order, undone
from mlkanban.store.log import COLUMNS, event_of
from mlkanban.store.rows import IN_FORCE, CardTimes, card_of, notes_of, own_id, repeats_of

if TYPE_CHECKING:
    from mlkanban.core.card import Card


class Named(NamedTuple):
    """A card that has, or had, a short id."""

    id: str
    board: str
    deleted: bool


def position(conn: sqlite3.Connection) -> Position:
    """The place where the log ends now."""
    row = conn.execute("SELECT seq, hlc FROM event ORDER BY seq DESC LIMIT 1").fetchone()
    return Position(*row) if row else Position(0, "")


def holds(conn: sqlite3.Connection, place: Position) -> bool:
    """Whether this log has such a place: not when the place is from another, or a restored,
    store."""
    row = conn.execute("SELECT hlc FROM event WHERE seq = ?", (place.cursor,)).fetchone()
    return row is not None and row[0] == place.hlc


def names(conn: sqlite3.Connection) -> dict[str, Named]:
    """All cards by their short ids, deleted ones too."""
    rows = conn.execute("SELECT ref, id, board, deleted FROM card").fetchall()
    return {ref: Named(card, board, bool(deleted)) for ref, card, board, deleted in rows}


def card_at(conn: sqlite3.Connection, board_id: str, card_id: str, cursor: int) -> Card | None:
    """A card as it was when the log ended at `cursor`, without its times; None when there was
    none."""
    events = _until(conn, "card = ?", card_id, cursor)
    state = _folded(events)
    if not events or state.fields.get("deleted"):
        return None
    dead = undone(events)
    notes = [e for e in events if e.kind == "card.noted" and e.id not in dead]
    first = events[0].at
    times = CardTimes(first, first)
    noted = notes_of(in_order(notes), state.fields)
    return card_of(card_id, board_id, state, times, noted, repeats_of(conn))


def board_at(conn: sqlite3.Connection, board_id: str, cursor: int) -> Entity:
    """The fields of a board when the log ended at `cursor`."""
    events = _until(conn, "card = '' AND board = ?", board_id, cursor)
    return _folded([event for event in events if event.entity == board_id])


def _until(conn: sqlite3.Connection, where: str, value: str, cursor: int) -> list[Event]:
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE {where} AND seq <= ? AND {IN_FORCE} ORDER BY seq",
        (value, cursor),
    ).fetchall()
    return [event_of(row) for row in rows]


def _folded(events: list[Event]) -> Entity:
    entity = Entity()
    for event in in_order(events):
        entity.apply(event)
    return entity


def event_ids(conn: sqlite3.Connection) -> dict[str, int]:
    """The ids of all events of a log, and their places in it."""
    return {own_id(kept): seq for kept, seq in conn.execute("SELECT id, seq FROM event").fetchall()}


def events_at(conn: sqlite3.Connection, places: Sequence[int]) -> list[Event]:
    """The events at these few places of the log, in order."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE seq IN ({','.join('?' * len(places))}) ORDER BY seq",
        tuple(places),
    ).fetchall()
    return [event_of(row) for row in rows]
