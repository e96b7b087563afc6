"""Copies of the store that are known to be good before they count as backups."""

import os
import sqlite3
import time
from pathlib import Path

from mlkanban.errors import StoreProblem
from mlkanban.store import trouble


def write(conn: sqlite3.Connection, path: Path, *, label: str) -> Path:
    """Copy the store behind `conn` into `backups/` beside it, verified, and return the copy.

    The copy is checked and synced under a temporary name first: a backup that exists is whole.
    """
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    draft = folder / f".{path.stem}-{label}-{os.getpid()}-{os.urandom(4).hex()}.tmp"
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600))
    # Named by the time its file system gave it, the one its neighbours were named by.
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(draft.stat().st_mtime))
    target = folder / f"{path.stem}-{stamp}-{label}-{os.getpid()}.db"
    try:
        copy = sqlite3.connect(draft, isolation_level=None)
        try:
            conn.backup(copy, pages=-1)
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            copy.close()
        if verdict != "ok":
            raise StoreProblem(
                f"The store {path} is damaged ({verdict}); no backup of it was made.",
                "It was left untouched.",
            )
        descriptor = os.open(draft, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(draft, target)
    except sqlite3.Error as error:
        raise trouble.explain(error, path) from error
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(folder)
    return target


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
