"""Inspect a run: its present state, from its folder and, where they are visible, its processes."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import Any

from mlkanban.core.timestamps import instant, moment
from mlkanban.runs.local.array_tasks import (
    file_of,
    files_by_number,
    left_out,
    reported_in,
    tasks_report,
    write_apart,
)
from mlkanban.runs.local.folder import RunFolder, tail
from mlkanban.runs.local.hydra_sweep import HydraSweep, sweep_of, task_rows
from mlkanban.runs.local.processes import Process, alive, group, scope_in, stopped
from mlkanban.runs.model.failure import SHOWN, death, hint_of_death, last_lines
from mlkanban.runs.model.metric_lines import Reported, in_file, together
from mlkanban.runs.model.records import EndRecord, LifeRow, SchedulerRecord, StartRecord
from mlkanban.runs.model.redaction import redacted, redacted_text
from mlkanban.runs.model.state import (
    ENDS_WITHIN_SECONDS,
    Judgement,
    PidScope,
    RunState,
    Seen,
    SeenWaiting,
    judge,
    judge_waiting,
)
from mlkanban.runs.model.task_end import TaskEnd, task_ends
from mlkanban.text import quantity

_AT_THE_START = timedelta(seconds=1)
"""What is seen that soon is how the run was started."""
METRICS_BYTES = 250_000_000
"""Bytes at the end of a log in which metrics are looked for."""


def judged(folder: RunFolder, start: StartRecord, here: PidScope, now: datetime) -> Judgement:
    """The state of the run that `start` describes."""
    if start.get("slurm"):
        return _scheduled(folder)
    if in_queue(start):
        waiting = _waiting(folder, start, here, now)
        # The process that waited goes when the turn has come, which `start` may not know yet.
        if waiting.state is RunState.LOST and not in_queue(newer := folder.start() or start):
            return judged(folder, newer, here, now)
        return waiting
    at = scope_in(start, here)
    child = Process.of_record(start["child"]) if "child" in start else None
    supervisor = Process.of_record(start["supervisor"]) if "supervisor" in start else None
    end = folder.end()
    # Once that is written nothing else counts: not each process of the machine is looked at.
    visible = at == here and not end
    session = start.get("session", 0)
    child_alive = alive(child, session) if visible and child else None
    in_group = bool(visible and child and not child_alive and group(child, session))
    supervisor_alive = alive(supervisor, session) if visible and supervisor else None
    rc = folder.rc()
    late = rc is not None and folder.rc_age(now) > ENDS_WITHIN_SECONDS
    if supervisor_alive and supervisor and rc is not None and (late or stopped(supervisor)):
        supervisor_alive = False  # it cannot write down any more how the job ended
    # After the processes were looked at: they write it before they go.
    end = end or folder.end()
    return judge(
        Seen(
            here=here,
            at=at,
            age=age_of_start(start, now),
            heartbeat=folder.heartbeat(now),
            end_written=bool(end),
            exit=end.get("exit"),
            rc=rc,
            supervisor=supervisor_alive,
            child=child_alive,
            group=in_group,
            stop_asked_by=folder.stop_asked_by(),
            adopted=start.get("adopted", False),
            scheduler=_of_scheduler(folder),
            waits=_waits(folder, start),
            turn_given=child is None and folder.turn_file.exists(),
        )
    )


def in_queue(start: StartRecord) -> bool:
    """Whether a run is one of the queue whose turn has not come."""
    return "queue" in start and not start.get("started")


def waiter_of(start: StartRecord) -> Process | None:
    """The process that waits in the queue for a run; None before there was one."""
    waiter = start.get("queue", {}).get("waiter")
    return Process.of_record(waiter) if waiter else None


def _waiting(folder: RunFolder, start: StartRecord, here: PidScope, now: datetime) -> Judgement:
    queue, waiter = start["queue"], waiter_of(start)
    at = scope_in(start, here)
    gpus = start.get("gpus") or 0
    return judge_waiting(
        SeenWaiting(
            here=here,
            at=at,
            age=age_of_start(start, now),
            heartbeat=folder.heartbeat(now),
            waiter=alive(waiter) if waiter and at == here else None,
            held_by=queue.get("held", ""),
            dropped_by=folder.stop_asked_by(),
            waits_for="a free slot" + (f" and {quantity(gpus, 'GPU')}" if gpus else ""),
        )
    )


def age_of_start(start: StartRecord, now: datetime) -> float:
    """Seconds since a run was made, or since its turn came."""
    made = start.get("made", "")
    since = max(_moment(text, now) for text in (made, start.get("started") or made))
    return (now - since).total_seconds()


def report(
    folder: RunFolder, start: StartRecord, here: PidScope, now: datetime
) -> dict[str, Any] | None:
    """The fields of the run that `start` describes, as the board stores them; None while there are
    none."""
    if not start.get("card"):
        return None
    job = start.get("slurm")
    if job is not None and not job.get("job"):
        return None  # sbatch has not taken it yet
    judgement = judged(folder, start, here, now)
    handed_over = job or start.get("adopted") or start.get("queue")
    scheduler = folder.scheduler() if job else SchedulerRecord()
    made: dict[str, Any] = {
        # Once more: a start.json of an earlier version knew fewer forms of secrets.
        "argv": redacted(start.get("argv", [])),
        "host": scheduler.get("nodes") or start.get("host", ""),
        "state": judgement.state.value,
        "evidence": judgement.evidence,
        "exit": judgement.exit,
        "started": scheduler.get("started") or ("" if job else start.get("started", "")),
        "commit": start.get("commit", ""),
        "dirty": start.get("dirty", False),
        "folder": start.get("folder", ""),
        "gpus": scheduler.get("gpus") or start.get("gpus"),
        "force": start.get("force", ""),
        "job": f"SLURM job {job.get('job')}" if job else "",
        "elapsed": scheduler.get("elapsed"),
        "waited": scheduler.get("waited"),
        "adopted": start.get("adopted", False),
        "made": start.get("made", "") if handed_over else "",
        "lives": _lives(scheduler.get("lives", []), judgement.state),
        "stopping": folder.stop_asked_at() if job and not judgement.state.ended else "",
    }
    if count := scheduler.get("tasks"):
        ends = _task_ends(folder)
        made |= {
            "task_count": count,
            "tasks_over": len(ends),
            "tasks_failed": sum(end.state is RunState.FAILED for end in ends),
            "at_work": scheduler.get("at_work"),
            "at_work_since": scheduler.get("at_work_since"),
        }
    gone = bool(job) and judgement.state is RunState.UNKNOWN
    if judgement.state.ended or gone:
        made |= _ending(folder, judgement, start)
        if gone:
            made["evidence"] += f"; {_log_says(folder, start)}"
        metrics, wrong = metrics_of(folder, start)
        made |= {"metrics": metrics.values, "unread": list(metrics.unread)}
        if count and job and write_apart(job):
            made |= {"metrics": {}, **tasks_report(job, ends, scheduler.get("lives", []))}
            wrong = "; ".join(filter(None, (wrong, left_out(ends))))
        elif not count and (sweep := _sweep(folder, start)):
            err = logs(folder, start)[1]
            errors = tail(err[-1]) if err else ""
            made["tasks"] = task_rows(sweep, judgement.state, made["ended"], errors)
        made["evidence"] += f"; {wrong}" if wrong else ""
    return made


def _log_says(folder: RunFolder, start: StartRecord) -> str:
    """What the log says of the end of a job of which no program of SLURM knows it any more."""
    lines, alone = _last_written(folder, start)
    if not lines and not alone:
        return "its log is empty or not to be read here"
    hint = hint_of_death(lines, alone)
    return f"its log says: {hint}" if hint else "its log says no reason"


def _task_ends(folder: RunFolder) -> list[TaskEnd]:
    """The tasks of an array that ended, as the scheduler's answer has them."""
    return task_ends(folder.scheduler().get("task_ends"))


def _lives(rows: list[LifeRow], state: RunState) -> list[str]:
    """The starts and ends of a job that was requeued; none for an array, whose tasks overlap."""
    if len({task for task, *_ in rows}) != 1 or (len(rows) == 1 and state is not RunState.QUEUED):
        return []
    return [
        f"{_instant(start)}/{'' if seconds is None else _instant(start + seconds)}"
        for _, _, start, seconds in rows
    ]


def _instant(seconds: float) -> str:
    return instant(datetime.fromtimestamp(seconds, UTC))


def _ending(folder: RunFolder, judgement: Judgement, start: StartRecord) -> dict[str, Any]:
    end, scheduler = folder.end(), folder.scheduler()
    lines, alone = _last_written(folder, start)
    made: dict[str, Any] = {
        "ended": _ended(folder, start),
        "last": [redacted_text(line) for line in lines[-SHOWN:]],
    }
    if judgement.state is RunState.FAILED:
        if judgement.exit is None and scheduler.get("why"):
            made |= {"why": scheduler["why"], "reason": scheduler.get("reason", "")}
            made["internal"] = scheduler.get("internal", False)
        else:
            died = death(judgement.exit, lines, alone, oom=end.get("oom", False))
            made |= {"why": redacted_text(died.why), "reason": died.reason.value}
        if scheduler.get("failed"):
            made["why"] += f"; {scheduler['failed']}"
    return made


def _ended(folder: RunFolder, start: StartRecord) -> str:
    """When a run ended, as far as that is known."""
    over = folder.scheduler().get("ended")
    return _written(folder.end(), start) or over or _last_sign(folder, start)


def _written(end: EndRecord, start: StartRecord) -> str:
    """The instant of the end that a supervisor wrote; '' without one. A system whose clock shows no
    fractions of a second must not let a run end before it started."""
    ended = moment(end.get("ended", ""))
    return max(instant(ended), start.get("started", "")) if ended else ""


def _last_written(folder: RunFolder, start: StartRecord) -> tuple[list[str], list[str]]:
    """The last lines of a run on stderr, and on stdout where that is a separate file; of an array
    those of the task whose end is that of the whole."""
    out, err = logs(folder, start)
    job = start.get("slurm")
    task = folder.scheduler().get("task", "")
    number = task.rpartition("_")[2]
    if job and number.isdecimal() and write_apart(job):
        own = logs(folder, start, int(number))
        out, err = own[0] or out, own[1] or err
    alone = [log for log in out if log not in err]
    on_err, on_out = (last_lines(tail(some[-1])) if some else [] for some in (err, alone))
    return on_err, on_out


def metrics_of(folder: RunFolder, start: StartRecord) -> tuple[Reported, str]:
    """The metrics that the job reported, and a sentence about what is wrong with its metrics
    file. Those of an array whose tasks write to files of their own are not one report."""
    job = start.get("slurm")
    apart = job is not None and write_apart(job)
    out = [] if apart else logs(folder, start)[0]
    from_output = reduce(together, (reported_in(log, METRICS_BYTES) for log in out), Reported({}))
    several, wrong = "tasks of the array" if apart else "", []
    if not apart and (sweep := _sweep(folder, start)):
        several, wrong = "jobs of the sweep", [sweep.left_out(from_output)]
        from_output = Reported({}, sweep.unread)
    try:
        text = folder.metrics()
        if several and text.strip():
            raise ValueError(f"all {several} write to it")
        from_output = together(from_output, in_file(text)) if text.strip() else from_output
    except (OSError, ValueError) as error:
        wrong.append(f"{folder.metrics_file.name} is left out: {error}")
    return from_output, "; ".join(filter(None, wrong))


def _sweep(folder: RunFolder, start: StartRecord) -> HydraSweep | None:
    """The sweep of Hydra that a run was, if it was one."""
    out = logs(folder, start)[0]
    if len(out) != 1:
        return None
    return sweep_of(out[0], start, _ended(folder, start), METRICS_BYTES)


def logs(
    folder: RunFolder, start: StartRecord, task: int | None = None
) -> tuple[list[Path], list[Path]]:
    """The files with a run's stdout and stderr; the same file where SLURM joined them. An array of
    jobs has several, those of one `task` among them."""
    job = start.get("slurm")
    if job is None:
        return [folder.out], [folder.err]
    patterns = job.get("stdout", ""), job.get("stderr", "")
    if task is not None and write_apart(job):
        ends = _task_ends(folder)
        by_stream = (file_of(job, pattern, task, ends) for pattern in patterns)
        out, err = ([file] if file else [] for file in by_stream)
        return out, err
    out, err = map(_files, patterns)
    return out, err


def _files(pattern: str) -> list[Path]:
    path = Path(pattern)
    if not pattern or not path.is_absolute():
        return []
    if "*" not in pattern:
        return [path]
    files = files_by_number(pattern)
    return [files[number] for number in sorted(files)]


def _scheduled(folder: RunFolder) -> Judgement:
    """The state of a job of a scheduler, by the scheduler's latest answer."""
    judgement = _scheduler_judgement(folder)
    if judgement is None:
        return Judgement(RunState.QUEUED, "sbatch took it; SLURM was not asked yet")
    if folder.stop_asked_by() and judgement.state is RunState.FAILED:
        return Judgement(
            RunState.KILLED, f"{folder.stop_asked_by()} stopped it; {judgement.evidence}"
        )
    if not judgement.state.ended and (at := folder.stop_asked_at()):
        return replace(judgement, evidence=f"scancel was sent at {at}; {judgement.evidence}")
    return judgement


def _of_scheduler(folder: RunFolder) -> Judgement | None:
    """How the scheduler's job that this run was started in ended; None while it goes on."""
    judgement = _scheduler_judgement(folder)
    return judgement if judgement and judgement.state.ended else None


def _waits(folder: RunFolder, start: StartRecord) -> bool:
    """Whether SLURM can still say how the job ended that this run was started in."""
    if not start.get("environment", {}).get("SLURM_JOB_ID") or shutil.which("squeue") is None:
        return False
    return folder.scheduler().get("state") != RunState.UNKNOWN


def _scheduler_judgement(folder: RunFolder) -> Judgement | None:
    scheduler = folder.scheduler()
    if "state" not in scheduler:
        return None
    return Judgement(scheduler["state"], scheduler.get("evidence", ""), scheduler.get("exit"))


def why(folder: RunFolder, judgement: Judgement) -> str:
    """Why a run failed, for the person who watched it."""
    if judgement.state is not RunState.FAILED:
        return judgement.evidence
    oom = folder.end().get("oom", False)
    return redacted_text(death(judgement.exit, *_last_written(folder, folder.start()), oom=oom).why)


def _last_sign(folder: RunFolder, start: StartRecord) -> str:
    """When the exit status was written, or else the last sign of life: a heartbeat, output, or a
    request to stop. '' when there is only the start: then the duration is unknown."""
    with suppress(OSError):
        return instant(datetime.fromtimestamp(folder.rc_file.stat().st_mtime, UTC))
    files = list(chain.from_iterable(logs(folder, start)))
    if not start.get("slurm"):
        files.append(folder.start_file)
    signs = [sign] if (sign := moment(folder.stop_asked_at())) else []
    for file in files:
        with suppress(OSError):
            signs.append(datetime.fromtimestamp(file.stat().st_mtime, UTC))
    at = folder.scheduler().get("started") or start.get("started", "")
    begun = _moment(at, datetime.min.replace(tzinfo=UTC))
    last = max(signs, default=begun)
    return instant(last) if last - begun > _AT_THE_START else ""


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
