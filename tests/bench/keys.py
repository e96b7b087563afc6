"""What pressing keys on the board costs: bytes to the terminal, and CPU time."""

import time
from pathlib import Path
from typing import NamedTuple

from tests.bench import programs
from tests.terminal import Terminal

_QUIET, _QUIET_STORE = 0.03, 0.15
"""A key is over when the program has been quiet this long; a write takes longer to begin."""
_IDLE_SECONDS = 2.0


class Cost(NamedTuple):
    """Of one key, on average; `most` are the bytes of the dearest one."""

    size: float
    most: int
    cpu: float


class Session(NamedTuple):
    """What one session cost. `idle` is CPU time per second without a key."""

    near: Cost
    """j and k between cards in sight."""
    down: Cost
    """j from the top down 40 cards, with the scrolling that needs."""
    across: Cost
    """l and h between stages."""
    move: Cost
    """L and H: a card to the next stage and back."""
    idle: float
    memory: int


def session(home: Path) -> Session:
    """Open the board and press keys."""
    with programs.board(home) as terminal:
        programs.settled(terminal)
        idle = _idle(terminal)
        press(terminal, "jk" * 2, idle=idle)
        near = press(terminal, "jjjjkkkk" * 5, idle=idle)
        across = press(terminal, "lllhhh" * 5, idle=idle)
        move = press(terminal, "LH" * 6, idle=idle, quiet=_QUIET_STORE)
        press(terminal, "gg", idle=idle)
        down = press(terminal, "j" * 40, idle=idle)
        return Session(near, down, across, move, idle, terminal.peak_rss())


def press(terminal: Terminal, keys: str, *, idle: float, quiet: float = _QUIET) -> Cost:
    """Press keys one by one, each after the answer to the one before."""
    sizes = []
    started, cpu = time.monotonic(), terminal.cpu_seconds()
    for key in keys:
        mark = terminal.mark()
        terminal.send(key)
        terminal.settle(quiet)
        sizes.append(terminal.bytes_since(mark))
    cpu = terminal.cpu_seconds() - cpu - idle * (time.monotonic() - started)
    return Cost(sum(sizes) / len(keys), max(sizes), max(cpu, 0) / len(keys))


def _idle(terminal: Terminal) -> float:
    time.sleep(0.5)
    cpu = terminal.cpu_seconds()
    time.sleep(_IDLE_SECONDS)
    return (terminal.cpu_seconds() - cpu) / _IDLE_SECONDS
