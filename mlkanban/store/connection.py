"""The connection to a store, with what all that is read and written through it agrees on."""

import sqlite3

from mlkanban.runs.model.repeats import DEFAULT, Repeats


class StoreConnection(sqlite3.Connection):
    """`repeats` says which runs are averaged in the metrics of cards."""

    repeats: Repeats = DEFAULT


def repeats_of(conn: sqlite3.Connection) -> Repeats:
    """The names by which runs are repeats here; a connection to a mere copy has the default."""
    return conn.repeats if isinstance(conn, StoreConnection) else DEFAULT
