"""Backups and going back to one, as somebody at the command line meets them."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlkanban.core import backup_schedule as schedule


@pytest.fixture
def folder(home) -> Path:
    return Path(home["MLKANBAN_HOME"])


def backups(folder: Path, label: str = "") -> list[Path]:
    return sorted((folder / "backups").glob(f"*-{label}*.db*"))


def titles(board) -> list[str]:
    return sorted(card["title"] for card in board.data("list"))


def age(folder: Path, hours: float) -> None:
    """Let every backup be so old, by name and time."""
    for number, file in enumerate(backups(folder)):
        then = time.time() - hours * 3600 - number
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(then))
        file.rename(file.with_name(f"board-{stamp}-auto-{number}{''.join(file.suffixes)}"))


def test_one_is_made_by_itself_every_half_hour_when_something_changed(board, folder) -> None:
    assert len(backups(folder, "auto")) == 1
    board.card("a")
    assert len(backups(folder, "auto")) == 1, "the last is new"
    age(folder, 1)
    board("list")
    assert len(backups(folder, "auto")) == 1, "a command that reads makes none"
    board.card("b")
    made = backups(folder, "auto")
    assert len(made) == 2
    assert [file.stat().st_mode & 0o777 for file in made] == [0o600] * 2


def test_the_help_says_which_are_kept(board) -> None:
    told = " ".join(board("backup", "--help").out.split())
    assert f"at most every {schedule.INTERVAL_MINUTES} minutes when something changed" in told
    assert (
        f"the newest {schedule.NEWEST} are kept, and the last of each of {schedule.DAILY} days, "
        f"{schedule.WEEKLY} weeks and {schedule.MONTHLY} months;"
    ) in told


def test_one_dated_ahead_stops_no_other_and_doctor_says_so(board, folder) -> None:
    age(folder, -24 * 365)
    board.card("a")
    assert len(backups(folder, "auto")) == 2
    board.card("b")
    assert len(backups(folder, "auto")) == 2, "the last is new"
    said = board("doctor").out
    assert "1 are dated ahead" in said
    assert "-auto-" in said
    assert "events since: 1" in said


def test_where_none_was_made_for_long_doctor_finds_a_problem(board, folder, monkeypatch) -> None:
    board.card("a")
    age(folder, 50)
    monkeypatch.setattr("mlkanban.service.backups.Backups.keep", lambda *_: None)
    board.card("b")
    answer = board("doctor")
    assert (answer.code, "No automatic backup for a day." in answer.out) == (4, True)


def test_a_backup_that_cannot_be_made_never_fails_the_command(board, folder) -> None:
    shutil.rmtree(folder / "backups")
    (folder / "backups").write_text("a file where the folder should be")
    answer = board("add", "a")
    assert answer.code == 0
    assert "No backup was made:" in answer.err
    assert titles(board) == ["a"]


def test_a_backup_by_hand(board, folder, tmp_path: Path) -> None:
    made = Path(board.data("backup")["file"])
    assert made.parent == folder / "backups"
    assert [one["label"] for one in board.data("backup", "list")] == ["by-hand", "auto"]
    target = tmp_path / "elsewhere.db"
    assert board.data("backup", "--to", str(target))["file"] == str(target)
    assert target.stat().st_mode & 0o777 == 0o600
    again = board("backup", "--to", str(target))
    assert again.code == 4
    assert "is there already" in again.err
    assert board("backup", "--to", str(folder / "board.db")).code == 4
    assert titles(board) == []


def test_going_back_says_what_is_lost_and_won_and_keeps_the_present(board, folder) -> None:
    board.card("kept")
    made = Path(board.data("backup")["file"])
    lost = board.card("only later")
    asked = board("restore", made.name)
    assert asked.code == 2
    assert "Would be lost: 1 event, 1 card." in asked.err
    assert "only later" in asked.err
    assert "Add --yes" in asked.err
    assert titles(board) == ["kept", "only later"]
    told = board.data("restore", made.name, "--yes")
    assert told["lost"] == {"events": 1, "cards": 1}
    assert told["won"] == {"events": 0, "cards": 0}
    assert titles(board) == ["kept"]
    new = board.card("new")
    assert new[0] != lost[0], "the letter of the cards that are lost is not used again"
    board("restore", told["kept"], "--yes")
    assert titles(board) == ["kept", "only later"]
    assert board.card("newer")[0] not in (new[0], lost[0])


def test_every_restore_makes_a_new_replica(board, folder) -> None:
    made = board.data("backup")["file"]
    letters = set()
    for _ in range(4):
        letters.add(board.card("x")[0])
        assert board("restore", made, "--yes").code == 0
    assert len(letters) == 4


def test_a_damaged_store_is_replaced_and_kept_with_its_journal(board, folder) -> None:
    board.card("a")
    made = board.data("backup")["file"]
    store = folder / "board.db"
    store.write_bytes(b"this is no store any more")
    answer = board("restore", made, "--yes")
    assert answer.code == 0, answer.err
    assert titles(board) == ["a"]
    [kept] = (folder / "backups").glob("*.damaged")
    assert kept.read_bytes() == b"this is no store any more"
    kept.unlink()
    # A journal that stayed would be rolled back into the store that comes.
    store.write_bytes(b"")
    (folder / "board.db-journal").write_bytes(b"some journal")
    assert board("restore", made, "--yes").code == 0
    [kept] = (folder / "backups").glob("*.damaged")
    assert not (folder / "board.db-journal").exists()
    assert titles(board) == ["a"]
    assert kept.with_name(kept.name + "-journal").read_bytes() == b"some journal"


def test_a_store_that_is_gone_or_empty_comes_back(board, folder) -> None:
    board.card("a")
    made = board.data("backup")["file"]
    for loss in (lambda f: f.unlink(), lambda f: f.write_bytes(b"")):
        loss(folder / "board.db")
        assert board("restore", made, "--yes").code == 0
        assert titles(board) == ["a"]


def foreign(file: Path) -> None:
    file.unlink()
    conn = sqlite3.connect(file)
    conn.execute("CREATE TABLE event (x)")
    conn.commit()
    conn.close()


def newer(file: Path) -> None:
    conn = sqlite3.connect(file)
    conn.execute("PRAGMA user_version=99")
    conn.close()


def cut(file: Path) -> None:
    os.truncate(file, 20_000)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f.write_bytes(b""), "is empty (0 bytes)"),
        (lambda f: f.write_bytes(b"garbage " * 999), "cannot be read as a store"),
        (foreign, "is a database of another program"),
        (newer, "was written by a newer mlkanban (store version 99"),
        (cut, "malformed"),
    ],
)  # fmt: skip
def test_what_is_no_good_backup_is_refused_in_words(board, folder, tmp_path, spoil, words) -> None:
    board.card("a")
    file = Path(board.data("backup", "--to", str(tmp_path / "b.db"))["file"])
    spoil(file)
    before = (folder / "board.db").read_bytes()
    answer = board("restore", str(file), "--yes")
    assert answer.code == 5
    assert words in answer.err
    assert (folder / "board.db").read_bytes() == before
    assert not list(folder.glob(".new-*"))


def test_no_such_backup_and_the_store_itself(board, folder) -> None:
    assert board("restore", "nothing", "--yes").code == 3
    assert board("restore", str(folder / "nothing.db"), "--yes").code == 3
    assert board("restore", str(folder / "board.db"), "--yes").code == 2


def test_a_name_that_no_file_can_have_is_refused_in_words(board) -> None:
    answer = board("restore", "a" * 3000, "--yes")
    assert answer.code == 5
    assert "cannot be read: File name too long." in answer.err


def test_a_store_that_is_open_elsewhere_is_not_replaced(board, folder) -> None:
    made = board.data("backup")["file"]
    board.card("a")
    other = subprocess.Popen(
        [sys.executable, "-c", "import sys; f = open(sys.argv[1]); print(1, flush=True); input()",
         str(folder / "board.db")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert other.stdout is not None
        other.stdout.readline()
        answer = board("restore", made, "--yes")
        assert answer.code == 4
        assert f"is open in pid {other.pid} (" in answer.err
        assert titles(board) == ["a"]
    finally:
        other.communicate(b"\n")
    assert board("restore", made, "--yes").code == 0


def test_an_older_one_is_compressed_and_can_be_restored(board, folder) -> None:
    board.card("a")
    age(folder, 1)
    board.card("b")
    older, newest = backups(folder, "auto")
    assert (older.suffix, newest.suffix) == (".gz", ".db")
    assert older.stat().st_mode & 0o777 == 0o600
    assert [entry["name"] for entry in board.data("backup", "list")] == [newest.name, older.name]
    board("restore", older.name, "--yes")
    assert titles(board) == []
    assert not [*(folder / "backups").glob(".*")], "what was unpacked is gone"


def test_a_compressed_one_that_is_cut_off_is_refused_in_words(board, folder) -> None:
    age(folder, 1)
    board.card("b")
    older, _ = backups(folder, "auto")
    older.write_bytes(older.read_bytes()[:-100])
    refused = board("restore", older.name, "--yes")
    assert (refused.code, "cannot be unpacked" in refused.err) == (5, True)
    assert titles(board) == ["b"]


def test_the_list_says_what_they_take_and_may_take(board, folder) -> None:
    [made] = backups(folder)
    size = made.stat().st_size
    shown = board("backup", "list").out
    assert (
        f"1 backup, {size / 1e6:.1f} MB in all; automatic ones {size / 1e6:.1f} MB of 2000.0 MB"
    ) in shown
    told = json.loads(board("--json", "backup", "list").out)["meta"]
    assert told == {"bytes": size, "automatic_bytes": size, "room": 2_000_000_000}


def test_the_oldest_go_where_they_take_too_much_room(board, folder) -> None:
    (folder / "config.toml").write_text("backup_room_mb = 0.1")
    for title in "abc":
        age(folder, 1)
        board.card(title)
    [left] = backups(folder, "auto")
    assert left.suffix == ".db", "the newest stays, though it is larger"


def test_compact_makes_store_and_backups_smaller_and_changes_nothing(board, folder) -> None:
    ref = board.card("a")
    board("note", ref, "x " * 30_000)
    for number in range(3):
        age(folder, 1)
        board("note", ref, str(number))
    conn = sqlite3.connect(folder / "board.db")
    conn.execute("CREATE TABLE room (text)")
    conn.execute("INSERT INTO room VALUES (zeroblob(3000000))")
    conn.commit()
    conn.execute("DROP TABLE room")
    conn.commit()
    conn.close()
    shown = board.data("show", ref)
    before = (folder / "board.db").stat().st_size
    told = board.data("compact")
    assert told["store_before"] == before
    assert told["store_after"] == (folder / "board.db").stat().st_size < before - 2_900_000
    plain = [file.name for file in backups(folder) if file.suffix == ".db"]
    assert plain == [Path(told["backup"]).name]
    assert told["backups_after"] == sum(file.stat().st_size for file in backups(folder))
    assert board.data("show", ref) == shown
    assert board("doctor", "--deep").code == 0
    assert board("undo").code == 0, "it is the replica that it was"


def test_compact_waits_for_nobody_who_reads_and_says_so(board, folder) -> None:
    conn = sqlite3.connect(folder / "board.db", isolation_level=None)
    conn.execute("BEGIN IMMEDIATE")
    size = (folder / "board.db").stat().st_size
    answer = board("compact")
    conn.close()
    assert answer.code == 4
    assert (folder / "board.db").stat().st_size == size
