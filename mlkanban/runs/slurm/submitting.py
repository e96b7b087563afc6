"""Handing a job over to SLURM for a card, and taking it back."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from mlkanban.core.instants import instant
from mlkanban.core.runs.slurm import LABEL
from mlkanban.errors import MlkanbanError
from mlkanban.runs.environment import for_job
from mlkanban.runs.folder import RunFolder
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.labelled import claim, describe
from mlkanban.runs.starting import Wanted, prepare

_SECONDS = 10.0


def submit(data: Path, wanted: Wanted, now: datetime) -> tuple[RunFolder, str]:
    """Submit a job with sbatch, the words after it as they are; its run, and its number."""
    folder, start = prepare(data, wanted, now)
    env = dict(os.environ)
    if wanted.tell_job:
        env = for_job(env, wanted.card, folder)
    try:
        job, cluster = client.submit([f"--comment={LABEL}{wanted.card}", *wanted.argv[1:]], env)
    except MlkanbanError:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    known = describe(job, cluster)
    submitted = known["submit"]
    claim(data, job, cluster, submitted if isinstance(submitted, int) else None, folder.id)
    folder.write_start(start | {"slurm": known})
    return folder, job


def cancel(folder: RunFolder, person: str, now: datetime) -> bool:
    """Take the job of a run back; False when SLURM does not have it."""
    job = folder.start().get("slurm")
    if not isinstance(job, dict) or folder.scheduler().get("ended"):
        return False
    if not folder.asked():
        folder.write_stop({"by": person, "at": instant(now)})
    client.cancel(str(job.get("job", "")), str(job.get("cluster", "")), _SECONDS)
    return True
