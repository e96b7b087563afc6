"""What was done last: which board commands are about, and what undo and redo take back."""

import sqlite3

_HERE = "replica IN (SELECT id FROM replica WHERE inode != 'restored')"
"""Of an event: it was written in this store, since it was restored where it was."""


def board(conn: sqlite3.Connection) -> str:
    """The id of the board that a person changed last, here or else anywhere; '' when none is."""
    return _last(conn, "SELECT board FROM event WHERE actor NOT LIKE 'run:%'", ())


def action(conn: sqlite3.Connection, board_id: str, actor: str) -> str:
    """The newest action of `actor` on a board that an undo can take back, done here or else
    anywhere; or ''."""
    return _last(
        conn,
        "SELECT action FROM event WHERE board = ? AND actor = ?"
        " AND kind NOT IN ('undone', 'redone', 'board.created', 'import.noted', 'triage.ended')"
        " AND id NOT IN (SELECT event FROM undone)"
        " AND action NOT IN (SELECT action FROM event WHERE board = ?"
        "  AND kind IN ('board.created', 'import.noted'))",
        (board_id, actor, board_id),
    )


def undo(conn: sqlite3.Connection, board_id: str, actor: str) -> str:
    """The newest undo of `actor` that a redo can take back: nothing new was done since. Or ''."""
    (newest,) = conn.execute(
        f"SELECT max(seq) FROM event WHERE board = ? AND actor = ? AND {_HERE}"
        " AND kind NOT IN ('undone', 'redone', 'triage.ended')",
        (board_id, actor),
    ).fetchone()
    row = conn.execute(
        "SELECT action FROM event WHERE board = ? AND actor = ? AND kind = 'undone' AND seq > ?"
        f" AND {_HERE} AND id NOT IN (SELECT event FROM undone) ORDER BY seq DESC LIMIT 1",
        (board_id, actor, newest or 0),
    ).fetchone()
    return row[0] if row else ""


def _last(conn: sqlite3.Connection, query: str, values: tuple[str, ...]) -> str:
    """What `query` says of the event that was written last here, where there is one, else of the
    one that was written last anywhere; '' for none. What came last is not what was done last, and
    clocks that were set back count only between machines."""
    row = (
        conn.execute(f"{query} AND {_HERE} ORDER BY seq DESC LIMIT 1", values).fetchone()
        or conn.execute(f"{query} ORDER BY hlc DESC LIMIT 1", values).fetchone()
    )
    return row[0] if row else ""
