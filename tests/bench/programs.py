"""The programs that are measured, and what a start of each costs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.bench import minimal
from tests.terminal import Terminal

BIN = Path(sys.executable).parent
SIZE = (160, 45)
_QUIET = 0.3
_TIMEOUT = 60
BOARD = "help"
"""Stands on the board as soon as its cards do."""

T = TypeVar("T")


class Start(NamedTuple):
    """From exec to the last byte of the first picture; the most memory until then."""

    seconds: float
    cpu: float
    memory: int


def board(home: Path, size: tuple[int, int] = SIZE) -> Terminal:
    """The board of the store below `home`."""
    return Terminal([BIN / "mlkanban", "--home", home], env={"HOME": str(home)}, size=size)


def start_board(home: Path) -> Start:
    with board(home) as terminal:
        return settled(terminal, BOARD)


MINIMAL: list[str | Path] = [sys.executable, minimal.__file__]


def minimal_app(home: Path) -> Terminal:
    return Terminal(MINIMAL, env={"HOME": str(home)}, size=SIZE)


def start_minimal(home: Path) -> Start:
    with minimal_app(home) as terminal:
        return settled(terminal, minimal.TEXT)


def settled(terminal: Terminal, text: str = BOARD) -> Start:
    """Wait for `text` and for the end of the output."""
    deadline = terminal.started + _TIMEOUT
    # Not wait_for, which draws the screen to look at it and takes the CPU from the program.
    while text.encode() not in terminal.raw:
        if time.monotonic() > deadline or terminal.exit_status is not None:
            raise RuntimeError(f"{text!r} did not appear; the screen is:\n{terminal.text}")
        time.sleep(0.001)
    terminal.settle(_QUIET, _TIMEOUT)
    return Start(
        terminal.last_output - terminal.started, terminal.cpu_seconds(), terminal.peak_rss()
    )


def run_command(home: Path, *command: str | Path) -> float:
    """The seconds a command takes that ends by itself."""
    started = time.perf_counter()
    subprocess.run(
        command, env={"HOME": str(home)}, cwd=home, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - started


def command_cpu(home: Path, *command: str | Path) -> float:
    """The seconds of CPU, user and system, of a command that ends by itself."""
    process = subprocess.Popen(
        command,
        env={"HOME": str(home)},
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime


def interleaved(repetitions: int, jobs: Sequence[Callable[[], T]]) -> list[list[T]]:
    """The results of each job, run in turns, so that a busy moment hits all of them.

    The first round is thrown away: it reads files into memory and compiles.
    """
    rounds = [[job() for job in jobs] for _ in range(repetitions + 1)]
    return [list(results) for results in zip(*rounds[1:], strict=True)]
