"""What adding and moving a card takes in a process that is open, in seconds of CPU, against a bare
insert with the same promises to the disk."""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from mlkanban.service import Service

_TIMES = 40


def bare_insert(folder: Path) -> float:
    """A row in a transaction of its own, with rollback journal and synchronous=EXTRA."""
    conn = sqlite3.connect(folder / "bare.db", isolation_level=None)
    conn.execute("PRAGMA journal_mode=DELETE")
    conn.execute("PRAGMA synchronous=EXTRA")
    conn.execute("CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, data TEXT)")

    def insert() -> None:
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("INSERT INTO event (data) VALUES (?)", ("x" * 500,))
        conn.execute("COMMIT")

    seconds = _typical(insert)
    conn.close()
    return seconds


def add_and_move(home: Path) -> tuple[float, float]:
    """Seconds of `add`, and of `move`, on the board below `home`."""
    service = Service.open(home, actor="bench", clock=lambda: datetime.now(UTC))
    board = service.boards.find()
    refs: list[str] = []
    add = _typical(lambda: refs.append(service.cards.add(board.id, "One more").cards[-1].ref))
    turns = iter(range(10 * _TIMES))

    def move() -> None:
        service.cards.move([refs[0]], board.stages[1 + next(turns) % 2].id)

    moved = _typical(move)
    service.close()
    return add, moved


def _typical(action: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        began = time.process_time()
        action()
        taken.append(time.process_time() - began)
    return median(taken)
