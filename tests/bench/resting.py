"""What a board costs that nobody touches: how often it wakes, against a minimal app."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import minimal, programs
from tests.bench.table import Row, against
from tests.terminal import Terminal

_AFTER_SECONDS = 5.0
"""What the start has put off is done by then."""
_SECONDS = 10.0


def rows(home: Path) -> Iterator[Row]:
    with programs.board(home) as board, programs.minimal_app(home) as least:
        programs.settled(board)
        programs.settled(least, minimal.TEXT)
        time.sleep(_AFTER_SECONDS)
        began = [(_wakes(app), app.cpu_seconds()) for app in (board, least)]
        time.sleep(_SECONDS)
        ended = [(_wakes(app), app.cpu_seconds()) for app in (board, least)]
    (wakes, cpu), (least_wakes, least_cpu) = (
        ((after[0] - before[0]) / _SECONDS, 1000 * (after[1] - before[1]) / _SECONDS)
        for before, after in zip(began, ended, strict=True)
    )
    yield against("left alone, wake-ups in a second / minimal", wakes, least_wakes, "", 1)
    yield against("left alone, CPU in a second / minimal", cpu, least_cpu, "ms")


def _wakes(app: Terminal) -> int:
    """How often the threads of a program that are there have gone to sleep so far."""
    count = 0
    for thread in os.listdir(f"/proc/{app.pid}/task"):
        status = Path(f"/proc/{app.pid}/task/{thread}/status").read_text()
        count += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return count
