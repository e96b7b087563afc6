"""Backups: verified copies of the store beside it. A copy counts as a backup only once it has been
checked."""

import contextlib
import errno
import gzip
import os
import re
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from mlkanban.core.backup_schedule import kept, split_ahead
from mlkanban.errors import StoreBusy, StoreProblem
from mlkanban.files import put_new, sweep, sync_file, sync_folder
from mlkanban.store import errors
from mlkanban.store.rows import StoreConnection

AUTO = "auto"
"""The label of automatic backups, the only ones that are thinned."""

_STAMP = "%Y%m%dT%H%M%S"
_NAME = re.compile(r"(?s).+-(\d{8}T\d{6})-([a-z][a-z-]*)-\d+\.db(?:\.gz)?")
BY_HAND = "by-hand"
"""The label of backups that people made: these stay as they are, under the name that was shown."""
COMPRESSED = ".gz"
_LEVEL = 1
"""zlib's fastest: a large store waits for it, and the next level saves 5 % more."""
_CHUNK = 1 << 20
_STEP_PAGES = 1_000
"""4 MB: so much is copied between two looks whether somebody writes."""
NOT_UNPACKED = (OSError, EOFError, zlib.error)
"""What goes wrong with a compressed backup."""


class Backup(NamedTuple):
    """A backup in the folder: when it was made, and why (its label)."""

    path: Path
    made: datetime
    label: str
    size: int

    @property
    def automatic(self) -> bool:
        """Whether it was made by itself, and may go again."""
        return self.label == AUTO


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
            target = target / free_place(path, BY_HAND, path.stat().st_mtime).name
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
    draft = _empty_draft(path, folder)
    try:
        copy = sqlite3.connect(draft, isolation_level=None)
        try:
            _copy(conn, path, copy)
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


def _copy(conn: sqlite3.Connection, path: Path, copy: sqlite3.Connection) -> None:
    """Copy one state of the store. StoreBusy when the copy gives way to a write, which would have
    to wait for its end."""
    gives_way = conn.gives_way if isinstance(conn, StoreConnection) else None
    if gives_way is None:
        conn.backup(copy, pages=-1)
        return

    def check(_status: int, _remaining: int, _total: int) -> None:
        if gives_way():
            raise StoreBusy(f"The store {path} is being written.", "No backup of it was made.")

    # One state: between its steps a copy would begin again after each write of another process.
    conn.execute("BEGIN")
    try:
        conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        conn.backup(copy, pages=_STEP_PAGES, progress=check)
    finally:
        conn.execute("COMMIT")


def _empty_draft(path: Path, folder: Path) -> Path:
    """An empty file of a name that no backup has; what killed processes left there goes."""
    draft = folder / f".{path.stem}-{os.getpid()}-{os.urandom(4).hex()}.tmp"
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600))
    sweep(folder, f".{path.stem}-*.tmp*", draft.stat().st_mtime)
    return draft


def compress(path: Path, file: Path) -> Path:
    """Put a compressed copy in the place of a backup of the store at `path`. The backup goes when
    the copy has been read back, byte by byte, and is durable; a kill leaves one of them or both."""
    target = file.with_name(file.name + COMPRESSED)
    if not target.exists():
        draft = _empty_draft(path, file.parent)
        try:
            with open(file, "rb") as plain, open(draft, "wb") as out:
                with gzip.GzipFile("", "wb", _LEVEL, out, mtime=0) as packed:
                    shutil.copyfileobj(plain, packed, _CHUNK)
                out.flush()
                os.fsync(out.fileno())
            if not _holds(draft, file):
                raise OSError(errno.EIO, "what was written is read otherwise", str(draft))
            os.rename(draft, target)
            sync_folder(file.parent)
        finally:
            draft.unlink(missing_ok=True)
    file.unlink()
    return target


def _holds(packed: Path, plain: Path) -> bool:
    """Whether a compressed file holds exactly what a plain one does."""
    with gzip.open(packed) as unpacked, open(plain, "rb") as wanted:
        while chunk := unpacked.read(_CHUNK):
            if wanted.read(len(chunk)) != chunk:
                return False
        return not wanted.read(1)


@contextlib.contextmanager
def unpacked(file: Path) -> Iterator[Path]:
    """A backup as a plain file: itself, or for the time being what a compressed one holds. One of
    NOT_UNPACKED where that cannot be read or written."""
    if file.suffix != COMPRESSED:
        yield file
        return
    draft = _empty_draft(Path(file.stem), file.parent)
    try:
        with gzip.open(file) as packed, open(draft, "wb") as out:
            shutil.copyfileobj(packed, out, _CHUNK)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def free_place(path: Path, label: str, at: float) -> Path:
    """An unused path for a backup made at `at`, in seconds by the clock of its file system."""
    moment = datetime.fromtimestamp(at, UTC)
    return folder_of(path) / f"{path.stem}-{moment.strftime(_STAMP)}-{label}-{os.getpid()}.db"


def all_of(path: Path) -> list[Backup]:
    """All backups of the store at `path`, newest first."""
    backups = []
    names = (f"{path.stem}-*.db", f"{path.stem}-*.db{COMPRESSED}")
    folder = folder_of(path)
    found = [file for name in names for file in folder.glob(name)]
    # A kill may leave a backup beside what it was compressed to, which is whole.
    for file in {file.name.removesuffix(COMPRESSED): file for file in found}.values():
        if named := _NAME.fullmatch(file.name):
            with contextlib.suppress(OSError, ValueError):  # taken away meanwhile, or misnamed
                made = datetime.strptime(named[1], _STAMP).replace(tzinfo=UTC)
                backups.append(Backup(file, made, named[2], file.stat().st_size))
    return sorted(backups, key=lambda backup: (backup.made, backup.path.name), reverse=True)


def events_since(conn: sqlite3.Connection, backup: Path) -> int | None:
    """How many events the store behind `conn` has that a backup lacks; None where the backup cannot
    be read, or belongs to another history than the store has now."""
    try:
        with (
            unpacked(backup) as plain,
            contextlib.closing(
                sqlite3.connect(f"file:{quote(str(plain))}?mode=ro", uri=True)
            ) as copy,
        ):
            last = copy.execute("SELECT seq, id FROM event ORDER BY seq DESC LIMIT 1").fetchone()
    except (sqlite3.Error, *NOT_UNPACKED):
        return None
    seq, event = last or (0, None)
    if last and conn.execute("SELECT id FROM event WHERE seq = ?", (seq,)).fetchone() != (event,):
        return None
    (since,) = conn.execute("SELECT count(*) FROM event WHERE seq > ?", (seq,)).fetchone()
    return int(since)


def thin(path: Path, now: datetime) -> None:
    """Delete automatic backups that the schedule no longer keeps; all others stay for good. Backups
    dated after `now` are counted apart, so that they push no other backup out."""
    backups = [backup for backup in all_of(path) if backup.automatic]
    past, ahead = split_ahead((backup.made for backup in backups), now)
    keep = kept(past) | kept(ahead)
    for backup in backups:
        if backup.made not in keep:
            with contextlib.suppress(OSError):
                backup.path.unlink()


def tidy(path: Path, room: int, *, most: int, largest: int | None = None) -> None:
    """Compress backups but the newest, the newer ones first, at most so many at once and none that
    has more bytes than `largest`; then delete the oldest automatic ones until all automatic ones
    take no more than `room` bytes (0: any number). The newest backup stays."""
    backups = all_of(path)
    plain = [
        backup
        for backup in backups[1:]
        if backup.label != BY_HAND
        and backup.path.suffix != COMPRESSED
        and (largest is None or backup.size <= largest)
    ]
    for backup in plain[:most]:
        with contextlib.suppress(*NOT_UNPACKED):  # it stays as it is: a full disk, say
            compress(path, backup.path)
    for backup in backups:
        if backup.path.suffix == COMPRESSED:  # what a kill left beside it
            backup.path.with_suffix("").unlink(missing_ok=True)
    automatic = [backup for backup in all_of(path) if backup.automatic]
    taken = sum(backup.size for backup in automatic)
    for backup in reversed(automatic):
        if not room or taken <= room or backup.made == backups[0].made:
            break
        with contextlib.suppress(OSError):
            backup.path.unlink()
            taken -= backup.size
