"""Every state a store file can be found in: its own message, and the file left as it was."""

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mlkanban.errors import MlkanbanError, NotFound, StoreProblem
from mlkanban.store import backup, database
from tests.service.people import Person

OPENINGS = [database.open_for_writing, database.open_for_reading]


def newer(path: Path, version: int = 99) -> None:
    conn = sqlite3.connect(path)
    conn.execute(f"PRAGMA user_version={version}")
    conn.close()


def foreign(path: Path) -> None:
    path.unlink()
    conn = sqlite3.connect(path)
    conn.execute("CREATE TABLE card (id)")
    conn.commit()
    conn.close()


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


STATES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: cut(path, 0), r"is empty \(0 bytes\)"),
    "garbage": (lambda path: path.write_bytes(b"garbage " * 4096), "is damaged .*not a database"),
    "cut in the middle": (lambda path: cut(path, path.stat().st_size // 2), "is damaged .*disk im"),
    "cut in the first page": (lambda path: cut(path, 2000), "is damaged"),
    "cut in the header": (lambda path: cut(path, 50), "is damaged"),
    "of another program": (foreign, "database of another program"),
}


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("state", STATES)
def test_what_is_no_store_is_refused_and_left_alone(path: Path, opening, state: str) -> None:
    spoil, words = STATES[state]
    spoil(path)
    before, around = path.read_bytes(), sorted(path.parent.iterdir())
    with pytest.raises(StoreProblem, match=words) as refused:
        opening(path)
    assert str(path) in refused.value.message
    assert "left untouched" in refused.value.hint
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == around


def test_the_states_are_told_apart(path: Path) -> None:
    said = set()
    whole = path.read_bytes()
    for name in ("empty", "garbage", "cut in the middle", "of another program"):
        path.write_bytes(whole)
        STATES[name][0](path)
        with pytest.raises(MlkanbanError) as refused:
            database.open_for_reading(path)
        said.add(refused.value.message)
    assert len(said) == 4


def test_a_missing_store_is_made_for_writing_and_not_for_reading(tmp_path: Path) -> None:
    path = tmp_path / "new" / "board.db"
    with pytest.raises(NotFound, match=r"There is no board yet \("):
        database.open_for_reading(path)
    assert not path.parent.exists()
    database.open_for_writing(path).close()
    assert sorted(p.name for p in path.parent.iterdir()) == ["board.db"]
    database.open_for_reading(path).close()


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_newer_store_is_read_and_never_written(path: Path, opening) -> None:
    newer(path)
    before = path.read_bytes()
    store = opening(path)
    assert "store version 99" in store.read_only
    assert f"knows {database.LATEST})" in store.read_only
    assert "update mlkanban" in store.read_only
    assert store.conn.execute("SELECT count(*) FROM card").fetchone() == (2,)
    with pytest.raises(StoreProblem, match=r"version 99.*Nothing was written"), store.writing():
        pytest.fail("the door should be shut")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.conn.execute("DELETE FROM card")
    store.close()
    assert path.read_bytes() == before
    assert not (path.parent / "backups").exists()


def test_a_store_in_an_unreachable_place_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreProblem, match="cannot be reached: Not a directory"):
        database.open_for_writing(tmp_path / "file" / "board.db")


@pytest.mark.parametrize("name", ["sp ace", "50%41?mode=memory#x", "größe"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    database.open_for_writing(tmp_path / name / "board.db").close()
    assert (tmp_path / name / "board.db").is_file()


def test_only_the_owner_can_look_in_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        path = tmp_path / "data" / "board.db"
        store = database.open_for_writing(path)
        with store.writing() as conn:
            conn.execute("INSERT INTO undone VALUES ('a', 'b')")
            journal = path.with_name("board.db-journal")
            modes = {journal: 0o600, path: 0o600, path.parent: 0o700}
            assert {p: stat.S_IMODE(p.stat().st_mode) for p in modes} == modes
        copy = backup.write(store.conn, path, label="test")
        store.close()
    finally:
        os.umask(old)
    modes = {copy: 0o600, copy.parent: 0o700}
    assert {p: stat.S_IMODE(p.stat().st_mode) for p in modes} == modes


def test_the_settings_that_keep_acknowledged_writes_are_on(ada: Person) -> None:
    store = ada.service._context.store
    read = database.open_for_reading(store.path)
    for conn in (store.conn, read.conn):
        values = {
            name: conn.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "journal_mode",
                "synchronous",
                "fullfsync",
                "foreign_keys",
                "trusted_schema",
            )
        }
        assert values == {
            "journal_mode": "delete", "synchronous": 3, "fullfsync": 1,
            "foreign_keys": 1, "trusted_schema": 0,
        }  # fmt: skip
    read.close()


def test_an_error_inside_the_door_takes_everything_back(ada: Person) -> None:
    store = ada.service._context.store

    def stopped_by(error: type[BaseException]) -> None:
        with store.writing() as conn:
            conn.execute("INSERT INTO undone VALUES ('a', 'b')")
            raise error

    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error):
            stopped_by(error)
        assert store.conn.execute("SELECT count(*) FROM undone").fetchone() == (0,)
        assert not store.conn.in_transaction


def test_an_old_draft_of_a_killed_start_is_swept_and_a_fresh_one_left(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".new-1-aa.db-journal", tmp_path / ".new-2-bb.db"
    for leftover in (old, fresh):
        leftover.write_text("")
    os.utime(old, (0, 0))
    database.open_for_writing(tmp_path / "board.db").close()
    assert not old.exists()
    assert fresh.exists()
