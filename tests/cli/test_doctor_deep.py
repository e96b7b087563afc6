"""doctor --deep and --fix: what is wrong with a store is found, and mended where that is safe."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture
def store(board, home) -> Path:
    """A store with two cards in Ideas."""
    board.card("a")
    board.card("b")
    return Path(home["MLKANBAN_HOME"]) / "board.db"


def spoil(store: Path, *statements: str) -> None:
    conn = sqlite3.connect(store)
    for statement in statements:
        conn.execute(statement)
    conn.commit()
    conn.close()


def bad(answer) -> dict[str, str]:
    return {
        check["what"]: check["said"]
        for check in answer.object["data"]["checks"]
        if check["verdict"] == "problem"
    }


def events(store: Path) -> list[tuple]:
    conn = sqlite3.connect(store)
    found = conn.execute("SELECT * FROM event ORDER BY seq").fetchall()
    conn.close()
    return found


def test_a_sound_store(board, store) -> None:
    answer = board("doctor", "--deep")
    assert answer.code == 0
    assert answer.out.rstrip().endswith("All is well.")
    for said in ("every page is in order", "chains of hashes are whole", "nobody holds it",
                 "the newest is whole"):  # fmt: skip
        assert said in answer.out
    before = store.read_bytes()
    assert board("doctor", "--fix").code == 0
    assert store.read_bytes() == before, "what is well is left alone"


TABLES = {
    "card": "UPDATE card SET title = 'something else'",
    "entity": "UPDATE entity SET state = replace(state, '\"a\"', '\"z\"')",
    "transition": "DELETE FROM transition",
    "words": "DELETE FROM words",
    "undone": "INSERT INTO undone VALUES ('x', 'y')",
    "stage": "ALTER TABLE stage RENAME COLUMN name TO nime",
}


@pytest.mark.parametrize("table", TABLES)
def test_tables_that_left_the_log_are_found_and_made_anew(board, store, table) -> None:
    state = board.data("list")
    spoil(store, TABLES[table])
    found = board("--json", "doctor", "--deep")
    assert found.code == 4
    assert table in bad(found)["tables"]
    assert board("--json", "doctor", "--deep").code == 4, "looking mends nothing"
    log = events(store)
    mended = board("--json", "doctor", "--fix")
    assert mended.code == 0
    said = " ".join(mended.data["mended"])
    assert "Backed up first" in said
    assert f"Rebuilt from the log: {table}" in said
    assert list((store.parent / "backups").glob("*before-fix*"))
    assert board.data("list") == state
    assert events(store) == log


def test_equal_places_get_places_of_their_own_in_the_same_order(board, store) -> None:
    conn = sqlite3.connect(store)
    [(stage, rank)] = conn.execute("SELECT stage, rank FROM card WHERE title = 'a'").fetchall()
    conn.close()
    from mlkanban.core.events import Change
    from mlkanban.service import Service

    service = Service.open(store.parent, actor="merge", clock=_now)
    cards = {face.title: face for face in service.boards.snapshot(service.boards.find().id).faces}
    board_id = service.boards.find().id
    with service._context.writing() as tx:
        tx.write(Change("card.reordered", board_id, card=cards["b"].id,
                        set={"place": [stage, rank]}))  # fmt: skip
    service.close()
    order = [card["id"] for card in board.data("list")]
    assert "order" in bad(board("--json", "doctor", "--deep"))
    answer = board("doctor", "--fix")
    assert answer.code == 0
    assert "The cards in Ideas of fraud have short ranks of their own again." in answer.out
    assert [card["id"] for card in board.data("list")] == order
    assert board("--json", "doctor", "--deep").code == 0


def _now():
    from datetime import UTC, datetime

    return datetime.now(UTC)


def test_an_altered_log_is_found_and_not_repaired(board, store) -> None:
    spoil(
        store, "DROP TRIGGER event_is_never_changed",
        "UPDATE event SET actor = 'eve' WHERE seq = 3",
    )  # fmt: skip
    answer = board("--json", "doctor", "--fix")
    assert answer.code == 4
    found = bad(answer)
    assert "does not fit its chain" in found["log"]
    assert "cannot be repaired" in found["mending"]


def test_a_damaged_file_is_found(board, store) -> None:
    whole = bytearray(store.read_bytes())
    for start in range(6 * 4096, len(whole), 4096):
        whole[start : start + 64] = b"\xff" * 64
    store.write_bytes(whole)
    answer = board("--json", "doctor", "--deep")
    assert answer.code == 4
    assert {"file", "store"} & set(bad(answer))


def test_modes_are_found_and_repaired(board, store) -> None:
    folder = store.parent / "backups"
    for place, mode in ((store, 0o644), (folder, 0o755), (store.parent, 0o755)):
        place.chmod(mode)
    assert board("doctor", "--deep").code == 4
    assert board("doctor", "--fix").code == 0
    assert [p.stat().st_mode & 0o777 for p in (store, folder, store.parent)] == [
        0o600, 0o700, 0o700,
    ]  # fmt: skip


def test_events_from_the_future_are_told(board, store) -> None:
    from datetime import timedelta

    from mlkanban.service import Service

    service = Service.open(store.parent, actor="ada", clock=lambda: _now() + timedelta(days=2))
    service.cards.add(service.boards.find().id, "tomorrow")
    service.close()
    answer = board("doctor", "--deep")
    assert answer.code == 0
    assert "events from the future, by host:" in answer.out


@pytest.mark.parametrize("newest", [True, False])
def test_every_damaged_backup_is_found(board, store, newest: bool) -> None:
    [old] = (store.parent / "backups").glob("*.db")
    new = Path(board.data("backup")["file"])
    damaged, whole = (new, old) if newest else (old, new)
    os.truncate(damaged, 20_000)
    answer = board("doctor", "--deep")
    assert answer.code == 4
    assert f"{damaged} cannot be read as a store (database disk image is malformed)" in answer.out
    assert str(whole) not in answer.out
    assert ("the newest is whole" in answer.out) != newest


def test_a_log_that_cannot_be_replayed_for_want_of_room_is_told(board, store, monkeypatch) -> None:
    def full(conn, progress):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr("mlkanban.store.log.rebuild", full)
    answer = board("--json", "doctor", "--deep")
    assert answer.code == 4
    assert "the disk for temporary files is full" in bad(answer)["deep look"]


HOLD = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("BEGIN IMMEDIATE")
print("held", flush=True)
input()
"""


def test_a_stopped_process_that_holds_the_lock_is_named(board, store, monkeypatch) -> None:
    from mlkanban.service import Service

    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        other.stdout.readline()
        answer = board("doctor", "--deep")
        assert f"held by pid {other.pid} (" in answer.out
        assert answer.code == 0, "somebody writes: no problem"
        other.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        answer = board("doctor", "--deep")
        assert answer.code == 4
        assert f"held by pid {other.pid} (" in answer.out
        assert "stopped)" in answer.out
        opening = Service.open

        def hasty(*given, **named):
            return opening(*given, **{**named, "timeout": 0.2})

        monkeypatch.setattr(Service, "open", hasty)
        refused = board("add", "c")
        assert refused.code == 4
        assert f"is locked by pid {other.pid} (" in refused.err
        assert f"kill -CONT {other.pid}" in refused.err
        other.send_signal(signal.SIGCONT)
        other.communicate(b"\n", timeout=10)
        assert board("add", "c").code == 0
    finally:
        other.kill()
        other.wait()


def test_a_table_that_is_no_text_any_more_is_found_and_made_anew(board, store) -> None:
    state = board.data("list")
    spoil(
        store, "UPDATE words SET text = CAST(x'ff61' AS TEXT)",
        "UPDATE entity SET state = CAST(x'7bff7d' AS TEXT)",
    )  # fmt: skip
    tables = bad(board("--json", "doctor", "--deep"))["tables"]
    assert "words" in tables
    assert "entity" in tables
    assert board("doctor", "--fix").code == 0
    assert board.data("list") == state
    assert board("doctor", "--deep").code == 0
