"""Stopping a run, whatever has it."""

import time

from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.orphans import stop_orphan_processes
from mlkanban.runs.local.start import Clock
from mlkanban.runs.local.viewer import stop
from mlkanban.runs.model.state import Stopped
from mlkanban.runs.slurm.submission import cancel


def stop_run(folder: RunFolder, person: str, clock: Clock) -> Stopped:
    """Stop a run and what it left behind, and wait for their end; a job of SLURM is cancelled, and
    SLURM ends it."""
    if folder.start().get("slurm"):
        return cancel(folder, person, clock(), time.sleep)
    stopped = stop(folder, person, clock, sleep=time.sleep)
    return Stopped.ENDED if stop_orphan_processes(folder) or stopped else Stopped.NOTHING
