"""A process that is killed in the middle of a transaction, when part of it is in the file."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from mlkanban.service import Service
from mlkanban.store.database import Connection

# Tests may run beside other threads (those of pytest-xdist), where a fork is not safe.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["mlkanban.service", __name__])
PLANTED: list[Callable[[pytest.MonkeyPatch], None]] = []
"""Faults that the process has too."""


def killed(
    data: Path, clock: Callable[[], datetime], at: int, work: Callable[[Service], object]
) -> None:
    """Do something with the store below `data` in a process that is killed before statement `at`
    from its first write on, if there are that many. Nobody here may have that store open. `work`
    goes to that process, so no lambda."""
    assert ended(_works, PLANTED, data, clock, at, work) in (0, -signal.SIGKILL)


def ended(target: Callable[..., object], *args: object) -> int | None:
    """The exit status of a process that calls `target`, negative for a signal."""
    process = FORKS.Process(target=target, args=args)
    process.start()
    process.join()
    return process.exitcode


def _works(
    planted: Sequence[Callable[[pytest.MonkeyPatch], None]],
    data: Path,
    clock: Callable[[], datetime],
    at: int,
    work: Callable[[Service], object],
) -> None:
    for plant in planted:
        plant(pytest.MonkeyPatch())
    service = Service.open(data, actor="mortal", clock=clock)
    _die(service._context.store.conn, at)
    work(service)


def _die(conn: Connection, at: int) -> None:
    """Be killed before statement `at` from the next write on. With room for one page in memory
    SQLite writes the others to the file before the commit, as the first half of a big one does."""
    conn.execute("PRAGMA cache_size=1")
    conn.execute("PRAGMA cache_spill=ON")
    seen = 0

    def count(statement: str) -> None:
        nonlocal seen
        if seen or statement == "BEGIN IMMEDIATE":
            seen += 1
            if seen > at:
                os.kill(os.getpid(), signal.SIGKILL)

    conn.set_trace_callback(count)
