"""Events of the log that do not count: malformed ones, and those of a newer format.

They stay in the log and are passed on. Which ones they are is decided when they arrive and kept in
the table `inert`; everything that reads the log leaves them out (`IN_FORCE`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator

from mlkanban.core.event_validation import MALFORMED, fact, inert, subject
from mlkanban.core.events import Event, Record
from mlkanban.store.rows import COLUMNS, event_of, own_id


def judge(conn: sqlite3.Connection, event: Event) -> None:
    """Record whether an event of the log counts."""
    if why := inert(event):
        _mark(conn, event, why)


def contradicted(conn: sqlite3.Connection, event_id: str) -> bool:
    """Whether events that share this id have different contents."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE id = ? OR (id >= ? AND id < ?)",
        (event_id, f"{event_id}@", f"{event_id}A"),
    ).fetchall()
    if len(rows) < 2:
        return False
    return len({fact(event) for event in map(event_of, rows) if not inert(event)}) > 1


def ambiguous(conn: sqlite3.Connection, ids: Collection[str] | None = None) -> bool:
    """Whether one of these ids (None: any id) is used for entities of two kinds."""
    about: dict[str, list[Event]] = {}
    # Two things of one id are not both cards: few events are about anything else.
    for row in conn.execute(
        f"SELECT {COLUMNS} FROM event INDEXED BY event_card WHERE card = ''"
    ).fetchall():
        event = event_of(row)
        if ids is None or event.entity in ids:
            about.setdefault(event.entity, []).append(event)
    for entity, events in about.items():
        rows = conn.execute(f"SELECT {COLUMNS} FROM event WHERE card = ?", (entity,)).fetchall()
        events.extend(map(event_of, rows))
        if (
            len(set(map(subject, events))) > 1
            and len({subject(event) for event in events if not inert(event)}) > 1
        ):
            return True
    return False


def entangled(conn: sqlite3.Connection) -> bool:
    """Whether events of one card may decide what those of another one count: one takes the other
    back, or has its id, or the card has the id of a board or a stage. No program writes such."""
    checks = (
        "SELECT 1 FROM event AS undo JOIN event AS before ON before.id = undo.undoes"
        " WHERE undo.undoes != '' AND before.card != undo.card LIMIT 1",
        "SELECT 1 FROM event AS again JOIN event AS first"
        " ON first.id = substr(again.id, 1, instr(again.id, '@') - 1)"
        " WHERE instr(again.id, '@') AND first.card != again.card LIMIT 1",
    )
    return any(conn.execute(check).fetchall() for check in checks) or ambiguous(conn)


def sift(conn: sqlite3.Connection, log: Iterable[Event]) -> Iterator[Event]:
    """Of the whole log the events that count: each id once, and for each entity only events of one
    kind. The others are recorded as inert. It comes in replica-independent order, or, unless it is
    `entangled`, card by card."""
    rows = conn.execute("SELECT id FROM event WHERE instr(id, '@')").fetchall()
    # Ids that come again, with the first event of each, None until it came.
    first: dict[str, tuple[str, str, str] | None] = {own_id(again): None for (again,) in rows}
    subjects: dict[str, tuple[str, str]] = {}
    for event in log:
        if why := inert(event):
            _mark(conn, event, why)
        elif before := first.get(event.id):
            if before != fact(event):
                _mark(conn, event, MALFORMED)
        elif subjects.setdefault(event.entity, subject(event)) != subject(event):
            _mark(conn, event, MALFORMED)
        else:
            if event.id in first:
                first[event.id] = fact(event)
            yield event


def is_malformed(conn: sqlite3.Connection, record: Record) -> bool:
    """Whether an event of the log is recorded as malformed."""
    row = conn.execute(
        "SELECT 1 FROM inert JOIN event ON event.seq = inert.seq"
        " WHERE replica = ? AND rseq = ? AND why = ?",
        (record.replica, record.rseq, MALFORMED),
    ).fetchone()
    return row is not None


def counts(conn: sqlite3.Connection) -> dict[str, int]:
    """How many malformed events there are, by the host that wrote them."""
    rows = conn.execute(
        "SELECT host, count(*) FROM inert JOIN event ON event.seq = inert.seq WHERE why = ?"
        " GROUP BY host",
        (MALFORMED,),
    ).fetchall()
    return dict(rows)


def _mark(conn: sqlite3.Connection, event: Event, why: str) -> None:
    conn.execute("INSERT OR REPLACE INTO inert VALUES (?, ?)", (event.seq, why))
