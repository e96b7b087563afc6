"""Long readings and copies of the store hold up no key, no write and no end of the program."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlkanban.errors import StoreBusy
from mlkanban.service import Service
from mlkanban.service.history import History
from mlkanban.store import backup
from mlkanban.tui.store_thread import StoreThread
from tests.tui.page import clock, opened

_LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    " SELECT count(*) FROM n, (SELECT 1 FROM event LIMIT 1)"
)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The pace of a board takes until the event is set."""
    over, pace = threading.Event(), History.pace

    def slow(*args: object) -> object:
        assert over.wait(20)
        return pace(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(History, "pace", slow)
    yield over
    over.set()


async def test_keys_and_writes_do_not_wait_for_a_slow_reading(
    small: Path, held: threading.Event
) -> None:
    async with opened(small) as board:
        at = board.app.model.rows[0]
        board.app._look_around_soon()
        await board.until(board.app._looking_around.locked)
        board.send("j")
        await board.until(lambda: board.app.model.rows[0] == at + 1)
        board.send("n", *"a new card", "enter")
        faces = board.app.model.faces
        await board.until(lambda: "a new card" in [face.title for face in faces.values()])
        board.send("Q")
        await board.until(lambda: not board.app.is_running)
        assert not held.is_set()


async def test_a_reading_gives_way_to_a_write_and_is_read_again(small: Path) -> None:
    store_thread = StoreThread(lambda: Service.open(small, actor="ada", clock=clock))
    board = store_thread.at_once(lambda service: service.boards.find())
    begun, steps = threading.Event(), iter((10**12, 10))

    def read(service: Service) -> int:
        with service._context.store.reading() as conn:
            conn.execute("SELECT count(*) FROM event").fetchone()
            begun.set()
            return int(conn.execute(_LONG, (next(steps),)).fetchone()[0])

    reading = store_thread._reader.begin(read)
    assert begun.wait(20)
    # Its end needs the whole lock, which the reading has a part of.
    done = store_thread.at_once(lambda service: service.cards.add(board.id, "in between"))
    assert done.changed
    assert reading.result(20) == 10
    store_thread.close()


async def test_a_reading_is_given_up_at_the_end(small: Path) -> None:
    store_thread = StoreThread(lambda: Service.open(small, actor="ada", clock=clock))
    begun = threading.Event()

    def read(service: Service) -> None:
        begun.set()
        service._context.store.conn.execute(_LONG, (10**12,)).fetchone()

    store_thread._reader.begin(read)
    assert begun.wait(20)
    store_thread.close()
    assert store_thread._reader._thread is not None
    store_thread._reader._thread.join(20)
    assert not store_thread._reader._thread.is_alive()


def test_a_copy_gives_way_to_a_write(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_STEP_PAGES", 1)
    service = Service.open(small, actor="ada", clock=clock)
    writes = iter((False, True))
    service.copy_giving_way(lambda: next(writes))
    with pytest.raises(StoreBusy, match="No backup of it was made"):
        service.backups.make()
    assert list((small / "backups").iterdir()) == []
    service.copy_giving_way(lambda: False)
    with sqlite3.connect(service.backups.make()) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    service.close()
