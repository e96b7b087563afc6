"""Merge: which events of other replicas can be added to the log, and adding them.

Per replica the log has no gaps, so `known` describes everything there is. A batch is part of one
transaction of the caller; events that are in the log already are skipped.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from mlkanban.core.events import FORMAT, Event, Record, with_data
from mlkanban.store import names, stages
from mlkanban.store.inert import ambiguous, contradicted, judge
from mlkanban.store.log import insert_new, links, rebuild
from mlkanban.store.projector import Projector
from mlkanban.store.replica import Replica, replica_letter
from mlkanban.store.rows import RECORD_COLUMNS, events_about_board, events_of, kept_as, record_of

_OFTEN = 500
"""Cards that are written out together, with a call of `progress` before."""


def known(conn: sqlite3.Connection) -> dict[str, int]:
    """The number of the last event of every replica."""
    # One step in the index for each replica, however long their logs are.
    rows = conn.execute(
        "WITH RECURSIVE known (replica) AS (SELECT min(replica) FROM event UNION ALL"
        " SELECT (SELECT min(replica) FROM event WHERE replica > known.replica) FROM known"
        " WHERE known.replica IS NOT NULL) SELECT replica,"
        " (SELECT max(rseq) FROM event WHERE event.replica = known.replica)"
        " FROM known WHERE replica IS NOT NULL"
    )
    return dict(rows.fetchall())


def digest(conn: sqlite3.Connection, replica: str, rseq: int) -> str:
    """The hash of an event of a replica; '' when it is not in the log."""
    row = conn.execute(
        "SELECT hash FROM event WHERE replica = ? AND rseq = ?", (replica, rseq)
    ).fetchone()
    return row[0] if row else ""


def records(conn: sqlite3.Connection, replica: str, first: int, most: int) -> list[Record]:
    """At most `most` events of a replica, from number `first` on."""
    rows = conn.execute(
        f"SELECT {RECORD_COLUMNS} FROM event WHERE replica = ? AND rseq >= ? ORDER BY rseq LIMIT ?",
        (replica, first, most),
    ).fetchall()
    return list(map(record_of, rows))


def next_in_log(last: int, batch: Sequence[Record]) -> list[Record]:
    """The events that continue a replica's log after number `last` without a gap."""
    fitting = []
    for record in sorted(batch, key=lambda item: item.rseq):
        if record.rseq == last + 1:
            fitting.append(record)
            last += 1
    return fitting


def unbroken(conn: sqlite3.Connection, batch: Sequence[Record]) -> list[Record]:
    """The longest beginning of a batch, the next events of one replica, whose hashes fit."""
    if not batch:
        return []
    previous, good = digest(conn, batch[0].replica, batch[0].rseq - 1), []
    for record in batch:
        if not links(previous, record):
            break
        previous = record.hash
        good.append(record)
    return good


class Added(NamedTuple):
    """The events that are new in the log; `shared` are those whose id another event has, too."""

    new: Sequence[Record]
    shared: Sequence[Record]


def add(conn: sqlite3.Connection, batch: Sequence[Record]) -> Added:
    """Add events to the log; events whose place is taken are skipped."""
    new, shared = [], []
    for record in batch:
        # An id with an @ in it always gets one more, so that own_id finds the first one again.
        seq = None if "@" in record.id else insert_new(conn, record)
        if seq is None:  # the place or the id is taken
            other = replace(record, id=kept_as(record.id, record.replica, record.rseq))
            if (seq := insert_new(conn, other)) is None:
                continue
            shared.append(record)
        judge(conn, _event(record, seq))
        new.append(record)
    return Added(new, shared)


def _event(record: Record, seq: int) -> Event:
    values = *with_data(record, json.loads(record.data)), seq
    return Event(*values)


class Names(NamedTuple):
    """The short id of every card, and the stages that differ from what somebody wrote."""

    refs: Mapping[str, str]
    stages: Container[str]


def shown(conn: sqlite3.Connection) -> Names:
    """The names that a merge may change."""
    refs = dict(conn.execute("SELECT id, ref FROM card").fetchall())
    return Names(refs, stages.overruled(conn).keys())


def renamed(conn: sqlite3.Connection, before: Names) -> list[str]:
    """Notices for the person: cards whose short id changed because another replica used it first,
    and stages that differ from what somebody wrote, and did not before."""
    notices = [
        f"{before.refs[card]} is {ref} now: another machine was first."
        for card, ref in conn.execute("SELECT id, ref FROM card ORDER BY id")
        if before.refs.get(card, ref) != ref
    ]
    return notices + [
        notice for key, notice in stages.overruled(conn).items() if key not in before.stages
    ]


def refold(conn: sqlite3.Connection, added: Added, progress: Callable[[int, int], None]) -> None:
    """Update everything that the added events are about. `progress(done, total)` is called now and
    then with counts of cards."""
    if any(contradicted(conn, record.id) for record in added.shared) or ambiguous(
        conn, {record.card or _event(record, 0).entity for record in added.new}
    ):
        # Which of them counts may be another one now, and with it anything.
        from mlkanban.store import migrations  # with sqlite-utils, which is rarely needed

        migrations.recreate_projections(conn)
        rebuild(conn)
    else:
        _refold(conn, added.new, progress)
    names.make_names_unique(conn)


def _refold(
    conn: sqlite3.Connection, batch: Sequence[Record], progress: Callable[[int, int], None]
) -> None:
    projector = Projector(conn)
    cards: dict[str, str] = {}
    boards: dict[str, None] = {}
    for record in batch:
        if record.card:
            cards[record.card] = record.board
        else:
            boards[record.board] = None
    for board in boards:
        new = conn.execute("SELECT 1 FROM board WHERE id = ?", (board,)).fetchone() is None
        others: dict[str, list[Event]] = {}
        for event in events_about_board(conn, board):
            others.setdefault(event.entity, []).append(event)
        for entity, events in others.items():
            projector.refold(entity, events)
        if new:
            rows = conn.execute("SELECT DISTINCT card FROM event WHERE board = ?", (board,))
            cards |= {card: board for (card,) in rows.fetchall() if card}
    projector.flush()
    for number, card in enumerate(cards):
        if number % _OFTEN == 0:
            progress(number, len(cards))
            projector.forget()
        if events := events_of(conn, "", card):  # none when what came does not count
            projector.refold(card, events)
    projector.flush()


def another_letter(conn: sqlite3.Connection, own: Replica) -> None:
    """Change the letter of this replica's short ids when an older replica uses it."""
    rows = conn.execute(
        "SELECT DISTINCT card.ref, event.replica FROM event JOIN card ON card.id = event.card"
        " WHERE event.kind = 'card.created' AND event.replica != ?",
        (own.id,),
    ).fetchall()
    used = {(names.letter_of(ref), replica) for ref, replica in rows}
    if any(letter == own.letter and replica < own.id for letter, replica in used):
        rows = conn.execute("SELECT letter FROM replica").fetchall()
        taken = {letter for (letter,) in rows} | {letter for letter, _ in used}
        conn.execute(
            "UPDATE replica SET letter = ? WHERE id = ?",
            (replica_letter(own.host, taken), own.id),
        )


def newer(batch: Iterable[Record]) -> list[int]:
    """The event formats among these records that this program does not know."""
    return sorted({record.version for record in batch if record.version > FORMAT})
