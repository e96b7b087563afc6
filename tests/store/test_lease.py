"""On a network home one machine writes to a store, for SQLite's locks are not seen on others."""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from mlkanban.errors import NotFound, StoreBusy
from mlkanban.machine import machine
from mlkanban.service import Service
from mlkanban.store import lease
from mlkanban.store.database import Store, open_for_writing
from tests.service.people import Clock, Person


@pytest.fixture
def ada(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr("mlkanban.store.database.on_network", lambda path: True)
    person = Person(tmp_path)
    person.starts()
    return person


def test_another_machine_waits_until_nothing_was_written_for_a_while(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ada.service.path.parent
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(machine(), "boot_id", lambda: "another")
        with pytest.raises(StoreBusy, match="is written to by"):
            Person(folder)
        old = time.time() - lease.SECONDS - 5
        os.utime(folder / "writer", (old, old))
        bob = Person(folder)
        bob.board_id = ada.board_id
        (card,) = bob.adds("bob's")
    with pytest.raises(StoreBusy):
        ada.adds("ada's")
    assert [face.ref for face in ada.boards.snapshot(ada.board_id).faces] == [card]
    assert sorted(os.listdir(folder)) == ["board.db", "writer"]
    bob.service.close()
    ada.service.close()


def test_a_file_without_a_name_lasts_no_longer(ada: Person) -> None:
    """As a crash of the server may leave it."""
    file = ada.service.path.with_name("writer")
    file.write_text("")
    with pytest.raises(StoreBusy, match="another machine"):
        ada.adds("one")
    os.utime(file, (0, 0))
    ada.adds("one")
    ada.service.close()


def test_of_two_that_find_it_left_the_slower_takes_nothing_away(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ada.service.path.with_name("writer")
    age = lease._age

    def late(*asked: Any) -> float:
        old = age(*asked)
        file.unlink()
        file.write_text("the quicker\ngpu3, process 7")
        return old

    monkeypatch.setattr(machine(), "boot_id", lambda: "the slower")
    monkeypatch.setattr(lease, "_age", late)
    os.utime(file, (0, 0))
    with pytest.raises(StoreBusy, match="gpu3, process 7"):
        ada.adds("one")
    assert file.read_text() == "the quicker\ngpu3, process 7"
    assert sorted(os.listdir(file.parent)) == ["board.db", "writer"]
    ada.service.close()


@pytest.mark.parametrize("back", [False, True])
def test_a_long_write_that_lost_it_is_rolled_back_even_if_it_is_taken_back(
    ada: Person, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    file = ada.service.path.with_name("writer")

    def write_long(store: Store) -> None:
        with store.writing() as conn:
            conn.execute("UPDATE replica SET host = 'lost'")
            os.utime(file, (0, 0))
            with monkeypatch.context() as elsewhere:
                elsewhere.setattr(machine(), "boot_id", lambda: "another")
                lease.hold(store.path)
            if back:
                os.utime(file, (0, 0))
                lease.hold(store.path)

    with contextlib.closing(open_for_writing(ada.service.path)) as store:
        with pytest.raises(StoreBusy, match="is written to by"):
            write_long(store)
        assert store.conn.execute("SELECT 1 FROM replica WHERE host = 'lost'").fetchall() == []
    ada.service.close()


def test_processes_of_one_machine_write_by_turns(ada: Person) -> None:
    other = Person(ada.service.path.parent)
    other.board_id = ada.board_id
    for person in (ada, other, ada):
        person.adds("one")
    assert len(other.boards.snapshot(ada.board_id).faces) == 3
    other.service.close()
    ada.service.close()


def test_to_read_takes_no_lease(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine(), "boot_id", lambda: "another")
    folder = ada.service.path.parent
    reader = Service.open(folder, actor="bob", clock=Clock(), write=False)
    assert [board.id for board in reader.boards.all()] == [ada.board_id]
    reader.close()
    ada.service.close()


def test_a_host_without_a_store_hears_of_the_others(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    with pytest.raises(NotFound, match="Take in what other hosts of this home have"):
        Service.open(tmp_path / "gpu2", actor="bob", clock=Clock(), write=False)
    ada.service.close()
