"""Databases that are exports: files of their own for other programs, never stores."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlkanban.errors import StoreProblem
from mlkanban.files import open_plain

APPLICATION_ID = 0x6D6C4B45
"""`mlKE`, by which a file is known for an export that may be replaced by a newer one."""
FORMAT = 1
"""Version of the tables, kept as user_version."""
_MAGIC = b"SQLite format 3\x00"
_ID_AT = 68
"""Where the header of a database has its application_id."""


def is_export(file: Path) -> bool:
    """Whether a file is such a database. OSError where it cannot be read."""
    with open_plain(file) as opened:
        head = opened.read(100)
    return (
        head.startswith(_MAGIC)
        and int.from_bytes(head[_ID_AT : _ID_AT + 4], "big") == APPLICATION_ID
    )


@contextlib.contextmanager
def writing_export(file: Path) -> Iterator[ExportFile]:
    """Write such a database; StoreProblem where that cannot be done."""
    try:
        with contextlib.closing(ExportFile(file)) as out:
            yield out
    except sqlite3.Error as error:
        raise StoreProblem(
            f"The database cannot be written: {error}.", "The file that was there is as it was."
        ) from error


class ExportFile:
    """A database that is being written. It is a draft until its file is renamed, so that nothing of
    it need be durable before."""

    def __init__(self, file: Path) -> None:
        from mlkanban.store.sqlite import Database  # 40 ms that only this export has to wait

        self._conn = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "trusted_schema=OFF"):
            self._conn.execute(f"PRAGMA {pragma}")
        self._conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
        self._conn.execute(f"PRAGMA user_version={FORMAT}")
        self._db = Database(self._conn, execute_plugins=False)

    def create(
        self, table: str, columns: Mapping[str, type], references: Mapping[str, str]
    ) -> None:
        """Create a table, whose first column is its key. `references` names the table that a
        column refers to by its key."""
        key = next(iter(columns))
        keys = {
            name: next(iter(self._db.table(other).columns_dict))
            for name, other in references.items()
        }
        self._db.table(table).create(
            dict(columns),
            pk=key,
            foreign_keys=[(name, other, keys[name]) for name, other in references.items()],
        )

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows, each with a value for every column."""
        rows = list(rows)
        if rows:
            places = ",".join("?" * len(rows[0]))
            self._conn.execute("BEGIN")
            self._conn.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)
            self._conn.execute("COMMIT")

    def index(self, table: str, columns: Sequence[str]) -> None:
        for column in columns:
            self._db.table(table).create_index([column])

    def search(self, table: str, columns: Sequence[str]) -> bool:
        """Make a table searchable by words; False where this SQLite cannot do it."""
        try:
            self._db.table(table).enable_fts(list(columns), tokenize="unicode61")
        except sqlite3.OperationalError as error:
            if "fts5" not in str(error):
                raise
            return False
        return True

    def close(self) -> None:
        self._conn.close()
