"""Replicas: every copy of a store writes under an id of its own."""

import os
import socket
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlkanban.core.timestamps import instant
from mlkanban.store.ids import replica_letter, uuid7


@dataclass(frozen=True, slots=True)
class Replica:
    id: str
    letter: str
    host: str


def identify(conn: sqlite3.Connection, path: Path, now: datetime) -> Replica:
    """The replica that this store is, known by machine, path and inode, or else a new one.

    A restored or copied file therefore never continues the numbering of another. Call it inside a
    write.
    """
    host = socket.gethostname() or "host"
    place = _place(path)
    row = conn.execute(_AT_PLACE, place).fetchone()
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


def present(conn: sqlite3.Connection, path: Path) -> str:
    """The id of the replica that the store at `path` is; '' when it has none yet."""
    row = conn.execute(_AT_PLACE, _place(path)).fetchone()
    return row[0] if row else ""


def known_here(conn: sqlite3.Connection, replica: str) -> bool:
    """Whether a replica is this store, or what it was before it was restored or copied."""
    return conn.execute("SELECT 1 FROM replica WHERE id = ?", (replica,)).fetchone() is not None


def is_host_here(conn: sqlite3.Connection, host: str) -> bool:
    """Whether this machine has, or had, a host name."""
    return conn.execute("SELECT 1 FROM replica WHERE host = ?", (host,)).fetchone() is not None


def forget_place(conn: sqlite3.Connection, present: list[tuple[str, ...]]) -> None:
    """Make a restored store a new replica at its next write, with a letter that is free.

    Inodes are reused: no replica it knows may be mistaken for this one. `present` are the replicas
    of the store that it replaces, whose letters are on cards that others may have.
    """
    conn.execute("UPDATE replica SET inode = 'restored'")
    conn.executemany(
        "INSERT OR IGNORE INTO replica (id, letter, host, machine, path, inode, created_at)"
        " VALUES (?, ?, ?, ?, ?, 'restored', ?)",
        present,
    )


def all_of(conn: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Every replica a store knows, in the form that `forget_place` takes."""
    return conn.execute(
        "SELECT id, letter, host, machine, path, created_at FROM replica"
    ).fetchall()


_AT_PLACE = "SELECT id, letter FROM replica WHERE machine = ? AND path = ? AND inode = ?"


def _place(path: Path) -> tuple[str, str, str]:
    real = os.path.realpath(path)
    return _machine(), real, str(os.stat(real).st_ino)


def _machine() -> str:
    for source in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            machine_id = Path(source).read_text().strip()
        except OSError:
            continue
        if machine_id:
            return machine_id
    return f"host:{socket.gethostname()}"
