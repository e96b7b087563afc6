"""What pressing keys on the board costs: bytes to the terminal, and CPU time."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench import programs
from tests.terminal import BACKSPACE, ENTER, Terminal

_QUIET, _QUIET_STORE, _QUIET_PREVIEW, _QUIET_PAGE = 0.03, 0.15, 0.25, 0.8
"""A key is over when the program has been quiet this long; a write takes longer to begin, and the
preview of a card comes when the keys rest."""
_IDLE_SECONDS = 2.0
_LEAST_CPU = 1e-4
"""So little is lost in what the program does without a key."""
_STAGES = "12345678"
_CANCEL = "\x07"


class Cost(NamedTuple):
    """Of one key, on average; `most` are the bytes of the dearest one."""

    size: float
    most: int
    cpu: float


class Session(NamedTuple):
    """What one session cost. `idle` is CPU time per second without a key."""

    near: Cost
    """j and k between cards in sight, one right after the other."""
    side: Cost
    """l and h between stages, one right after the other."""
    rest: Cost
    """j and k in the stage where they cost most, each with the preview that follows."""
    rest_first: Cost
    """The same in the first stage."""
    down: Cost
    """j from the top down 40 cards, with the scrolling that needs."""
    across: Cost
    """l and h through all stages, each with the preview that follows."""
    move: Cost
    """L and H: a card to the next stage and back."""
    filter: Cost
    """Letters of a query."""
    kept: Cost
    """Enter after them, which lays the board out anew."""
    off: Cost
    """What takes the filter off, which does so too."""
    enter: Cost
    """The page of a card."""
    idle: float
    memory: int


def session(home: Path, size: tuple[int, int]) -> Session:
    """Open the board and press keys."""
    with programs.board(home, size) as terminal:
        programs.settled(terminal)
        idle = _idle(terminal)
        press(terminal, "jk" * 2, idle=idle)
        near = press(terminal, "jjjjkkkk" * 5, idle=idle)
        side = press(terminal, "lllhhh" * 3, idle=idle)
        stages = []
        for stage in _STAGES:
            press(terminal, stage, idle=idle, quiet=_QUIET_PREVIEW)
            stages.append(press(terminal, "jk", idle=idle, quiet=_QUIET_PREVIEW))
        press(terminal, "1", idle=idle, quiet=_QUIET_PREVIEW)
        steps = len(_STAGES) - 1
        across = press(terminal, "l" * steps + "h" * steps, idle=idle, quiet=_QUIET_PREVIEW)
        press(terminal, "gg", idle=idle, quiet=_QUIET_PREVIEW)
        move = press(terminal, "LH" * 6, idle=idle, quiet=_QUIET_STORE)
        press(terminal, "/", idle=idle, quiet=_QUIET_STORE)
        found = press(terminal, "loss" + 4 * BACKSPACE, idle=idle, quiet=_QUIET_STORE)
        press(terminal, "loss", idle=idle, quiet=_QUIET_STORE)
        kept = press(terminal, [ENTER], idle=idle, quiet=_QUIET_PREVIEW)
        off = press(terminal, [_CANCEL], idle=idle, quiet=_QUIET_PREVIEW)
        pages = []
        for _ in range(3):
            pages.append(press(terminal, ENTER, idle=idle, quiet=_QUIET_PAGE))
            press(terminal, "q", idle=idle, quiet=_QUIET_PAGE)
        press(terminal, "gg", idle=idle, quiet=_QUIET_STORE)
        down = press(terminal, "j" * 40, idle=idle)
        dearest = max(stages, key=lambda cost: cost.size)
        return Session(
            near, side, dearest, stages[0], down, across, move, found, kept,
            off, _together(pages), idle,
            terminal.peak_rss(),
        )  # fmt: skip


def press(terminal: Terminal, keys: Sequence[str], *, idle: float, quiet: float = _QUIET) -> Cost:
    """Press keys one by one, each after the answer to the one before."""
    sizes = []
    started, cpu = time.monotonic(), terminal.cpu_seconds()
    for key in keys:
        mark = terminal.mark()
        terminal.send(key)
        terminal.settle(quiet)
        sizes.append(terminal.bytes_since(mark))
    cpu = terminal.cpu_seconds() - cpu - idle * (time.monotonic() - started)
    return Cost(sum(sizes) / len(keys), max(sizes), max(cpu, _LEAST_CPU) / len(keys))


def _together(costs: list[Cost]) -> Cost:
    sizes, most, cpu = zip(*costs, strict=True)
    return Cost(sum(sizes) / len(costs), max(most), sum(cpu) / len(costs))


def _idle(terminal: Terminal) -> float:
    time.sleep(0.5)
    cpu = terminal.cpu_seconds()
    time.sleep(_IDLE_SECONDS)
    return (terminal.cpu_seconds() - cpu) / _IDLE_SECONDS
