"""What happens to the store under the open board: it stays up, says so, and keeps what is typed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stress.faults import Tell
from tests.stress.sizes import FULL
from tests.terminal import Terminal
from tests.tui import boards

pytestmark = [pytest.mark.slow, pytest.mark.terminal]

TYPED = "half a thought"
HOLD = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("BEGIN IMMEDIATE")
print("held", flush=True)
input()
"""


@pytest.fixture
def store(home: dict[str, str]) -> Path:
    data = Path(home["MLKANBAN_HOME"])
    boards.small_board(data)
    return data / "board.db"


@pytest.fixture
def terminal(home: dict[str, str], store: Path) -> Iterator[Terminal]:
    """The open board, with half a card typed."""
    program = [sys.executable, "-m", "mlkanban"]
    with Terminal(program, env=home, size=(160, 45)) as terminal:
        terminal.wait_for("calibrate", 30)
        terminal.settle()
        terminal.send(f"n{TYPED}")
        terminal.wait_for(TYPED, 30)
        yield terminal
        assert terminal.terminate() == 128 + signal.SIGTERM
        assert terminal.leftovers() == []


def replace(store: Path) -> None:
    other = store.with_name("copy.db")
    shutil.copy(store, other)
    os.replace(other, store)


def overwrite(store: Path) -> None:
    """As another program does that takes the file for its own."""
    with store.open("r+b") as file:
        file.write(b"garbage " * (store.stat().st_size // 8))


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "deleted": (Path.unlink, "was removed or replaced while it was open"),
    "replaced by another file": (replace, "was removed or replaced while it was open"),
    "overwritten with garbage": (overwrite, "is damaged"),
    "not readable or writable any more": (lambda store: store.chmod(0o000), "added to Ideas"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_store_changes_under_the_open_board(
    terminal: Terminal, store: Path, tell: Tell, fault: str
) -> None:
    spoil, words = FAULTS[fault]
    spoil(store)
    terminal.send("\r")
    terminal.wait_for(lambda text: words in " ".join(text.split()) and TYPED in text, 30)
    tell(f"store {fault}, under the open board", 1, 0)


@pytest.mark.skipif(not FULL, reason="it takes as long as the board waits for a lock")
def test_a_stopped_process_holds_the_lock_under_the_open_board(
    terminal: Terminal, store: Path, tell: Tell
) -> None:
    command = [sys.executable, "-c", HOLD, str(store)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGSTOP)
        terminal.send("\r")
        terminal.wait_for(f"is locked by pid {holder.pid} (", 90)
        terminal.wait_for(f"(kill -CONT {holder.pid})")
        assert TYPED in terminal.text
        holder.send_signal(signal.SIGCONT)
        holder.communicate(b"\n", timeout=10)
        terminal.send("\r")
        terminal.wait_for("added to Ideas", 30)
    finally:
        holder.kill()
        holder.wait()
    tell("the lock held by a stopped process, under the open board", 1, 0)
