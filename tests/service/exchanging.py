"""People whose stores exchange events through a folder, and what is compared between them."""

from pathlib import Path
from typing import Any

from mlkanban.store import migrations
from mlkanban.store.rows import entity_from
from mlkanban.sync.transports.folder import Folder
from tests.service.people import Person


def meet(place: Path, *people: Person) -> list[str]:
    """Exchange until everybody has everything; all that was told."""
    told = []
    for _ in range(2):
        for person in people:
            told += person.service.sync.exchange(Folder(place)).notices
    return told


def shown(person: Person) -> dict[str, list[Any]]:
    """All projections but for what is local: places in the log of this store."""
    conn = person.service._context.store.conn
    conn.row_factory = None
    found = {}
    for table in migrations.PROJECTION_TABLES:
        columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})").fetchall()]
        kept = [
            c
            for c in columns
            if (table, c) not in {("card", "version"), ("transition", "seq"), ("inert", "seq")}
        ]
        rows = conn.execute(f"SELECT {', '.join(kept)} FROM {table}").fetchall()
        found[table] = sorted(rows, key=repr)
    found["entity"] = [(i, b, entity_from(state)) for i, b, state in found["entity"]]
    return found


def files(place: Path) -> list[Path]:
    return sorted(place.glob("log/*/*.jsonl"))
