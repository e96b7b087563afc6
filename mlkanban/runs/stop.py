"""Stopping a run, whatever has it."""

import time

from mlkanban.core.timestamps import instant
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.inspect import in_queue
from mlkanban.runs.local.orphans import stop_orphan_processes
from mlkanban.runs.local.start import Clock
from mlkanban.runs.local.viewer import stop
from mlkanban.runs.model.state import Stopped
from mlkanban.runs.queue.waiter import wake
from mlkanban.runs.slurm.submission import cancel

_STARTS_SECONDS = 3.0
"""How long a run is waited for whose turn came just now."""


def stop_run(folder: RunFolder, person: str, clock: Clock) -> Stopped:
    """Stop a run and what it left behind, and wait for their end; a job of SLURM is cancelled, and
    SLURM ends it. A run that waits in the queue never starts."""
    start = folder.start()
    if start.get("slurm"):
        return cancel(folder, person, clock(), time.sleep)
    if in_queue(start):
        folder.write_stop({"by": person, "at": instant(clock())})
        wake(folder)
        if in_queue(folder.start()) or not _starts(folder):
            return Stopped.ENDED
    stopped = stop(folder, person, clock, sleep=time.sleep)
    return Stopped.ENDED if stop_orphan_processes(folder) or stopped else Stopped.NOTHING


def _starts(folder: RunFolder) -> bool:
    """Whether a run starts whose turn came while it was stopped."""
    end = time.monotonic() + _STARTS_SECONDS
    while "child" not in folder.start() and time.monotonic() < end:
        time.sleep(0.05)
    return "child" in folder.start()
