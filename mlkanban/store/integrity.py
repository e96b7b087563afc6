"""The integrity check of a store: the file, the log, and the projections that follow from it."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import zip_longest

from mlkanban.core.timestamps import instant
from mlkanban.errors import UNREADABLE, StoreProblem
from mlkanban.store import log, migrations, ranks, repository
from mlkanban.store.rows import IN_FORCE, StoreConnection, entity_from, repeats_of

_FLOOR = (3, 31, 0)
_MOST_ROWS = 3


def damage(conn: sqlite3.Connection) -> str:
    """What SQLite finds wrong with the file; '' when it is intact."""
    try:
        for check in ("quick_check", "integrity_check"):
            messages = [row[0] for row in conn.execute(f"PRAGMA {check}({_MOST_ROWS})").fetchall()]
            if messages != ["ok"]:
                return "; ".join(map(str, messages))
    except sqlite3.DatabaseError as error:
        return str(error)
    return ""


@contextlib.contextmanager
def copied(conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A copy of the store as it is now, in a file without a name, so that a long check keeps no
    writer waiting. StoreProblem when there is no room for it."""
    copy = sqlite3.connect("", isolation_level=None, factory=StoreConnection)
    copy.repeats = repeats_of(conn)
    try:
        conn.backup(copy, pages=-1)
        yield copy
    except sqlite3.DatabaseError as error:
        if not _is_full(error):
            raise
        raise StoreProblem(
            "The store cannot be looked at closely: the disk for temporary files is full.",
            "Make room there, or set TMPDIR to a folder with room. The store is as it was.",
        ) from error
    finally:
        copy.close()


def differences(
    conn: sqlite3.Connection, progress: Callable[[int], None] = lambda _: None
) -> list[str]:
    """The projections that differ from a replay of the log into fresh tables; `progress` is called
    now and then with the number of events replayed."""
    with copied(conn) as fresh:
        # Only the log is still of use in the copy, and nobody needs the way back to it.
        fresh.execute("PRAGMA journal_mode=OFF")
        fresh.execute("BEGIN")
        migrations.recreate_projections(fresh)
        log.rebuild(fresh, progress)
        tables = migrations.PROJECTION_TABLES
        return [table for table in tables if not _same(_rows(conn, table), _rows(fresh, table))]


def _same(some: Iterable[object], others: Iterable[object]) -> bool:
    try:
        return all(row == other for row, other in zip_longest(some, others))
    except (sqlite3.DatabaseError, StoreProblem, *UNREADABLE) as error:
        if _is_full(error):
            raise
        return False


def _is_full(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL


def _rows(conn: sqlite3.Connection, table: str) -> Iterator[object]:
    """The column names of a table, then its rows."""
    rows = conn.execute(f"SELECT * FROM {table} ORDER BY 1")
    columns = [column for column, *_ in rows.description]
    yield columns
    if table == "entity":
        for entity, board, state in rows:
            # Of two texts of one state the order of the names is free.
            yield entity, board, entity_from(state)
    elif table == "card":
        for row in rows:
            card = dict(zip(columns, row, strict=True))
            # Rows written under other repeat_parameters are read as if written under these.
            if remade := repository.remade_face(conn, card["id"], card["runs"]):
                card["metric"], card["runs"] = remade
            yield card
    else:
        yield from rows


def rebuild(conn: sqlite3.Connection) -> None:
    """Rebuild the projections from the log, within the caller's transaction."""
    migrations.recreate_projections(conn)
    log.rebuild(conn)


def crowded(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """(board, stage) of stages in which two cards share a rank or a rank has grown too long."""
    rows = conn.execute(
        "SELECT board, stage, count(*) - count(DISTINCT rank), max(length(rank)) FROM card"
        " WHERE NOT deleted GROUP BY board, stage"
    ).fetchall()
    return [
        (board, stage) for board, stage, same, longest in rows if same or longest > ranks.LONGEST
    ]


def from_the_future(conn: sqlite3.Connection, until: datetime) -> dict[str, int]:
    """How many events are dated after an instant, by the host that wrote them."""
    rows = conn.execute(
        "SELECT host, count(*) FROM event WHERE (at > ? OR substr(hlc, 1, 15) > ?)"
        f" AND {IN_FORCE} GROUP BY host",
        (instant(until), f"{int(until.timestamp() * 1000):015d}"),
    )
    return dict(rows.fetchall())


def journal_mode(conn: sqlite3.Connection) -> str:
    (mode,) = conn.execute("PRAGMA journal_mode").fetchone()
    return str(mode)


def library_defect(version: str, mode: str) -> str:
    """A known defect of this SQLite version for a store in this journal mode; '' if there is none.

    The WAL-reset bug loses acknowledged writes, but only in WAL mode, which this program never
    uses.
    """
    number = tuple(map(int, version.split(".")))
    if number < _FLOOR:
        return f"{version} is older than 3.31, the oldest this program works with"
    if mode == "wal" and not _wal_fixed(number):
        return f"{version} may lose writes of a store in WAL mode (the WAL-reset bug)"
    return ""


def _wal_fixed(number: tuple[int, ...]) -> bool:
    return number >= (3, 51, 3) or any(
        number[:2] == branch and number[2] >= patch
        for branch, patch in (((3, 50), 7), ((3, 44), 6))
    )
