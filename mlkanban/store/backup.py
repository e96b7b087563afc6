"""Backups: verified copies of the store beside it. A copy counts as a backup only once it has been
checked."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from mlkanban.core.backup_schedule import kept, split_ahead
from mlkanban.errors import StoreProblem
from mlkanban.files import put_new, sweep, sync_file, sync_folder
from mlkanban.store import errors

AUTO = "auto"
"""The label of automatic backups, the only ones that are thinned."""

_STAMP = "%Y%m%dT%H%M%S"
_NAME = re.compile(r"(?s).+-(\d{8}T\d{6})-([a-z][a-z-]*)-\d+\.db")


class Backup(NamedTuple):
    """A backup in the folder: when it was made, and why (its label)."""

    path: Path
    made: datetime
    label: str
    size: int


def folder_of(path: Path) -> Path:
    """The folder with the backups of the store at `path`."""
    return path.parent / "backups"


def write(conn: sqlite3.Connection, path: Path, *, label: str) -> Path:
    """Copy the store behind `conn` into `backups/` beside it, verified, and return the copy.

    The copy is checked and synced under a temporary name first: a backup that exists is whole.
    """
    folder = folder_of(path)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with _drafted(conn, path, folder) as draft:
            target = free_place(path, label, draft.stat().st_mtime)
            os.rename(draft, target)
        sync_folder(folder)
    except OSError as error:
        raise errors.not_written(error, folder) from error
    return target


def write_to(conn: sqlite3.Connection, path: Path, target: Path) -> Path:
    """Copy the store behind `conn` to a file that is not there yet, or into a folder, verified."""
    try:
        if target.is_dir():
            target = target / free_place(path, "by-hand", path.stat().st_mtime).name
        with _drafted(conn, path, target.parent) as draft:
            put_new(draft, target)
        sync_folder(target.parent)
    except FileExistsError as error:
        raise StoreProblem(f"{target} is there already.", "Choose another name.") from error
    except OSError as error:
        raise errors.not_written(error, target) from error
    return target


@contextlib.contextmanager
def _drafted(conn: sqlite3.Connection, path: Path, folder: Path) -> Iterator[Path]:
    """A verified copy under a temporary name, deleted at the end unless it was renamed."""
    draft = folder / f".{path.stem}-{os.getpid()}-{os.urandom(4).hex()}.tmp"
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600))
    sweep(folder, f".{path.stem}-*.tmp*", draft.stat().st_mtime)
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
        sync_file(draft)
        yield draft
    except sqlite3.Error as error:
        raise errors.not_backed_up(error, path, draft) from error
    finally:
        draft.unlink(missing_ok=True)


def free_place(path: Path, label: str, at: float) -> Path:
    """An unused path for a backup made at `at`, in seconds by the clock of its file system."""
    moment = datetime.fromtimestamp(at, UTC)
    return folder_of(path) / f"{path.stem}-{moment.strftime(_STAMP)}-{label}-{os.getpid()}.db"


def all_of(path: Path) -> list[Backup]:
    """All backups of the store at `path`, newest first."""
    backups = []
    for file in folder_of(path).glob(f"{path.stem}-*.db"):
        if named := _NAME.fullmatch(file.name):
            with contextlib.suppress(OSError, ValueError):  # taken away meanwhile, or misnamed
                made = datetime.strptime(named[1], _STAMP).replace(tzinfo=UTC)
                backups.append(Backup(file, made, named[2], file.stat().st_size))
    return sorted(backups, key=lambda backup: (backup.made, backup.path.name), reverse=True)


def events_since(conn: sqlite3.Connection, backup: Path) -> int | None:
    """How many events the store behind `conn` has that a backup lacks; None where the backup cannot
    be read, or belongs to another history than the store has now."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{quote(str(backup))}?mode=ro", uri=True)
        ) as copy:
            last = copy.execute("SELECT seq, id FROM event ORDER BY seq DESC LIMIT 1").fetchone()
    except sqlite3.Error:
        return None
    seq, event = last or (0, None)
    if last and conn.execute("SELECT id FROM event WHERE seq = ?", (seq,)).fetchone() != (event,):
        return None
    (since,) = conn.execute("SELECT count(*) FROM event WHERE seq > ?", (seq,)).fetchone()
    return int(since)


def thin(path: Path, now: datetime) -> None:
    """Delete automatic backups that the schedule no longer keeps; all others stay for good. Backups
    dated after `now` are counted apart, so that they push no other backup out."""
    backups = [backup for backup in all_of(path) if backup.label == AUTO]
    past, ahead = split_ahead((backup.made for backup in backups), now)
    keep = kept(past) | kept(ahead)
    for backup in backups:
        if backup.made not in keep:
            with contextlib.suppress(OSError):
                backup.path.unlink()
