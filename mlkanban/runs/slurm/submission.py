"""Handing a job over to SLURM for a card, and taking it back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from mlkanban.core.timestamps import instant
from mlkanban.errors import MlkanbanError
from mlkanban.runs.local.code import CodeChanges, code_state
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.start import Wanted, for_job, make, plan
from mlkanban.runs.model.labels import read_label
from mlkanban.runs.model.state import Stopped
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.job_records import is_over
from mlkanban.runs.slurm.labelled_jobs import claim, describe, records
from mlkanban.runs.slurm.sbatch_words import own_comment

_SECONDS = 10.0
_MOST_SCRIPT = 1_000_000
_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds before each look whether a job that was cancelled is over."""


class Submitted(NamedTuple):
    """The run of a job that was submitted, and its number, '' where sbatch was only asked something
    and there is no run. `exit` is the exit code of sbatch, `over` whether it came back only after
    the job had ended (`--wait`)."""

    folder: RunFolder
    job: str
    exit: int
    over: bool


def submit(data: Path, wanted: Wanted, now: datetime, show: Callable[[str], None]) -> Submitted:
    """Submit a job with sbatch, the words after it as they are. Its comment names the run: so it is
    known again whatever happens, by whoever sees it."""
    code = code_state()
    folder, start = plan(data, replace(wanted, code=code), now)
    start["slurm"] = {"job": ""}
    make(folder, start)
    CodeChanges(code).keep(folder)
    env = dict(os.environ)
    if wanted.show_card_to_job:
        env = for_job(env, wanted.label or wanted.card, folder)
    label = read_label(wanted.label or wanted.card)
    words = wanted.argv[1:]
    if label:
        # The last comment counts, and that of the command line more than that of the script.
        own = own_comment(words, _script)
        comment = f"{label._replace(run=folder.id).comment} {own.text}".rstrip()
        words = [f"--comment={comment}", *own.words]
    try:
        taken = client.submit(words, env, show)
    except client.MaybeTaken:
        raise  # the label of the job leads to this folder
    except MlkanbanError:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    if not taken.job:
        shutil.rmtree(folder.path, ignore_errors=True)
        return Submitted(folder, "", taken.exit, over=False)
    known = records(taken.job, taken.cluster)
    if folder.start().get("slurm") == start["slurm"]:  # else its label was seen meanwhile
        claim(data, taken.job, taken.cluster, folder.id, int(now.timestamp()))
        folder.write_start({**start, "slurm": describe(taken.job, taken.cluster, known)})
    over = taken.exit != 0 or all(is_over(record.get("JobState", "")) for record in known or ({},))
    return Submitted(folder, taken.job, taken.exit, over)


def _script(name: str) -> str:
    """The text of a script as sbatch finds it, '' where that cannot be read: sbatch says so."""
    path = name if Path(name).is_file() else shutil.which(name)
    with suppress(OSError):
        if path:
            with open(path, encoding="utf-8", errors="replace") as source:
                return source.read(_MOST_SCRIPT)
    return ""


def cancel(
    folder: RunFolder, person: str, now: datetime, sleep: Callable[[float], None]
) -> Stopped:
    """Take the job of a run back, and wait a little for its end: SLURM grants the job some time."""
    job = folder.start().get("slurm")
    if job is None:
        return Stopped.NOTHING
    number, cluster = job.get("job", ""), job.get("cluster", "")
    if folder.scheduler().get("ended"):
        queue = client.queue(cluster, _SECONDS) if folder.scheduler().get("listed") else []
        if not any(line.hopeless for line in queue if line.id == number):
            return Stopped.NOTHING
    client.cancel(number, cluster, _SECONDS)
    if not folder.stop_asked_by():
        folder.write_stop({"by": person, "at": instant(now)})
    for pause in _PAUSES:
        sleep(pause)
        with suppress(client.NoAnswer):
            jobs = client.queue(cluster, _SECONDS)
            if all(line.over for line in jobs if line.id == number):
                return Stopped.ENDED
    return Stopped.ASKED
