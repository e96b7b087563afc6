"""The power is cut: what was acknowledged is on the disk, and the store is whole."""

import random
import sqlite3
from pathlib import Path

import pytest

from mlkanban.service import Service
from mlkanban.store import database, integrity, log
from tests.stress.checks import assert_whole
from tests.stress.cutting import cards_of
from tests.stress.faults import Tell
from tests.stress.power import Connection, Disk, Said, left, recording
from tests.stress.sizes import FULL, size
from tests.stress.worker import opened

pytestmark = pytest.mark.slow

CUTS = size(150, 300)
ROUNDS = 10


def use(service: Service, disk: Disk) -> list[str]:
    """All kinds of writes; the ids of the events they made, in order. After each, how many."""
    board = service.boards.find()

    def said() -> None:
        disk.steps.append(Said(service.boards.cursor()))

    for _ in range(ROUNDS):
        [card] = service.cards.add(board.id, "a card").cards
        said()
        service.cards.edit([card.ref], {"title": "x" * 3000})
        said()
        service.cards.move([card.ref], board.stages[1].id, override="stress")
        said()
        service.undoing.undo(board.id)
        said()
    service.history.bring_in(cards_of(board.id, board.stages[0].id, "new", 30))
    said()
    with service._context.store.writing() as conn:
        integrity.rebuild(conn)
    said()
    conn = service._context.store.conn
    return [event for (event,) in conn.execute("SELECT id FROM event ORDER BY seq").fetchall()]


def used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Disk, list[str]]:
    service = opened(folder, "ada")
    service.boards.create("Power", "ml", "UTC")
    service.close()
    with monkeypatch.context() as patch, recording(service.path) as disk:
        patch.setattr(sqlite3, "connect", Connection)
        service = opened(folder, "ada")
        ids = use(service, disk)
        service.close()
    return disk, ids


def wrong_after(files: dict[str, bytes], folder: Path, ids: list[str], least: int) -> str:
    """What is wrong with the store that is left, when so many events were acknowledged."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    conn = sqlite3.connect(folder / "board.db", isolation_level=None)
    try:
        conn.execute("PRAGMA synchronous=OFF")  # what comes after the cut needs to be quick alone
        if damage := integrity.damage(conn):
            return f"damaged: {damage}"
        there = [event for (event,) in conn.execute("SELECT id FROM event ORDER BY seq")]
        if len(there) < least:
            return f"{least - len(there)} acknowledged events are gone"
        if there != ids[: len(there)]:
            return "events that are not what was written"
        return log.broken_link(conn)
    except sqlite3.DatabaseError as error:
        return f"damaged: {error}"
    finally:
        conn.close()


def cuts(disk: Disk, ids: list[str], folder: Path, chance: random.Random, tries: int) -> list[str]:
    """The power is cut as many times; what was wrong afterwards."""
    found = []
    begin = next(at for at, step in enumerate(disk.steps) if isinstance(step, Said))
    for number in range(tries):
        steps = disk.steps[: chance.randint(begin + 1, len(disk.steps))]
        least = max(step.what for step in steps if isinstance(step, Said))
        data = folder / str(number)
        if wrong := wrong_after(left(steps, chance), data, ids, least):
            found.append(wrong)
        elif FULL or number % 30 == 0:
            service = opened(data, "after")
            assert_whole(service)
            service.close()
    return found


def test_when_the_power_is_cut_nothing_acknowledged_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    disk, ids = used(tmp_path / "data", monkeypatch)
    found = cuts(disk, ids, tmp_path, random.Random("power"), CUTS)
    assert found == []
    tell("simulated power cut", CUTS, len(found))


@pytest.mark.parametrize(
    ("weaker", "loss"), [("FULL", "acknowledged events are gone"), ("OFF", "damaged")]
)
def test_with_weaker_settings_something_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weaker: str, loss: str
) -> None:
    """Else the cuts would prove nothing."""
    pragmas = [pragma.replace("EXTRA", weaker) for pragma in database._PRAGMAS]
    assert pragmas != list(database._PRAGMAS)
    monkeypatch.setattr(database, "_PRAGMAS", pragmas)
    disk, ids = used(tmp_path / "data", monkeypatch)
    found = cuts(disk, ids, tmp_path, random.Random("power"), size(40, 300))
    print(f"{weaker}: {len(found)}")
    assert any(loss in wrong for wrong in found)
