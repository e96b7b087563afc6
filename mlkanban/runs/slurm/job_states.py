"""What became of the jobs that SLURM has. The answer is written into the folders of the runs, from
where it is taken in as everything else is; so asking can take its time beside the board."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from mlkanban.core.timestamps import moment
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.model.records import SchedulerRecord
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.task_end import task_ends
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.job_records import (
    NO_FILE,
    Known,
    Life,
    SlurmJob,
    Ticket,
    Verdict,
    judge_job,
)
from mlkanban.runs.slurm.labelled_jobs import at, find_logs, last_look, stamp, take_up
from mlkanban.runs.slurm.unlinked_jobs import remember

_LOOK_SECONDS = 30.0
"""Seconds: a controller is shared by many, so it is not asked more often."""
_SOON_SECONDS = 2.0
"""Seconds, while a job that was cancelled by us is not seen to be over."""
_GIVEN_UP_SECONDS = 86400.0
"""Seconds after which a job that nobody knows is not asked for any more."""
_UNSEEN_SECONDS = 120.0
"""Seconds between two looks after which jobs may have come and gone: the queue tells of one that
ended for that long at least."""
_BEFORE = timedelta(days=1)
"""How far the first look goes back."""


@dataclass(frozen=True, slots=True)
class _OpenJob:
    folder: RunFolder
    ticket: Ticket
    cluster: str


def pause(going_on: Iterable[RunFolder], now: datetime) -> float:
    """Seconds between two reads: the effect of our own requests should be seen soon."""
    stopped_at = (moment(folder.stop_asked_at()) for folder in going_on)
    soon = any(at and (now - at).total_seconds() < _UNSEEN_SECONDS for at in stopped_at)
    return _SOON_SECONDS if soon else _LOOK_SECONDS


def read_job_states(
    data: Path,
    going_on: Iterable[RunFolder],
    stores: frozenset[str],
    now: datetime,
    seconds: float,
) -> str:
    """Read from SLURM the states of those of these runs that are its jobs, and find jobs whose
    comment names a card of one of these stores, unless that was just done.

    Returns a sentence when SLURM did not answer. `seconds` is the time limit for each of its
    programs.
    """
    if not client.available():
        return ""
    wanted = [job for folder in going_on if (job := _wanted(folder, now))]
    last = last_look(data)
    if not _due(stamp(data), wanted, last, now):
        return ""
    first_problem = ""
    for cluster in sorted({job.cluster for job in wanted} | {""}):
        here = [job for job in wanted if job.cluster == cluster]
        queued, problem = _queue(cluster, seconds)
        unseen = _unseen(cluster, last, now, seconds) if stores else []
        # Judged with the others: where a job was found says in which state it was.
        if not cluster:
            remember(data, [*(queued or ()), *unseen])
        made = take_up(data, cluster, [*(queued or ()), *unseen], stores, now)
        here += [job for folder in made if (job := _wanted(folder, now))]
        counted = None
        if here:
            first_problem = first_problem or problem
            counted, queued = _ended(here, queued, cluster, seconds)
        for job in here:
            verdict = judge_job(
                job.ticket, counted, queued, os.getuid(), now.timestamp(), _known(job.folder)
            )
            if verdict is not None:
                if verdict.why == NO_FILE:
                    verdict = replace(verdict, why=_unopened(job.folder))
                find_logs(job.folder)
                _keep(job.folder, verdict)
    return first_problem


def _unseen(cluster: str, last: datetime | None, now: datetime, seconds: float) -> list[SlurmJob]:
    """The jobs that ended since the last look, where the queue may have forgotten them."""
    since = last or now - _BEFORE
    if (now - since).total_seconds() < _UNSEEN_SECONDS:
        return []
    with suppress(client.NoAnswer):
        return client.accounting_since(since, cluster, seconds)
    return []


def _queue(cluster: str, seconds: float) -> tuple[list[SlurmJob] | None, str]:
    """The records of the queue, None and the problem where it does not answer."""
    try:
        return client.queue(cluster, seconds), ""
    except client.NoAnswer as error:
        return None, str(error)


def _ended(
    wanted: Sequence[_OpenJob], queued: list[SlurmJob] | None, cluster: str, seconds: float
) -> tuple[list[SlurmJob] | None, list[SlurmJob] | None]:
    """The records of the accounting, None where there is none, and those of the queue, in that case
    with the exit statuses that it knows."""
    counted = None
    with suppress(client.NoAnswer):  # many clusters have no accounting
        counted = client.accounting([job.ticket.job for job in wanted], cluster, seconds)
        if any(job.state == "TIMEOUT" for job in counted):
            counted = client.time_limits(counted, cluster, seconds)
    if counted is not None:
        return counted, queued
    if queued and any(job.state in ("FAILED", "TIMEOUT") for job in queued):
        with suppress(client.NoAnswer):
            return None, client.exit_statuses(queued, cluster, seconds)
    return None, queued


def _wanted(folder: RunFolder, now: datetime) -> _OpenJob | None:
    scheduler = folder.scheduler()
    state = scheduler.get("state")
    if state and state.ended and not scheduler.get("listed"):
        return None
    start = folder.start()
    job = start.get("slurm")
    if job is not None:
        gone = state is RunState.UNKNOWN and folder.scheduler_age(now) > _GIVEN_UP_SECONDS
        return None if gone or not job.get("job") else _OpenJob(
            folder,
            Ticket(
                job["job"], job.get("submit"), start.get("cwd", ""), folder.id,
            ),
            job.get("cluster", ""),
        )  # fmt: skip
    inside = start.get("environment", {}).get("SLURM_JOB_ID")
    if not inside or folder.end() or folder.heartbeat(now) < _LOOK_SECONDS:
        return None  # it gives signs of life, or says itself how it ended
    made = moment(start.get("made", ""))
    return _OpenJob(folder, Ticket(inside, inside=int(made.timestamp()) if made else None), "")


def _unopened(folder: RunFolder) -> str:
    """Which file of a job SLURM could not open, and what to do."""
    job = folder.start().get("slurm")
    if job is None:
        return NO_FILE
    source = Path(job.get("stdin") or "/dev/null")
    if not source.exists():
        return f"SLURM could not open its input file {source}: there is none"
    outputs = [*map(Path, filter(None, (job.get("stdout"), job.get("stderr"))))]
    away = [path for path in outputs if not path.parent.is_dir()]
    if away:
        return f"SLURM could not open its output file {away[0]}: make the folder"
    named = f" {outputs[0]}" if outputs else ""
    return f"SLURM could not open its output file{named}: see that the job can write it"


def _known(folder: RunFolder) -> Known:
    """What is known of a job from before."""
    kept = folder.scheduler()
    lives = [Life(*row) for row in kept.get("lives", [])]
    return Known(lives, task_ends(kept.get("task_ends")), kept.get("tasks", 0))


def _due(stamp: Path, wanted: Sequence[_OpenJob], last: datetime | None, now: datetime) -> bool:
    """Whether enough time has gone by since anybody asked, or there are jobs nobody asked for."""
    jobs = {f"{job.ticket.job}:{job.cluster}" for job in wanted}
    with suppress(OSError, ValueError):
        age = (now - last).total_seconds() if last else -1
        if 0 <= age < pause((job.folder for job in wanted), now) and jobs <= set(
            stamp.read_text().split()
        ):
            return False
    with suppress(OSError):
        stamp.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp.write_text("\n".join(jobs))
        os.utime(stamp, (now.timestamp(), now.timestamp()))
    return True


def _keep(folder: RunFolder, verdict: Verdict) -> None:
    values = _values(verdict)
    had = folder.scheduler()
    if "state" in had and had["state"].ended:
        if verdict.judgement.state is RunState.UNKNOWN:
            values = {**had, "listed": False}  # the queue forgot it, as it does after a while
        elif all(had.get(name) == values.get(name) for name in ("state", "evidence", "lives")):
            values["ended"] = had.get(
                "ended", ""
            )  # a job without hope ends when that is seen first
    if any(had.get(name) != value for name, value in values.items()):
        with suppress(OSError):
            folder.write_scheduler(values)


def _values(verdict: Verdict) -> SchedulerRecord:
    judgement = verdict.judgement
    return {
        "state": judgement.state,
        "evidence": judgement.evidence,
        "exit": judgement.exit,
        "why": verdict.why,
        "reason": verdict.reason,
        "internal": verdict.internal,
        "failed": verdict.failed,
        "task": verdict.task,
        "started": at(verdict.started),
        "ended": at(verdict.ended),
        "elapsed": verdict.elapsed,
        "waited": verdict.waited,
        "gpus": verdict.gpus,
        "nodes": verdict.nodes,
        "listed": verdict.listed,
        "lives": list(verdict.lives),
        "tasks": verdict.count,
        "task_ends": [list(end) for end in verdict.ends],
        "at_work": verdict.going,
        "at_work_since": at(verdict.going_since),
    }
