"""Replicas: every copy of a store writes under an id of its own, makes ids that no other makes, and
records outside of the store how far it has written."""

import contextlib
import os
import re
import socket
import sqlite3
import uuid
from datetime import datetime
from pathlib import Path

from mlkanban.core.timestamps import instant
from mlkanban.machine import machine
from mlkanban.records import record

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MARK = re.compile(r"([0-9]{1,10}) ([0-9a-f]{64})\n")
_MOST_BYTES = 200


@record(frozen=True, slots=True)
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
    return machine().machine_id() or f"host:{socket.gethostname()}"


def is_behind(conn: sqlite3.Connection, replica: Replica, marks: Path | None) -> bool:
    """Whether this replica has written more events, or other ones, than the store has: the
    high-water mark in the folder `marks` is ahead of it.

    A file that is copied back over the store keeps its path and inode. Only what lies elsewhere can
    tell that the store went back in time. The mark is one small file per replica: the number and
    the hash of the last event it wrote here. A mark that is missing or behind does no harm; it is
    never ahead, for it is written after the commit.
    """
    if marks is None:
        return False
    try:
        with open(marks / replica.id, encoding="ascii") as file:
            mark = _MARK.fullmatch(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return False
    if mark is None:
        return False
    row = conn.execute(
        "SELECT hash FROM event WHERE replica = ? AND rseq = ?", (replica.id, int(mark[1]))
    ).fetchone()
    return row is None or row[0] != mark[2]


def keep_mark(marks: Path, replica: Replica, rseq: int, digest: str) -> None:
    """Record how far the replica has written.

    Not synced to the disk: after a power cut the mark is at worst behind. Where it cannot be
    written, the store goes on without it.
    """
    draft = marks / f".{replica.id}-{os.getpid()}"
    with contextlib.suppress(OSError):
        marks.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with open(draft, "w", encoding="ascii") as file:
                file.write(f"{rseq} {digest}\n")
            os.replace(draft, marks / replica.id)
        finally:
            draft.unlink(missing_ok=True)


def uuid7(moment: datetime) -> str:
    """A new id for an event or an entity, made at `moment`: a UUIDv7 (RFC 9562), 48 bits of
    milliseconds, then random bits; sorts by time."""
    value = int(moment.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def replica_letter(host: str, taken: set[str]) -> str:
    """The letter that starts the card ids of a replica: the host's own if free, else the next."""
    first = next((c for c in host.lower() if c in _LETTERS), "m")
    start = _LETTERS.index(first)
    rotated = _LETTERS[start:] + _LETTERS[:start]
    singles = list(rotated)
    pairs = [a + b for a in rotated for b in _LETTERS]
    return next(letter for letter in singles + pairs if letter not in taken)
