"""Forks: two histories that claim the same places in the log of one replica.

They come from a store that was set back in time and written to, from a copy that takes itself for
the original, and from forgery. Repairing a fork loses nothing that was written here: every event
keeps its id, so that replicas that have it under the old replica still show it once.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from mlkanban.core.events import Record
from mlkanban.core.redaction import is_stub
from mlkanban.store.log import chained
from mlkanban.store.merge import records, unbroken
from mlkanban.store.replica import Replica
from mlkanban.store.rows import kept_as


class Fork(NamedTuple):
    """Two different events that claim the same place in the log of a replica."""

    ours: Record
    theirs: Record


def fork(conn: sqlite3.Connection, batch: Sequence[Record]) -> Fork | None:
    """The first of these events whose place in the log is taken by a different event here."""
    if not batch:
        return None
    most = batch[-1].rseq - batch[0].rseq + 1
    ours_by_number = {
        record.rseq: record for record in records(conn, batch[0].replica, batch[0].rseq, most)
    }
    for theirs in batch:
        ours = ours_by_number.get(theirs.rseq)
        if ours is not None and ours != theirs and not _same_but_redacted(ours, theirs):
            return Fork(ours, theirs)
    return None


def _same_but_redacted(ours: Record, theirs: Record) -> bool:
    """Whether one of two records is the other one after its text was removed."""
    stubs = is_stub(ours.data) or is_stub(theirs.data)
    return stubs and replace(ours, data=theirs.data) == theirs


def joins(conn: sqlite3.Connection, record: Record) -> bool:
    """Whether an event is in the log, or directly follows the last event of its replica there."""
    return bool(unbroken(conn, [record]))


def branches_off(conn: sqlite3.Connection, theirs: Sequence[Record]) -> bool:
    """Whether events from a fork on are a different history, written after the common part, and not
    our own events with something changed in them."""
    return joins(conn, theirs[0]) and not any(_known(conn, record.id) for record in theirs)


def all_elsewhere(conn: sqlite3.Connection, batch: Sequence[Record]) -> bool:
    """Whether the log has each of these events from another replica, too."""
    return all(
        any(replica != record.replica for replica in _known(conn, record.id)) for record in batch
    )


def tail(conn: sqlite3.Connection, forked: Fork) -> list[Record]:
    """The events in the log of a replica from a fork on."""
    ours = forked.ours
    return records(conn, ours.replica, ours.rseq, -1)


def _known(conn: sqlite3.Connection, event_id: str) -> list[str]:
    """The replicas from which the log has an event with this id."""
    rows = conn.execute(
        "SELECT replica FROM event WHERE id = ? OR (id >= ? AND id < ?)",
        (event_id, f"{event_id}@", f"{event_id}A"),
    ).fetchall()
    return [replica for (replica,) in rows]


def drop(conn: sqlite3.Connection, forked: Fork) -> None:
    """Delete the events of a replica from a fork on, all of which the log has from another replica,
    too. The caller rebuilds the projections."""
    with log_open(conn):
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
    """Rewrite what this store wrote under a replica from a fork on as events of the replica `own`,
    and return how many. The caller rebuilds the projections."""
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
    with log_open(conn):
        for (seq, kept, _), record in zip(rows, tail(conn, forked), strict=True):
            rseq += 1
            data = _text(_with_stamps(json.loads(record.data), stamps))
            record = replace(record, replica=own.id, rseq=rseq, data=data)
            digest = chained(digest, record)
            row_id = kept if kept == record.id else kept_as(record.id, own.id, rseq)
            conn.execute(
                "UPDATE event SET id = ?, replica = ?, rseq = ?, data = ?, hash = ? WHERE seq = ?",
                (row_id, own.id, rseq, data, digest, seq),
            )
    return len(rows)


@contextlib.contextmanager
def log_open(conn: sqlite3.Connection) -> Iterator[None]:
    """Lift the triggers that guard the log for a repair, within the caller's transaction."""
    guards = conn.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"
    ).fetchall()
    for name, _ in guards:
        conn.execute(f'DROP TRIGGER "{name}"')
    yield
    for _, sql in guards:
        conn.execute(sql)


def _with_stamps(value: Any, stamps: Mapping[str, str]) -> Any:
    """A JSON value with stamps replaced according to `stamps`."""
    if isinstance(value, str):
        return stamps.get(value, value)
    if isinstance(value, list):
        return [_with_stamps(item, stamps) for item in value]
    if isinstance(value, dict):
        return {name: _with_stamps(item, stamps) for name, item in value.items()}
    return value


def _text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
