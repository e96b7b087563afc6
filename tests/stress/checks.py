"""Whether a store is whole: the file, the chain of the log, and the tables made from it."""

import json
import sqlite3

from mlkanban.service import Service
from mlkanban.store import log, migrations


def dump(conn: sqlite3.Connection) -> dict[str, list]:
    found = {
        table: conn.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
        for table in migrations.PROJECTION_TABLES
    }
    found["entity"] = [(*row[:2], json.loads(row[2])) for row in found["entity"]]
    return found


def assert_whole(service: Service) -> None:
    store = service._context.store
    assert store.conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert log.broken_link(store.conn) == ""
    before = dump(store.conn)
    with store.writing() as conn:
        migrations.recreate_projections(conn)
        log.rebuild(conn)
    after = dump(store.conn)
    for table, rows in before.items():
        if table == "entity":
            rows, after[table] = map(sorted_names, (rows, after[table]))
        assert after[table] == rows, f"{table} is not what the log amounts to"


def sorted_names(rows: list) -> list:
    """The states with the names under each stamp in order: their order there is free."""
    for *_, state in rows:
        state["stamps"] = {stamp: sorted(names) for stamp, names in state["stamps"].items()}
    return rows
