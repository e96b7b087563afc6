"""Stopping a run, whatever has it."""

import time

from mlkanban.runs.folder import RunFolder
from mlkanban.runs.supervisor import Clock
from mlkanban.runs.viewer import stop


def stop_run(folder: RunFolder, person: str, clock: Clock) -> bool:
    """Stop a run and wait for its end; a job of SLURM is cancelled, and SLURM ends it. False when
    it does not run here."""
    if folder.start().get("slurm"):
        from mlkanban.runs.slurm.submitting import cancel

        return cancel(folder, person, clock())
    return stop(folder, person, clock, sleep=time.sleep)
