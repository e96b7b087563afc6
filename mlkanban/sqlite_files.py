"""SQLite files of other programs, read and never written: not even what a killed writer left half
done is rolled back in them."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlkanban.errors import BadInput, StoreBusy

_PATIENCE_SECONDS = 0.5
"""Seconds to wait for a writer."""


class SqliteFile:
    """An open file of another program."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def columns(self, table: str) -> set[str]:
        """The columns of a table, none when there is no such table."""
        return {row[1] for row in self._conn.execute(f"PRAGMA table_info({table})")}

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """One by one, so that whoever counts them can be stopped."""
        yield from self._conn.execute(query, values)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[SqliteFile]:
    """One state of a file. StoreBusy when a writer holds it, BadInput when it cannot be read."""
    try:
        with contextlib.ExitStack() as stack:
            try:
                conn = stack.enter_context(contextlib.closing(_open(path, "ro")))
            except sqlite3.OperationalError as error:
                if not _left_half_done(path, error):
                    raise
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mlkanban-"))
                conn = stack.enter_context(contextlib.closing(_open(_copy(path, folder), "rw")))
            yield SqliteFile(conn)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (
            sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
        ):  # fmt: skip
            raise StoreBusy(f"{path} is being written just now.", "Try again later.") from error
        raise BadInput(f"{path} cannot be read: {error}.", "It was left as it is.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", "Check the file.") from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    conn = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True, isolation_level=None, timeout=_PATIENCE_SECONDS,
    )  # fmt: skip
    try:
        conn.text_factory = lambda raw: raw.decode(errors="replace")
        conn.execute("PRAGMA trusted_schema=OFF")
        conn.execute("BEGIN")
        conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        conn.close()
        raise
    return conn


def _beside(path: Path) -> list[Path]:
    names = (path.with_name(path.name + end) for end in ("-journal", "-wal"))
    return [file for file in names if file.exists()]


def _left_half_done(path: Path, error: sqlite3.OperationalError) -> bool:
    """Whether only a writer could open it: it would have to roll back or to make a file first."""
    name = getattr(error, "sqlite_errorname", "")
    return bool(_beside(path)) and name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN"))


def _copy(path: Path, folder: str) -> Path:
    for file in (path, *_beside(path)):
        shutil.copy(file, Path(folder) / file.name)
    return Path(folder) / path.name
