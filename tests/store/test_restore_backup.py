"""Putting a backup in the place of a store: nothing that was acknowledged falls between the two."""

import os
from pathlib import Path

import pytest

from mlkanban.errors import StoreBusy, StoreProblem
from mlkanban.service import restore
from mlkanban.store import backup, database
from tests.service.people import Person


def titles(path: Path) -> list[str]:
    store = database.open_for_reading(path)
    found = [title for (title,) in store.conn.execute("SELECT title FROM card ORDER BY title")]
    store.close()
    return found


def test_nobody_writes_between_what_is_kept_and_what_is_put_in_its_place(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, path = ada.service.path.parent, ada.service.path
    made = ada.service.backups.make()
    ada.adds("later")
    bob = Person(data, "bob", ada.clock, timeout=0.01)
    bob.board_id = ada.board_id
    write = backup.write

    def while_somebody_tries_to_write(conn, path, *, label):
        with pytest.raises(StoreBusy):
            bob.adds("before")
        kept = write(conn, path, label=label)
        with pytest.raises(StoreBusy):
            bob.adds("after")
        return kept

    monkeypatch.setattr(backup, "write", while_somebody_tries_to_write)
    kept = restore.restore(data, made)
    assert kept is not None
    assert titles(path) == ["a", "b"]
    assert titles(kept) == ["a", "b", "later"]
    with pytest.raises(StoreProblem, match="removed or replaced while it was open"):
        bob.adds("too late")
    bob.service.close()


def test_a_damaged_store_is_in_its_place_until_the_other_is_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = database.open_for_reading(path)
    made = backup.write(store.conn, path, label="by-hand")
    store.close()
    path.write_bytes(b"damaged" * 999)
    rename = os.rename

    def as_if_killed(old, new):
        if Path(new) == path:
            raise KeyboardInterrupt
        rename(old, new)

    monkeypatch.setattr(os, "rename", as_if_killed)
    with pytest.raises(KeyboardInterrupt):
        restore.restore(path.parent, made)
    assert path.read_bytes() == b"damaged" * 999
    monkeypatch.undo()
    kept = restore.restore(path.parent, made)
    assert kept is not None
    assert kept.read_bytes() == b"damaged" * 999
    assert titles(path) == ["a", "b"]


def test_what_killed_ones_left_goes_when_nobody_can_be_at_work_on_it(ada: Person) -> None:
    data = ada.service.path.parent
    made = ada.service.backups.make()
    left = [data / ".new-1-aa.db-journal", made.parent / ".board-1-aa.tmp"]
    fresh = [data / ".new-2-bb.db", made.parent / ".board-2-bb.tmp"]
    for file in (*left, *fresh):
        file.write_text("x")
    for file in left:
        os.utime(file, (0, 0))
    ada.service.close()
    restore.restore(data, made)
    assert not any(file.exists() for file in left)
    assert all(file.exists() for file in fresh)
