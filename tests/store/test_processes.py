"""What processes do to each other through the file."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import mlkanban.machine
from mlkanban.errors import StoreBusy
from mlkanban.machine.protocol import Status
from mlkanban.store import database
from tests.machine.fake import FakeMachine, FakeProcess
from tests.service.people import Person

ROOT = Path(__file__).parents[2]


def run(module: str, argument: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"tests.store.{module}", str(argument)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("opening", [database.open_for_reading, database.open_for_writing])
def test_after_a_kill_in_the_middle_of_a_write_the_next_command_works(path: Path, opening) -> None:
    before = path.read_bytes()
    assert run("killed_while_writing", path).returncode == -signal.SIGKILL
    journal = path.with_name("board.db-journal")
    assert journal.stat().st_size > 0
    assert path.read_bytes() != before, "the kill came too early to prove anything"
    store = opening(path)
    assert store.conn.execute("SELECT title FROM card ORDER BY ref").fetchall() == [("a",), ("b",)]
    assert store.conn.execute("SELECT count(*) FROM undone").fetchone() == (0,)
    store.close()
    assert path.read_bytes() == before
    assert not journal.exists()


def test_the_store_is_opened_by_sqlite_alone(tmp_path: Path) -> None:
    done = run("opens_watched", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "is locked" in done.stderr
    before, after = map(json.loads, done.stdout.splitlines())
    assert before == []
    assert len(after) == 1, "the watch sees an open when there is one"


HOLD = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_locked_store_names_who_holds_it_and_works_again(
    ada: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = Person(tmp_path / "data", "bob", ada.clock, timeout=0.01)
    impatient.board_id = ada.board_id
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ada.service.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    words = f"locked by pid {holder.pid} " if os.path.exists("/proc/locks") else "locked"
    with pytest.raises(StoreBusy, match=words):
        impatient.adds("c")
    assert impatient.boards.cursor() > 0, "reading goes on"
    status = ada.service.path.stat()
    opened = frozenset({(status.st_dev, status.st_ino)})
    table = {holder.pid: FakeProcess(Status("S", 1, 1, ""), opened=opened)}
    with monkeypatch.context() as mac:
        mac.setattr(mlkanban.machine, "_present", FakeMachine(processes=table))
        with pytest.raises(StoreBusy, match=f"is locked. It is open in pid {holder.pid}[.]"):
            impatient.adds("c")
    patience = impatient.service._context.store.conn.execute("PRAGMA busy_timeout").fetchone()
    assert patience == (10,), "waiting for the lock leaves the connection as it was"
    holder.communicate("go\n", timeout=30)
    assert impatient.adds("c")
