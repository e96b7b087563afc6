"""Forks: two histories that both claim places in the log of one replica.

They come from a store that went back in time and wrote on, from a copy that takes itself for the
original, and from forgery. Nothing that was written here is lost by mending one: it keeps its ids,
so that those who have it under the old replica already show it once.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mlkanban.core.events import Event
from mlkanban.store.log import chained
from mlkanban.store.merge import records, unbroken
from mlkanban.store.replica import Replica
from mlkanban.store.rows import kept_as
from mlkanban.sync.file_format import Record


class Fork(NamedTuple):
    """Two different events that both claim a place in the log of a replica."""

    ours: Record
    theirs: Record


def fork(conn: sqlite3.Connection, given: Sequence[Record]) -> Fork | None:
    """The first of these events whose place in the log another one has here."""
    if not given:
        return None
    most = given[-1].rseq - given[0].rseq + 1
    there = {one.rseq: one for one in records(conn, given[0].replica, given[0].rseq, most)}
    for theirs in given:
        ours = there.get(theirs.rseq)
        if ours is not None and ours != theirs:
            return Fork(ours, theirs)
    return None


def joins(conn: sqlite3.Connection, record: Record) -> bool:
    """Whether an event is in the log, or follows from the one of its replica that is before it."""
    return bool(unbroken(conn, [record]))


def branches_off(conn: sqlite3.Connection, theirs: Sequence[Record]) -> bool:
    """Whether events that begin where a fork does are another history, written after what both
    have: not ours with something changed in them."""
    return joins(conn, theirs[0]) and not any(_known(conn, one.id) for one in theirs)


def all_elsewhere(conn: sqlite3.Connection, given: Sequence[Record]) -> bool:
    """Whether each of these events is here as one of another replica too."""
    return all(any(replica != one.replica for replica in _known(conn, one.id)) for one in given)


def tail(conn: sqlite3.Connection, forked: Fork) -> list[Record]:
    """What the log has of a replica from a fork on."""
    ours = forked.ours
    return records(conn, ours.replica, ours.rseq, -1)


def _known(conn: sqlite3.Connection, event_id: str) -> list[str]:
    """The replicas of which the log has an event with this id."""
    rows = conn.execute(
        "SELECT replica FROM event WHERE id = ? OR (id >= ? AND id < ?)",
        (event_id, f"{event_id}@", f"{event_id}A"),
    ).fetchall()
    return [replica for (replica,) in rows]


def drop(conn: sqlite3.Connection, forked: Fork) -> None:
    """Take out of the log what it has of a replica from a fork on, all of which is there as written
    by another one too. The tables are to be made anew."""
    with _log_open(conn):
        for record in tail(conn, forked):
            conn.execute(
                "DELETE FROM event WHERE replica = ? AND rseq = ?", (record.replica, record.rseq)
            )
            conn.execute(
                "UPDATE OR IGNORE event SET id = ? WHERE seq ="
                " (SELECT min(seq) FROM event WHERE id >= ? AND id < ?)",
                (record.id, f"{record.id}@", f"{record.id}A"),
            )


def write_again(conn: sqlite3.Connection, forked: Fork, own: Replica) -> int:
    """Let what this store wrote as a replica from a fork on be written by the replica `own`; how
    many events. The tables are to be made anew."""
    ours = forked.ours
    rows = conn.execute(
        "SELECT seq, id, hlc FROM event WHERE replica = ? AND rseq >= ? ORDER BY rseq",
        (ours.replica, ours.rseq),
    ).fetchall()
    stamps = {f"{hlc}:{ours.replica}": f"{hlc}:{own.id}" for _, _, hlc in rows}
    last = conn.execute(
        "SELECT rseq, hash FROM event WHERE replica = ? ORDER BY rseq DESC LIMIT 1", (own.id,)
    ).fetchone()
    rseq, digest = last or (0, "")
    with _log_open(conn):
        for (seq, kept, _), record in zip(rows, tail(conn, forked), strict=True):
            rseq += 1
            data = _text(_with_stamps(json.loads(record.data), stamps))
            named = record._asdict() | {"replica": own.id, "rseq": rseq, "data": {}}
            del named["hash"]
            digest = chained(digest, Event(**named), data)
            row_id = kept if kept == record.id else kept_as(record.id, own.id, rseq)
            conn.execute(
                "UPDATE event SET id = ?, replica = ?, rseq = ?, data = ?, hash = ? WHERE seq = ?",
                (row_id, own.id, rseq, data, digest, seq),
            )
    return len(rows)


@contextlib.contextmanager
def _log_open(conn: sqlite3.Connection) -> Iterator[None]:
    """Take the guards of the log away while it is mended, within the caller's transaction."""
    guards = conn.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"
    ).fetchall()
    for name, _ in guards:
        conn.execute(f'DROP TRIGGER "{name}"')
    yield
    for _, sql in guards:
        conn.execute(sql)


def _with_stamps(value: Any, stamps: Mapping[str, str]) -> Any:
    """A value with other stamps in the place of some."""
    if isinstance(value, str):
        return stamps.get(value, value)
    if isinstance(value, list):
        return [_with_stamps(one, stamps) for one in value]
    if isinstance(value, dict):
        return {name: _with_stamps(one, stamps) for name, one in value.items()}
    return value


def _text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
