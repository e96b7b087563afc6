"""Restore a backup: check it first, put it in the place of the store at once, and make it a new
replica."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from mlkanban.errors import BadInput, MlkanbanError, NotFound, StoreProblem
from mlkanban.files import put_new, sync_file, sync_folder
from mlkanban.hints import hint
from mlkanban.store import backup, database, errors, replica
from mlkanban.store.database import Connection, Store

LABEL = "before-restore"
_NO_LOCK: contextlib.AbstractContextManager[None] = contextlib.nullcontext()


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Connection]:
    """A backup, open for reading; BadInput says why a file cannot be restored."""
    try:
        size = file.stat().st_size
    except FileNotFoundError:
        raise NotFound(f"There is no file {file}.", hint("See: {backup list}")) from None
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.", "Check the file.") from error
    if not size:
        raise _bad(file, "is empty (0 bytes)")
    with contextlib.ExitStack() as stack:
        try:
            plain = stack.enter_context(backup.unpacked(file))
        except backup.NOT_UNPACKED as error:
            raise _bad(file, f"cannot be unpacked ({error})") from error
        yield stack.enter_context(_opened(plain, file))


@contextlib.contextmanager
def _opened(plain: Path, file: Path) -> Iterator[Connection]:
    """The store in `plain`, which is or was in `file`."""
    try:
        conn = sqlite3.connect(f"{plain.absolute().as_uri()}?mode=ro", uri=True)
        try:
            _check(conn, file)
            yield conn
        finally:
            conn.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _bad(file, f"cannot be read as a store ({error})") from error


def _check(conn: Connection, file: Path) -> None:
    conn.execute("PRAGMA trusted_schema=OFF")
    (application,) = conn.execute("PRAGMA application_id").fetchone()
    (version,) = conn.execute("PRAGMA user_version").fetchone()
    (tables,) = conn.execute("SELECT count(*) FROM sqlite_master WHERE name = 'event'").fetchone()
    if application != database.APPLICATION_ID or not tables:
        raise _bad(file, "is a database of another program")
    if version > database.LATEST:
        raise BadInput(
            f"{file} was written by a newer mlkanban (store version {version}, this program "
            f"knows {database.LATEST}).",
            "Update mlkanban to restore it. Nothing was changed.",
        )
    (verdict,) = conn.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise _bad(file, f"is damaged ({verdict})")


def _bad(file: Path, what: str) -> BadInput:
    return BadInput(f"{file} {what}.", "Choose another backup. Nothing was changed.")


def put(source: Connection, path: Path) -> Path | None:
    """Put the store behind `source` at `path`; returns where the previous store was kept, if there
    was one.

    StoreProblem when another process has the store open, or when the file there is not this
    program's.
    """
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = database.empty_draft(folder)
        try:
            # All of it under the lock: nobody writes what is neither kept nor restored, and whoever
            # waits for the lock finds that the file lost its place.
            with _present(path) as present, present.writing() if present else _NO_LOCK:
                _check_alone(path)
                _fill(draft, source, replica.all_of(present.conn) if present else [])
                kept = _set_aside(path, sound=present is not None)
                if kept is None:
                    put_new(draft, path)
                else:
                    os.rename(draft, path)
            sync_folder(folder)
        finally:
            for name in (draft.name, f"{draft.name}-journal"):
                (folder / name).unlink(missing_ok=True)
    except sqlite3.Error as error:
        raise errors.explain(error, path) from error
    except OSError as error:
        raise errors.not_written(error, path) from error
    return kept


@contextlib.contextmanager
def _present(path: Path) -> Iterator[Store | None]:
    """The store that is there now; None when there is none, or a damaged one."""
    store = None
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size:
            store = _open_present(path)
    try:
        yield store
    finally:
        if store is not None:
            store.close()


def _open_present(path: Path) -> Store | None:
    try:
        store = database.open_for_writing(path, make=False)
        (sound,) = store.conn.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return None
    except StoreProblem as error:
        if _is_damage(error.__cause__):
            return None
        raise
    if store.read_only:
        store.close()
        raise StoreProblem(store.read_only, "It was left in its place.")
    if sound != "ok":
        store.close()
        return None
    return store


def _is_damage(error: BaseException | None) -> bool:
    if isinstance(error, UnicodeDecodeError):
        return True
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _check_alone(path: Path) -> None:
    if others := errors.holders_of(path):
        named = ", ".join(map(str, others))
        raise StoreProblem(
            f"The store {path} is open in {named}.",
            "Leave mlkanban there first, then restore. Nothing was changed.",
        )


def _fill(draft: Path, source: Connection, known: list[tuple[str, ...]]) -> None:
    """A complete store in the latest schema that is no replica yet."""
    conn = sqlite3.connect(draft, isolation_level=None)
    try:
        source.backup(conn, pages=-1)
    finally:
        conn.close()
    store = database.open_draft(draft)
    try:
        with store.writing() as conn:
            replica.forget_place(conn, known)
        (verdict,) = store.conn.execute("PRAGMA quick_check(1)").fetchone()
    finally:
        store.close()
    if verdict != "ok":
        raise StoreProblem(f"The copy is damaged ({verdict}).", "Nothing was changed.")
    sync_file(draft)


def _set_aside(path: Path, *, sound: bool) -> Path | None:
    """Keep the previous store: an intact one as a backup, anything else as it is, with its
    journal."""
    if sound:
        # Through another connection: the one that holds the lock cannot copy itself.
        reader = database.open_for_reading(path)
        try:
            return backup.write(reader.conn, path, label=LABEL)
        finally:
            reader.close()
    kept = None
    with contextlib.suppress(FileNotFoundError):
        kept = _also_called(path)
    # One that stayed would be rolled back into the store that comes.
    journal = path.with_name(path.name + "-journal")
    with contextlib.suppress(FileNotFoundError):
        beside = kept or path.with_name("lost")
        os.rename(journal, beside.with_name(f"{beside.name}-journal"))
    return kept


def _also_called(path: Path) -> Path:
    """Give a damaged store a second name among the backups. It stays in its place until the
    restored store is there, because a start without a store would create an empty one."""
    other = backup.free_place(path, "damaged", path.stat().st_mtime).with_suffix(".damaged")
    other.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        os.link(path, other)
    except OSError:  # a file system without hard links
        os.rename(path, other)
    return other


def readable(path: Path) -> tuple[Store | None, str]:
    """The store at `path` for comparison, or None and why it cannot be read."""
    try:
        return database.open_for_reading(path), ""
    except NotFound:
        return None, ""
    except MlkanbanError as error:
        return None, error.message
