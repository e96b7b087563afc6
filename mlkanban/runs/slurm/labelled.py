"""Which jobs are runs already, and those that became one without us: submitted by hand with a
comment that names a card."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from mlkanban.core.instants import instant
from mlkanban.core.runs.slurm import Job
from mlkanban.runs.folder import RunFolder, runs_folder
from mlkanban.runs.processes import here
from mlkanban.runs.slurm import client

_OURS_WITHIN = 60
"""Seconds after its submission in which a job may still be claimed by who submitted it."""
_SECONDS = 5.0


def claim(data: Path, job: str, cluster: str, submit: int | None, run: str) -> bool:
    """Keep that this job is this run; False when it is one already."""
    folder = runs_folder(data) / ".slurm"
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = folder / f"{cluster or 'here'}-{job}-{submit or 0}"
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except OSError:
        return False
    with suppress(OSError):
        mark.write_text(run)
    return True


def describe(job: str, cluster: str) -> dict[str, object]:
    """What start.json keeps of a job; where the controller does not say it, that is left out."""
    known: dict[str, str] = {}
    with suppress(client.NoAnswer):
        known = client.details(job, cluster, _SECONDS)
    submit = known.get("SubmitTime", "")
    return {
        "job": job,
        "cluster": cluster,
        "submit": int(submit) if submit.isdecimal() else None,
        "stdout": _file(known, "StdOut"),
        "stderr": _file(known, "StdErr"),
    }


def _file(known: dict[str, str], name: str) -> str:
    """The file of an array of jobs is one per task; its number stands where this one has none."""
    path = known.get(name, "")
    return path.replace(str(0xFFFFFFFE), "*") if "ArrayJobId" in known else path


def take_up(data: Path, cluster: str, jobs: Iterable[Job], now: datetime) -> None:
    """Make runs of the jobs that wait or run and whose comment names a card."""
    for job in jobs:
        if not job.card or job.end is not None or job.submit is None:
            continue
        if now.timestamp() - job.submit < _OURS_WITHIN:
            continue
        digest = hashlib.sha256(f"{cluster}:{job.id}:{job.submit}".encode()).hexdigest()
        submitted = datetime.fromtimestamp(job.submit, UTC)
        run = f"{submitted:%Y%m%d-%H%M%S}-{digest[:8]}"
        if not claim(data, job.id, cluster, job.submit, run):
            continue
        folder = RunFolder(runs_folder(data) / run)
        with suppress(OSError):
            folder.make()
            folder.write_start(
                {
                    "id": run,
                    "card": job.card,
                    "argv": ["sbatch", f"(job {job.id})"],
                    "cwd": job.folder,
                    "made": instant(submitted),
                    "slurm": describe(job.id, cluster) | {"submit": job.submit},
                    **asdict(here()),
                }
            )
