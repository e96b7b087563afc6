"""Queries about runs: who took the steps of a card, and what runs need to know before they move
it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from mlkanban.core.events import Event
from mlkanban.store.log import COLUMNS, event_of
from mlkanban.store.rows import BY_PERSON, IN_FORCE


def last_step(conn: sqlite3.Connection, card_id: str) -> str:
    """The instant of the last step of a card; '' when it took none."""
    (at,) = conn.execute(
        "SELECT max(at) FROM transition WHERE card = ? AND live", (card_id,)
    ).fetchone()
    return at or ""


def last_of_run(conn: sqlite3.Connection, card_id: str, actor: str) -> str:
    """The instant of the last event of a run on a card, by the actor of its events; '' before the
    first."""
    (at,) = conn.execute(
        "SELECT max(at) FROM event WHERE card = ? AND actor = ?", (card_id, actor)
    ).fetchone()
    return at or ""


def last_was_imported(conn: sqlite3.Connection, card_id: str) -> bool:
    """Whether the last step of a card came with an import, and not from somebody here."""
    row = conn.execute(
        "SELECT EXISTS (SELECT 1 FROM event AS noted"
        " WHERE noted.action = event.action AND noted.kind = 'import.noted')"
        " FROM transition AS step JOIN event ON event.id = step.event"
        " WHERE step.card = ? AND live ORDER BY step.at DESC, step.stamp DESC LIMIT 1",
        (card_id,),
    ).fetchone()
    return bool(row and row[0])


def moved_by_hand(conn: sqlite3.Connection, card_id: str, since: str, until: str = "") -> bool:
    """Whether a person moved a card to another stage after one instant and before another."""
    row = conn.execute(
        "SELECT 1 FROM transition JOIN event ON event.id = transition.event"
        " WHERE transition.card = ? AND transition.at >= ? AND (? = '' OR transition.at < ?)"
        " AND live AND stage IS NOT NULL"
        f" AND event.kind NOT IN ('card.reordered', 'card.created') AND {BY_PERSON} LIMIT 1",
        (card_id, since, until, until),
    ).fetchone()
    return row is not None


def edited_by_hand(conn: sqlite3.Connection, card_id: str, field: str, since: str) -> bool:
    """Whether a person wrote a field of a card since an instant."""
    row = conn.execute(
        f"SELECT 1 FROM event WHERE card = ? AND at >= ? AND kind != 'card.created'"
        f" AND CASE WHEN {IN_FORCE} THEN json_type(data, ?) END IS NOT NULL"
        f" AND {BY_PERSON} LIMIT 1",
        (card_id, since, f"$.set.{field}"),
    ).fetchone()
    return row is not None


def actor_of(conn: sqlite3.Connection, card_id: str, origin: str) -> str:
    """Who wrote a value of a card, by the origin of the value; '' when there is no such event."""
    hlc, _, replica = origin.rpartition(":")
    row = conn.execute(
        f"SELECT actor FROM event WHERE card = ? AND hlc = ? AND replica = ? AND {IN_FORCE}",
        (card_id, hlc, replica),
    ).fetchone()
    return row[0] if row else ""


def ended_runs(conn: sqlite3.Connection, board_id: str) -> list[Event]:
    """For each card of a board the last end of a run after which nobody changed the card."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event AS last WHERE board = ? AND kind = 'run.ended'"
        f" AND {IN_FORCE} AND NOT EXISTS"
        " (SELECT 1 FROM event WHERE card = last.card AND seq > last.seq"
        f" AND ({BY_PERSON} OR kind IN ('run.started', 'run.ended'))) ORDER BY seq",
        (board_id,),
    ).fetchall()
    return [event_of(row) for row in rows]


def ends_since(conn: sqlite3.Connection, seq: int) -> list[Event]:
    """The ends of runs that came into the log after a place, in the order of the log."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE seq > ? AND kind = 'run.ended' AND {IN_FORCE}"
        " ORDER BY seq",
        (seq,),
    ).fetchall()
    return [event_of(row) for row in rows]


def end_of_run(conn: sqlite3.Connection, actor: str) -> bool:
    """Whether a run has ended, by the actor of its events."""
    row = conn.execute(
        f"SELECT 1 FROM event WHERE actor = ? AND kind = 'run.ended' AND {IN_FORCE} LIMIT 1",
        (actor,),
    ).fetchone()
    return row is not None


def with_runs(conn: sqlite3.Connection, board_id: str) -> Sequence[str]:
    """Ids of the cards of a board that have runs."""
    rows = conn.execute(
        "SELECT id FROM card WHERE board = ? AND runs != ''", (board_id,)
    ).fetchall()
    return [card for (card,) in rows]


def runs_went(conn: sqlite3.Connection, card_id: str) -> Sequence[str]:
    """Ids of a card and of the cards its runs were moved to, from one duplicate to the next."""
    rows = conn.execute(
        "WITH RECURSIVE went (card) AS (SELECT ? UNION SELECT moved.card FROM went"
        " CROSS JOIN event AS ended INDEXED BY event_card"
        " ON ended.card = went.card AND ended.kind = 'card.finished'"
        " CROSS JOIN event AS moved INDEXED BY event_action"
        " ON moved.action = ended.action AND moved.kind = 'run.moved') SELECT card FROM went",
        (card_id,),
    ).fetchall()
    return [card for (card,) in rows]


def with_links(conn: sqlite3.Connection) -> Sequence[str]:
    """Ids of the cards of all boards that a tracker's run was linked to."""
    rows = conn.execute(
        f"SELECT DISTINCT card FROM event WHERE kind IN ('run.linked', 'run.moved') AND {IN_FORCE}"
    ).fetchall()
    return [card for (card,) in rows]
