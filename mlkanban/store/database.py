"""Opening the store, and the one door through which everything is written."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection as Connection
from urllib.parse import quote

from mlkanban.core.events import FORMAT
from mlkanban.errors import NotFound, StoreProblem
from mlkanban.files import put_new, sweep, sync_folder
from mlkanban.hints import hint
from mlkanban.store import backup, errors, lease
from mlkanban.store.location import on_network
from mlkanban.store.rows import StoreConnection

APPLICATION_ID = 0x6D6C6B62
"""`mlkb`: tells our files from everybody else's."""

LATEST = 27 + FORMAT - 1
"""user_version of a store this program writes: how many migrations it has seen, those included that
fold what waited for a newer format of events."""

_SPILL = "PRAGMA cache_spill=20000"
"""A write stays in memory to its end, since spilled pages lock out every reader meanwhile; of one
that changes more pages (80 MB, an import of some 40,000 events) the rest is written as it comes."""
_PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA mmap_size=0",
    "PRAGMA cell_size_check=ON",
    "PRAGMA synchronous=EXTRA",
    # On a Mac fsync leaves data in the cache of the disk; elsewhere this does nothing.
    "PRAGMA fullfsync=ON",
    _SPILL,
)
READS = "This command only reads."
"""Why a store that was opened for reading is not written to."""
_OFTEN = 40
"""Milliseconds of waiting for the lock after which the asking starts again from short pauses."""


class Store:
    """One connection to one store, for one thread. `read_only` is set when the store was opened for
    reading, or because a newer program wrote it."""

    def __init__(self, path: Path, conn: StoreConnection, *, read_only: str = "") -> None:
        self.path = path
        self.conn = conn
        self.read_only = read_only
        self.writes = False
        """Whether a write is under way."""
        self._file = _file_id(path)
        self._leased = on_network(path)

    def close(self) -> None:
        self.conn.close()

    def in_memory(self) -> "Store":
        """A copy of the store in memory: what is written to it is gone with this process."""
        copy = sqlite3.connect(":memory:", isolation_level=None, factory=StoreConnection)
        copy.repeats = self.conn.repeats
        try:
            self.conn.backup(copy)
            for pragma in _PRAGMAS:
                copy.execute(pragma)
        except sqlite3.Error as error:
            copy.close()
            raise errors.explain(error, self.path) from error
        made = Store(self.path, copy)
        made._leased = False
        return made

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The one way to write: BEGIN IMMEDIATE ... COMMIT, or ROLLBACK and an error in words."""
        if self.read_only:
            raise StoreProblem(self.read_only, "Nothing was written.")
        self.writes = True
        try:
            self._begin_writing()
            try:
                self.check_in_place()
                held = self.hold_lease()
                yield self.conn
                if held:  # a long write may have lost it meanwhile
                    lease.keep(self.path, held)
                self.conn.execute("COMMIT")
            except BaseException as error:
                _close_cursors(error)
                raise
            finally:
                # After a failed COMMIT the transaction may still be open; after a full disk SQLite
                # may have rolled it back itself.
                if self.conn.in_transaction:
                    self.conn.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise errors.explain(error, self.path) from error
        finally:
            self.writes = False

    def compact(self) -> None:
        """Write the file anew without the room that is free in it; what is in it stays the same,
        and a kill leaves it as it was. StoreBusy while others read or write."""
        if self.read_only:
            raise StoreProblem(self.read_only, "Nothing was written.")
        try:
            self.check_in_place()
            self.hold_lease()
            # All pages change: they would not fit into memory.
            self.conn.execute("PRAGMA cache_spill=1")
            try:
                self.conn.execute("VACUUM")
            finally:
                self.conn.execute(_SPILL)
        except sqlite3.Error as error:
            raise errors.explain(error, self.path) from error

    def check_in_place(self) -> None:
        """StoreProblem when the file was renamed or deleted: writes to it would be lost."""
        if _file_id(self.path) != self._file:
            raise StoreProblem(
                f"The store {self.path} was removed or replaced while it was open.",
                "Nothing was written. Start mlkanban again to go on with what is there now.",
            )

    def hold_lease(self) -> str:
        """Take the lease (`lease.hold`), '' where none is needed; StoreBusy when another machine
        may be writing here, whose locks do not reach this one."""
        return lease.hold(self.path) if self._leased else ""

    def _begin_writing(self) -> None:
        """BEGIN IMMEDIATE, asked for often: SQLite itself soon looks only every 0.1 s, and where
        many write without a pause one of them would never find the lock free."""
        (patience,) = self.conn.execute("PRAGMA busy_timeout").fetchone()
        deadline = time.monotonic() + patience / 1000
        self.conn.execute(f"PRAGMA busy_timeout={min(patience, _OFTEN)}")
        try:
            while True:
                try:
                    self.conn.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                        raise
        finally:
            self.conn.execute(f"PRAGMA busy_timeout={patience}")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Several reads of one state of the store."""
        try:
            self.conn.execute("BEGIN")
            try:
                yield self.conn
            except BaseException as error:
                _close_cursors(error)
                raise
            finally:
                if self.conn.in_transaction:
                    self.conn.execute("COMMIT")
        except sqlite3.Error as error:
            raise errors.explain(error, self.path) from error


def _close_cursors(error: BaseException) -> None:
    """Drop what the frames of an error hold: a cursor there that was not read to its end keeps the
    store locked for as long as the error is kept anywhere, even when the store was closed."""
    import traceback  # only needed when something failed

    traceback.clear_frames(error.__traceback__)


def library_version() -> str:
    """The version of the SQLite library that this Python uses."""
    return sqlite3.sqlite_version


def open_for_writing(path: Path, *, timeout: float = 30, make: bool = True) -> Store:
    """Open the store at `path`, migrated to the latest schema after a backup.

    A missing store is created, or NotFound without `make`. A newer store opens read-only; a
    damaged, empty or foreign file is refused and left untouched.
    """
    try:
        if not _exists(path):
            if not make:
                raise _none(path)
            _create(path)
        store = _connect(path, "rw", timeout)
        try:
            version = _check_ours(store)
            if version > LATEST:
                store.close()
                return _open_newer(path, version, timeout)
            store.conn.execute("PRAGMA journal_mode=DELETE")
            if version < LATEST:
                _migrate(store)
                if (version := _check_ours(store)) > LATEST:
                    store.close()
                    return _open_newer(path, version, timeout)
        except BaseException:
            store.close()
            raise
    except sqlite3.Error as error:
        raise errors.explain(error, path) from error
    except PermissionError as error:
        raise errors.refused(error, path, f"The store {path} cannot be opened") from error
    except OSError as error:
        raise StoreProblem(
            f"The store {path} cannot be made: {error.strerror} ({error.filename or path.parent}).",
            "Make room there, or use another place with --home.",
        ) from error
    return store


def open_draft(path: Path) -> Store:
    """Open a copy that nobody else knows of, migrated to the latest schema without a backup."""
    store = _connect(path, "rw", 30)
    try:
        store.conn.execute("PRAGMA journal_mode=DELETE")
        if _check_ours(store) < LATEST:
            with store.writing() as conn:
                _apply_migrations(conn)
                conn.execute(f"PRAGMA user_version={LATEST}")
    except BaseException:
        store.close()
        raise
    return store


def open_for_reading(path: Path, *, timeout: float = 30) -> Store:
    """Open the store at `path` for reading only; no board or card is changed. NotFound when there
    is none.

    A transaction that a killed process left half done is rolled back first, as every reader must.
    The store of an older program is migrated, after a backup, as it is for writing.
    """
    if not _exists(path):
        raise _none(path)
    try:
        try:
            store, version = _open_checked(path, "ro", timeout)
        except sqlite3.OperationalError as error:
            if not _needs_rollback(path, error):
                raise
            _open_checked(path, "rw", timeout)[0].close()
            store, version = _open_checked(path, "ro", timeout)
    except sqlite3.Error as error:
        raise errors.explain(error, path) from error
    if version < LATEST:
        store.close()
        open_for_writing(path, timeout=timeout).close()
        return open_for_reading(path, timeout=timeout)
    if version > LATEST:
        store.read_only = newer(path, version)
    else:
        store.read_only = READS
    return store


def _file_id(path: Path) -> tuple[int, int]:
    """What identifies a file whatever its name; (0, 0) when it does not exist."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def newer(path: Path, version: int) -> str:
    return (
        f"The store {path} was written by a newer mlkanban (store version {version}, "
        f"this program knows {LATEST}); it is open for reading only until you update mlkanban."
    )


def _none(path: Path) -> NotFound:
    advice = hint("Make one: {init NAME}")
    if on_network(path) and (path.parent.parent / "log").is_dir():
        advice = hint("Take in what other hosts of this home have: {sync}")
    return NotFound(f"There is no board yet ({path}).", advice)


def _exists(path: Path) -> bool:
    """Whether there is a store; an empty file is not one, and no reason to start over."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return False
    except OSError as error:
        raise errors.refused(error, path, f"The store {path} cannot be reached") from error
    if size == 0:
        raise StoreProblem(
            f"The store {path} is empty (0 bytes).",
            "It was left untouched. Put a backup in its place, or move it away to start anew.",
        )
    return True


def _connect(path: Path, mode: str, timeout: float) -> Store:
    conn = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=timeout,
        factory=StoreConnection,
    )
    try:
        for pragma in _PRAGMAS:
            conn.execute(pragma)
        store = Store(path, conn)
        if mode != "ro":
            store.hold_lease()
        return store
    except BaseException as error:
        conn.close()
        if isinstance(error, UnicodeDecodeError):  # SQLite's own words name what it cannot read
            raise errors.damaged(path, "malformed database schema") from error
        raise


def _open_checked(path: Path, mode: str, timeout: float) -> tuple[Store, int]:
    store = _connect(path, mode, timeout)
    try:
        return store, _check_ours(store)
    except BaseException:
        store.close()
        raise


def _check_ours(store: Store) -> int:
    """The schema version of the store; raises when the file is not a store of this program."""
    (application,) = store.conn.execute("PRAGMA application_id").fetchone()
    (version,) = store.conn.execute("PRAGMA user_version").fetchone()
    store.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID:
        raise StoreProblem(
            f"{store.path} is a database of another program.",
            "It was left untouched. Move it away, or use another place with --home.",
        )
    return int(version)


def _needs_rollback(path: Path, error: sqlite3.OperationalError) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return path.with_name(path.name + "-journal").exists() and name.startswith(
        ("SQLITE_READONLY", "SQLITE_CANTOPEN")
    )


def _open_newer(path: Path, version: int, timeout: float) -> Store:
    store = _connect(path, "ro", timeout)
    store.read_only = newer(path, version)
    return store


def _create(path: Path) -> None:
    """Create a complete store beside its place, then rename it into place.

    So a start that is killed at any moment leaves either no store or a good one, and of several
    simultaneous first starts exactly one wins.
    """
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = empty_draft(folder)
    try:
        store = _connect(draft, "rw", 30)
        try:
            store.conn.execute("PRAGMA journal_mode=DELETE")
            with store.writing() as conn:
                _apply_migrations(conn)
                conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
                conn.execute(f"PRAGMA user_version={LATEST}")
        finally:
            store.close()
        with contextlib.suppress(FileExistsError):  # another start was quicker, its store as good
            put_new(draft, path)
            sync_folder(folder)
    finally:
        draft.unlink(missing_ok=True)


def empty_draft(folder: Path) -> Path:
    """An empty file for a store that is created beside its place."""
    draft = folder / f".new-{os.getpid()}-{os.urandom(4).hex()}.db"
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600))
    sweep(folder, ".new-*.db*", draft.stat().st_mtime)
    return draft


def _migrate(store: Store) -> None:
    """Migrate the store to the latest schema under the lock, after a verified backup."""
    with store.writing() as conn:
        # Another program, perhaps a newer one, may have been here since we looked.
        (version,) = conn.execute("PRAGMA user_version").fetchone()
        if version >= LATEST:
            return
        # Within the lock, so that of many starts one makes it; a connection that is about to write
        # cannot be copied from, another one reads what is still there.
        with contextlib.closing(_connect(store.path, "ro", 0)) as still:
            backup.write(still.conn, store.path, label="before-update")
        _apply_migrations(conn)
        conn.execute(f"PRAGMA user_version={LATEST}")


def _apply_migrations(conn: sqlite3.Connection) -> None:
    # Loaded here: sqlite-utils is a good part of a command's start, and few need it.
    from mlkanban.store import migrations

    migrations.apply(conn)
