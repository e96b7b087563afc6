"""The high-water mark of a store, kept outside of it: how far a replica had written.

A file that is copied back over the store keeps its path and inode. Only what lies elsewhere can
tell that the store went back in time. One small file per replica: the number and the hash of the
last event it wrote here. A mark that is missing or behind does no harm; it is never ahead, for it
is written after the commit.
"""

import contextlib
import os
import re
import sqlite3
from pathlib import Path

from mlkanban.store.replica import Replica

_MARK = re.compile(r"([0-9]{1,10}) ([0-9a-f]{64})\n")
_MOST_BYTES = 200


def is_behind(conn: sqlite3.Connection, replica: Replica, marks: Path | None) -> bool:
    """Whether this replica has written more events, or other ones, than the store has."""
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


def keep(marks: Path, replica: Replica, rseq: int, digest: str) -> None:
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
