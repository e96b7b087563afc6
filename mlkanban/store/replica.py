"""Which store is writing: every copy of a store is a replica of its own."""

import os
import socket
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlkanban.core.instants import instant
from mlkanban.store.ids import replica_letter, uuid7


@dataclass(frozen=True, slots=True)
class Replica:
    id: str
    letter: str
    host: str


def identify(conn: sqlite3.Connection, path: Path, now: datetime) -> Replica:
    """The replica this store is here: known by machine, path and inode, else a new one.

    A restored or copied file so never continues another's numbering. Call it inside a write.
    """
    host = socket.gethostname() or "host"
    real = os.path.realpath(path)
    place = (_machine(), real, str(os.stat(real).st_ino))
    row = conn.execute(
        "SELECT id, letter FROM replica WHERE machine = ? AND path = ? AND inode = ?", place
    ).fetchone()
    if row:
        return Replica(row[0], row[1], host)
    taken = {letter for (letter,) in conn.execute("SELECT letter FROM replica").fetchall()}
    made = Replica(uuid7(now), replica_letter(host, taken), host)
    conn.execute(
        "INSERT INTO replica (id, letter, host, machine, path, inode, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (made.id, made.letter, host, *place, instant(now)),
    )
    return made


def forget_place(conn: sqlite3.Connection, present: list[tuple[str, ...]]) -> None:
    """Let a restored store be a new replica at its next write, with a letter that is free.

    Inodes are given out again: no replica it knows may be taken for this one. `present` are the
    replicas of the store whose place it takes, whose letters are on cards that others may have.
    """
    conn.execute("UPDATE replica SET inode = 'restored'")
    conn.executemany(
        "INSERT OR IGNORE INTO replica (id, letter, host, machine, path, inode, created_at)"
        " VALUES (?, ?, ?, ?, ?, 'restored', ?)",
        present,
    )


def all_of(conn: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Every replica a store knows, as `forget_place` takes them."""
    return conn.execute(
        "SELECT id, letter, host, machine, path, created_at FROM replica"
    ).fetchall()


def _machine() -> str:
    for source in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            found = Path(source).read_text().strip()
        except OSError:
            continue
        if found:
            return found
    return f"host:{socket.gethostname()}"
