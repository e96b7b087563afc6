"""A process that is killed in the middle of a transaction, when part of it is in the file."""

import os
import signal
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mlkanban.service import Service
from mlkanban.store.database import Connection


def killed(
    data: Path, clock: Callable[[], datetime], at: int, work: Callable[[Service], object]
) -> None:
    """Do something with the store below `data` in a process that is killed before statement `at`
    from its first write on, if there are that many. Nobody here may have that store open."""
    child = os.fork()
    if child == 0:
        try:
            service = Service.open(data, actor="mortal", clock=clock)
            _die(service._desk.store.conn, at)
            work(service)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)


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
