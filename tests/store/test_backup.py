import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from mlkanban.errors import StoreProblem
from mlkanban.store import backup, database, log
from tests.service.people import Person


def test_a_backup_is_a_whole_store(ada: Person) -> None:
    store = ada.service._context.store
    made = backup.write(store.conn, store.path, label="daily")
    assert made.parent == store.path.parent / "backups"
    assert "-daily-" in made.name
    assert [p.name for p in made.parent.iterdir()] == [made.name], "no draft is left"
    copy = database.open_for_reading(made)
    for table in ("event", "card", "entity"):
        rows = f"SELECT * FROM {table} ORDER BY 1"
        assert copy.conn.execute(rows).fetchall() == store.conn.execute(rows).fetchall()
    assert log.broken_link(copy.conn) == ""
    copy.close()


def test_a_backup_holds_only_what_was_committed(ada: Person) -> None:
    store = ada.service._context.store
    other = database.open_for_reading(store.path)
    with store.writing() as conn:
        conn.execute("INSERT INTO undone VALUES ('a', 'b')")
        made = backup.write(other.conn, store.path, label="daily")
    other.close()
    copy = sqlite3.connect(made)
    assert copy.execute("SELECT count(*) FROM undone").fetchone() == (0,)
    copy.close()


def test_no_backup_is_made_of_a_damaged_store(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    page = 4096
    for start in range(3 * page, len(whole), page):
        whole[start : start + 64] = b"\xff" * 64
    path.write_bytes(whole)
    assert_no_backup(path, r"is damaged \(.*malformed")


def test_no_backup_is_made_of_a_store_whose_rows_break_its_own_rules(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("PRAGMA writable_schema=ON")
    conn.execute(
        "UPDATE sqlite_master SET sql = replace(sql, 'conwip INTEGER', 'conwip INTEGER NOT NULL')"
    )
    conn.commit()
    conn.close()
    assert_no_backup(path, r"is damaged \(NULL value in board.conwip\); no backup of it was made")


def assert_no_backup(path: Path, words: str) -> None:
    conn = sqlite3.connect(path)
    with pytest.raises(StoreProblem, match=words):
        backup.write(conn, path, label="daily")
    conn.close()
    assert list((path.parent / "backups").iterdir()) == []


def test_only_automatic_backups_are_thinned(path: Path) -> None:
    folder = backup.folder_of(path)
    folder.mkdir()
    for day in range(1, 29):
        for hour in (9, 10):
            for label in ("auto", "before-update", "by-hand"):
                (folder / f"board-202603{day:02}T{hour:02}0000-{label}-7.db").write_text("x")
    (folder / "board-of-somebody.db").write_text("x")
    (folder / "board-20360101T000000-auto-7.db").write_text("x")
    backup.thin(path, datetime(2026, 3, 29, tzinfo=UTC))
    left = backup.all_of(path)
    assert sum(one.label == "auto" for one in left) < 21
    assert {one.made.hour for one in left if one.made.day == 28} == {9, 10}, "the newest are there"
    assert sum(one.label != "auto" for one in left) == 28 * 2 * 2
    assert (folder / "board-of-somebody.db").exists()
    assert left[0].made == max(one.made for one in left)


def made_of(path: Path, day: int, label: str = "auto", size: int = 4_000) -> Path:
    folder = backup.folder_of(path)
    folder.mkdir(exist_ok=True)
    file = folder / f"board-202603{day:02}T090000-{label}-7.db"
    file.write_bytes(bytes([day]) * size)
    return file


def names(path: Path) -> list[str]:
    return sorted(file.name[6:] for file in backup.folder_of(path).iterdir())


def test_all_but_the_newest_and_those_made_by_hand_are_compressed(path: Path) -> None:
    for day in (1, 2, 3, 4):
        made_of(path, day)
    made_of(path, 1, "by-hand")
    made_of(path, 1, "before-update")
    backup.tidy(path, 0, most=2)
    assert [name for name in names(path) if name.endswith(".gz")] == [
        "20260302T090000-auto-7.db.gz", "20260303T090000-auto-7.db.gz",
    ], "a few at once, the newer ones first"  # fmt: skip
    backup.tidy(path, 0, most=9)
    assert [name for name in names(path) if not name.endswith(".gz")] == [
        "20260301T090000-by-hand-7.db", "20260304T090000-auto-7.db",
    ]  # fmt: skip
    with backup.unpacked(backup.folder_of(path) / "board-20260302T090000-auto-7.db.gz") as plain:
        assert plain.read_bytes() == bytes([2]) * 4_000
    assert not plain.exists()


def test_large_ones_wait_for_somebody_who_has_time(path: Path) -> None:
    made_of(path, 1, size=6_000)
    made_of(path, 2)
    made_of(path, 3)
    backup.tidy(path, 0, most=9, largest=5_000)
    assert names(path) == [
        "20260301T090000-auto-7.db", "20260302T090000-auto-7.db.gz", "20260303T090000-auto-7.db",
    ]  # fmt: skip


def test_what_a_kill_leaves_beside_a_compressed_one_goes(path: Path) -> None:
    made_of(path, 1)
    made_of(path, 2)
    backup.tidy(path, 0, most=9)
    made_of(path, 1)
    assert len(backup.all_of(path)) == 2, "it is one backup"
    backup.tidy(path, 0, most=9)
    assert names(path) == ["20260301T090000-auto-7.db.gz", "20260302T090000-auto-7.db"]


def test_a_copy_that_reads_otherwise_replaces_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of(path, 1)
    made_of(path, 2)

    def wrong(source: object, target: BinaryIO, size: int) -> None:
        target.write(b"something else")

    monkeypatch.setattr("shutil.copyfileobj", wrong)
    backup.tidy(path, 0, most=9)
    assert names(path) == ["20260301T090000-auto-7.db", "20260302T090000-auto-7.db"]


def test_the_oldest_automatic_ones_make_room_and_the_newest_stays(path: Path) -> None:
    for day in (1, 2, 3):
        made_of(path, day)
    made_of(path, 1, "by-hand")
    backup.tidy(path, 0, most=9)
    packed = backup.all_of(path)[1].size
    backup.tidy(path, 4_000 + 2 * packed, most=9)
    assert [one.made.day for one in backup.all_of(path) if one.automatic] == [3, 2, 1]
    backup.tidy(path, 4_000 + 2 * packed - 1, most=9)
    assert [one.made.day for one in backup.all_of(path) if one.automatic] == [3, 2]
    backup.tidy(path, 1, most=9)
    assert names(path) == ["20260301T090000-by-hand-7.db", "20260303T090000-auto-7.db"]
