"""What SLURM says of jobs, read from what `sacct` and `squeue` print, and what that means.

Only their plain output is read: what --json holds changes from version to version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mlkanban.core.models import BlockReason
from mlkanban.core.runs.judging import Judgement, RunState

SACCT_FIELDS = (
    "JobID,JobIDRaw,State,ExitCode,Submit,Start,End,ElapsedRaw,NodeList,AllocTRES,Reason,Comment,"
    "WorkDir"
)
SQUEUE_FORMAT = "%i|%T|%r|%V|%S|%e|%k|%Z"
LABEL = "mlk:"
"""Before the short id of a card, in the comment of a job."""

_QUEUED = frozenset(
    (
        "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD",
        "SPECIAL_EXIT",
    )
)  # fmt: skip
_RUNNING = frozenset(
    ["RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "RESIZING", "STAGE_OUT"]
)
_ENV, _QUEUE = BlockReason.ENVIRONMENT, BlockReason.COMPUTE_QUEUE
_DEATHS = {
    "OUT_OF_MEMORY": ("out of memory", _ENV),
    "TIMEOUT": ("time limit reached", _QUEUE),
    "DEADLINE": ("deadline reached", _QUEUE),
    "NODE_FAIL": ("its node failed", _ENV),
    "BOOT_FAIL": ("its node did not start", _ENV),
    "LAUNCH_FAILED": ("it could not be launched", _ENV),
    "PREEMPTED": ("preempted by another job", _QUEUE),
    "CANCELLED": ("cancelled by somebody else", _QUEUE),
}
_ID = re.compile(r"(\d+)(?:[_+].*)?")
_LABEL = re.compile(rf"{LABEL}([a-z]{{1,3}}\d+)(?!\w)")
_GPUS = re.compile(r"(?:^|,)gres/gpu=(\d+)")
LAGS = 60.0
"""Seconds after the end of a job in which the accounting may not have heard of it."""
_SAID = frozenset({"", "None", "None assigned", "(null)", "N/A", "Unknown", "NONE"})


@dataclass(frozen=True, slots=True)
class Job:
    """One line about a job, or about one task of an array of them. Instants are seconds since 1970,
    None where there is none (yet)."""

    id: str
    task: str
    state: str
    by: str = ""
    exit: int | None = None
    submit: int | None = None
    start: int | None = None
    end: int | None = None
    elapsed: int | None = None
    gpus: int | None = None
    nodes: str = ""
    reason: str = ""
    comment: str = ""
    folder: str = ""

    @property
    def card(self) -> str:
        """The short id of the card in its comment, '' when there is none."""
        found = _LABEL.search(self.comment)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a job as a whole. `why` and `reason` are '' where only its exit status and
    what it wrote can tell why it failed; `elapsed` are the seconds that all its tasks ran."""

    found: Judgement
    why: str = ""
    reason: str = ""
    started: int | None = None
    ended: int | None = None
    elapsed: int | None = None
    gpus: int | None = None
    nodes: str = ""


def read_sacct(text: str) -> list[Job]:
    """The jobs that `sacct -X -P -n --format=SACCT_FIELDS` printed."""
    jobs = []
    for line in text.splitlines():
        parts = line.split("|")
        if len(parts) < 13 or not (match := _ID.fullmatch(parts[0])):
            continue
        word, _, by = parts[2].partition(" ")
        submit, start, end, elapsed = map(_number, parts[4:8])
        jobs.append(
            Job(
                match[1], parts[0], word.rstrip("+"), by=by.removeprefix("by ").strip(),
                exit=_exit(word, parts[3]), submit=submit, start=start, end=end, elapsed=elapsed,
                nodes=_said(parts[8]), gpus=_gpus(parts[9]), reason=_said(parts[10]),
                comment="|".join(parts[11:-1]), folder=parts[-1],
            )
        )  # fmt: skip
    return jobs


def read_squeue(text: str) -> list[Job]:
    """The jobs that `squeue -h -t all -o SQUEUE_FORMAT` printed."""
    jobs = []
    for line in text.splitlines():
        parts = line.split("|")
        if len(parts) < 8 or not (match := _ID.fullmatch(parts[0])):
            continue
        word = parts[1].partition(" ")[0]
        submit, start, end = map(_number, parts[3:6])
        over = word not in _QUEUED | _RUNNING
        jobs.append(
            Job(
                match[1], parts[0], word, exit=0 if word == "COMPLETED" else None, submit=submit,
                start=None if word in _QUEUED else start, end=end if over else None,
                reason=_said(parts[2]), comment="|".join(parts[6:-1]), folder=parts[-1],
            )
        )  # fmt: skip
    return jobs


def judge_job(
    job_id: str,
    submit: int | None,
    folder: str,
    accounting: Iterable[Job] | None,
    queue: Iterable[Job] | None,
    uid: int,
    now: float,
) -> Verdict | None:
    """What became of the job with this number, submitted at `submit` from `folder`, None when
    nobody who knows could be asked. The accounting has the last word and is waited for, the queue
    has the newest. `uid` is whose job it is: who cancels the own job does not fail."""
    counted, queued = (
        [job for job in jobs or () if job.id == job_id and _same(job, submit, folder)]
        for jobs in (accounting, queue)
    )
    if counted and all(map(_over, counted)):
        return _verdict(counted, "sacct", uid)
    ended = max((job.end or 0 for job in queued), default=0)
    if accounting is not None and queued and all(map(_over, queued)) and now - ended < LAGS:
        return None
    if queued:
        return _verdict(queued, "squeue", uid)
    if queue is None:
        return None
    said = "no accounting tells" if not counted else "sacct does not say"
    said = f"squeue has no job {job_id} any more, and {said} how it ended"
    return Verdict(Judgement(RunState.UNKNOWN, said))


def _same(job: Job, submit: int | None, folder: str) -> bool:
    """Numbers are given again; a job that is put back into the queue is submitted anew."""
    if submit is None or job.submit is None or job.submit == submit:
        return True
    return job.submit > submit and bool(folder) and job.folder == folder


def _over(job: Job) -> bool:
    return job.state not in _QUEUED | _RUNNING


def _verdict(tasks: Sequence[Job], asked: str, uid: int) -> Verdict:
    going = [job for job in tasks if not _over(job)]
    starts = [job.start for job in tasks if job.start is not None]
    gpus = [job.gpus for job in tasks if job.gpus is not None]
    many = f", {len(tasks) - len(going)} of {len(tasks)} tasks over" if len(tasks) > 1 else ""
    about = Verdict(
        Judgement(RunState.UNKNOWN, ""), started=min(starts, default=None),
        gpus=max(gpus, default=None), nodes=next((job.nodes for job in tasks if job.nodes), ""),
    )  # fmt: skip
    if going:
        running = [job for job in going if job.state in _RUNNING]
        state = RunState.RUNNING if running or len(going) < len(tasks) else RunState.QUEUED
        told = (running or going)[0]
        why = f" ({told.reason})" if told.reason and state is RunState.QUEUED else ""
        said = f"{asked} says {told.state}{why}{many}"
        return replace(about, found=Judgement(state, said))
    judged = [(_ending(job, uid), job) for job in tasks]
    state, job = min(judged, key=lambda one: _WORST.index(one[0]))
    which = f" for task {job.task}" if len(tasks) > 1 else ""
    by = f" by {job.by}" if job.by else ""
    found = Judgement(state, f"{asked} says {job.state}{by}{which}", job.exit)
    why, reason = "", None
    if state is RunState.FAILED:
        why, reason = _DEATHS.get(job.state, (why, reason))
    if state is RunState.FAILED and job.exit is None and not why:
        why, reason = f"failed, {asked} does not know the exit status", BlockReason.BUG
    elapsed = [one.elapsed for one in tasks if one.elapsed is not None]
    return replace(
        about, found=found, why=why, reason=reason.value if reason else "",
        ended=max(one.end or 0 for one in tasks) or None,
        elapsed=sum(elapsed) if elapsed else None,
    )  # fmt: skip


_WORST = (RunState.UNKNOWN, RunState.FAILED, RunState.KILLED, RunState.FINISHED)


def _ending(job: Job, uid: int) -> RunState:
    if job.state == "COMPLETED":
        return RunState.FINISHED
    if job.state == "CANCELLED" and job.by in ("", str(uid)):
        return RunState.KILLED
    known = job.state == "FAILED" or job.state in _DEATHS
    return RunState.FAILED if known else RunState.UNKNOWN


def _exit(word: str, text: str) -> int | None:
    """The status of `code:signal`, where the job ended by itself."""
    if word not in ("COMPLETED", "FAILED"):
        return None
    code, _, number = text.partition(":")
    if not (code.isdecimal() and number.isdecimal()):
        return None
    return 128 + int(number) if int(number) else int(code)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _gpus(text: str) -> int | None:
    found = _GPUS.search(text)
    return int(found[1]) if found else None


def _said(text: str) -> str:
    return "" if text in _SAID else text
