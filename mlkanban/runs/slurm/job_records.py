"""SLURM's records of jobs, read from the output of `sacct` and `squeue`, and what they mean.

Only plain output is read: the contents of --json change from version to version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from mlkanban.core.board import BlockReason
from mlkanban.runs.model.labels import CardLabel, label_in
from mlkanban.runs.model.run import EXACT_TASKS
from mlkanban.runs.model.state import Judgement, RunState
from mlkanban.runs.model.task_end import TaskEnd
from mlkanban.runs.slurm.pending_reasons import reason_text
from mlkanban.text import quantity

SACCT_FIELDS = (
    "JobID,JobIDRaw,State,ExitCode,Submit,Start,End,ElapsedRaw,NodeList,AllocTRES,Reason,Comment,"
    "WorkDir"
)
SQUEUE_FORMAT = "%i|%T|%r|%V|%S|%e|%k|%Z"
EXIT_FORMAT = "JobArrayID:60,exit_code:20,TimeLimit:20"
"""How the queue is asked for exit statuses, for which its other format has no letter, and for time
limits."""
LIMIT_FIELDS = "JobID,TimelimitRaw"

_QUEUED = frozenset(
    (
        "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD",
        "SPECIAL_EXIT",
    )
)  # fmt: skip
_RUNNING = frozenset(
    ["RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "RESIZING", "STAGE_OUT"]
)
_GONE = "GONE"
"""Our word for a task that no program of SLURM knows any more."""
_NEVER = "DependencyNeverSatisfied"
"""Why a job waits that will never start."""
_ENV, _QUEUE, _OTHER = BlockReason.ENVIRONMENT, BlockReason.COMPUTE_QUEUE, BlockReason.OTHER


class _JobDeath(NamedTuple):
    """Why a job died, what its card is blocked for, and whether it is for the person to lift that,
    whoever lifts other blocks of this reason."""

    why: str
    reason: BlockReason
    internal: bool = False


_DEATHS = {
    "OUT_OF_MEMORY": _JobDeath("out of memory", _ENV),
    "TIMEOUT": _JobDeath("ended by its time limit", _OTHER, internal=True),
    "DEADLINE": _JobDeath("ended by its deadline", _OTHER, internal=True),
    "NODE_FAIL": _JobDeath("its node failed", _ENV),
    "BOOT_FAIL": _JobDeath("its node did not start", _ENV),
    "LAUNCH_FAILED": _JobDeath("it could not be launched", _ENV),
    "PREEMPTED": _JobDeath("preempted by another job", _QUEUE),
    "CANCELLED": _JobDeath("cancelled by somebody else", _QUEUE),
    _NEVER: _JobDeath(f"a job it depends on did not succeed ({_NEVER})", BlockReason.DEPENDENCY),
}
NO_FILE = "SLURM could not open a file of it"
"""Why a job failed: its input, or where its output was to go."""
_OWN_SIGNALS = {
    36: "its credential is invalid",
    37: "its user is not known on the node",
    38: "its group is not known on the node",
    39: "its credential expired",
    40: "its credential was revoked",
    41: "its credential was used twice",
    42: "the node could not create a folder for it",
    43: "the node could not set the permissions of a folder for it",
    44: "the node could not create its script",
    45: "the node could not set the permissions of its script",
    46: "the node could not set up its environment",
    47: "the node has no shared memory for it",
    48: "the node could not change to its user or group",
    49: "the node could not set its session",
    50: "the node could not start a thread for its output",
    51: "the node could not start a process for it",
    52: "the node could not execute its script",
    54: "the prolog failed",
    55: "the epilog failed",
    56: "its session manager was killed",
    57: "there are too many job steps on the node",
    62: "the name of its socket is too long",
    63: "no container runtime is configured on the node",
}
"""SLURM's own errors, in the place of the signal that ended the script: they are numbers from 4000
on, of which seven bits are left."""
_NO_FILE_SIGNAL = 53
_ID = re.compile(r"(\d+)(?:[_+].*)?")
_WAITING_TASKS = re.compile(r"\d+_\[([\d,:-]+)(?:%\d+)?\]")
_MOST_TASKS = 5
"""So many tasks are named that failed."""
_GPUS = re.compile(r"(?:^|,)gres/gpu=(\d+)")
_SPAN = re.compile(r"(?:(?P<days>\d+)-)?(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+)")
"""A time limit as the queue prints it: `1-12:00:00`, `4:00:00`, `30:00`."""
LAGS = 60.0
"""Seconds after the end of a job in which the accounting may not have heard of it."""
_SAID = frozenset({"", "None", "None assigned", "(null)", "N/A", "Unknown", "NONE"})


@dataclass(frozen=True, slots=True)
class SlurmJob:
    """One line about a job, or about `tasks` tasks of a job array. `teller` is the program that
    printed it; `own` is why SLURM could not run it, `limit` its time limit in minutes where that
    was asked for, `raw` the number that a task has as a job. Instants are seconds since 1970, None
    where there is none (yet)."""

    id: str
    task: str
    state: str
    by: str = ""
    exit: int | None = None
    own: str = ""
    submit: int | None = None
    start: int | None = None
    end: int | None = None
    elapsed: int | None = None
    gpus: int | None = None
    nodes: str = ""
    reason: str = ""
    comment: str = ""
    folder: str = ""
    teller: str = "sacct"
    tasks: int = 1
    limit: int | None = None
    raw: str = ""

    @property
    def label(self) -> CardLabel | None:
        """The card in its comment, None when there is none."""
        return label_in(self.comment)

    @property
    def over(self) -> bool:
        """Whether it has ended, or will never start."""
        return is_over(self.state) or self.hopeless

    @property
    def hopeless(self) -> bool:
        """Whether it waits, or waited until it was cancelled for that, for what never comes."""
        return self.reason == _NEVER and self.state in _QUEUED | {"CANCELLED"}

    @property
    def _life(self) -> tuple[int, int]:
        return self.submit or 0, self.start or 0


class Life(NamedTuple):
    """One of the times that a job, or a task of it, was started: jobs are requeued when a node
    fails or another job preempts them. `seconds` is None while it goes on."""

    task: str
    submit: int
    start: int
    seconds: int | None = None


class Known(NamedTuple):
    """What is known of a job from before: its lives, and of an array how its tasks ended and how
    many there are."""

    lives: Sequence[Life] = ()
    ends: Sequence[TaskEnd] = ()
    tasks: int = 0


_NOTHING = Known()


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is known of a job from its submission: its number, when and where it was submitted, and
    our run that it is. For a job that our run is `inside` of, when that run began."""

    job: str
    submit: int | None = None
    folder: str = ""
    run: str = ""
    inside: int | None = None

    def lines(self, jobs: Iterable[SlurmJob]) -> list[SlurmJob]:
        """The lines about this job, oldest first. Numbers are reused after all were given; a
        requeued job has another time of submission."""
        about_it = sorted((job for job in jobs if job.id == self.job), key=lambda job: job._life)
        if self.inside is not None:
            begun = [job for job in about_it if (job.start or 0) <= self.inside]
            return [job for job in begun if job.submit == begun[-1].submit]
        mine: list[SlurmJob] = []
        for job in about_it:
            done = any(
                earlier.state == "COMPLETED" and earlier.task == job.task for earlier in mine
            )
            if self._submitted(job) and not (done and not self._named(job)):
                mine.append(job)
        return mine

    def _named(self, job: SlurmJob) -> bool:
        return bool(self.run) and job.label is not None and job.label.run == self.run

    def _submitted(self, job: SlurmJob) -> bool:
        if self._named(job):
            return True
        if job.label is not None and job.label.run:
            return False
        if self.submit is None or job.submit is None or job.submit == self.submit:
            return True
        return job.submit > self.submit and bool(self.folder) and job.folder == self.folder


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of a job as a whole.

    `why` and `reason` are '' where only exit status and output can tell why it failed; `internal`
    says whether the person can lift that block, whatever is usual for its reason; `elapsed`
    are the seconds of all its lives, None while one goes on and when it never started; `listed`
    says whether the queue still lists the job; `waited` are the seconds between its lives; `failed`
    says which tasks of an array did, and `task` is the one whose end is that of the whole. `ends`
    are its tasks that ended, of `count`, `going` those that run, since `going_since` on average.
    """

    judgement: Judgement
    why: str = ""
    reason: str = ""
    internal: bool = False
    started: int | None = None
    ended: int | None = None
    elapsed: int | None = None
    waited: int | None = None
    gpus: int | None = None
    nodes: str = ""
    lives: tuple[Life, ...] = ()
    listed: bool = False
    failed: str = ""
    task: str = ""
    ends: tuple[TaskEnd, ...] = ()
    count: int = 0
    going: int = 0
    going_since: int | None = None


def is_over(state: str) -> bool:
    """Whether a job in this state has ended; '' is no state."""
    return bool(state) and state not in _QUEUED | _RUNNING


def read_sacct(text: str) -> list[SlurmJob]:
    """The jobs that `sacct -D -X -P -n --format=SACCT_FIELDS` printed."""
    jobs = []
    for line in text.splitlines():
        parts = line.split("|")
        if len(parts) < 13 or not (match := _ID.fullmatch(parts[0])):
            continue
        word, _, by = parts[2].partition(" ")
        submit, start, end, elapsed = map(_number, parts[4:8])
        nodes = _known_text(parts[8])
        began = start is not None and not (word == "CANCELLED" and not nodes and not elapsed)
        jobs.append(
            SlurmJob(
                match[1], parts[0], word.rstrip("+"), by=by.removeprefix("by ").strip(),
                exit=_exit(word, parts[3]), own=_own(word, parts[3]), submit=submit,
                start=start if began else None, end=end,
                elapsed=elapsed if began else None, nodes=nodes, gpus=_gpus(parts[9]),
                reason=_known_text(parts[10]), comment="|".join(parts[11:-1]), folder=parts[-1],
                tasks=_tasks(parts[0]), raw=parts[1],
            )
        )  # fmt: skip
    return jobs


def read_squeue(text: str) -> list[SlurmJob]:
    """The jobs that `squeue -h -t all -o SQUEUE_FORMAT` printed."""
    jobs = []
    for line in text.splitlines():
        parts = line.split("|")
        if len(parts) < 8 or not (match := _ID.fullmatch(parts[0])):
            continue
        word = parts[1].partition(" ")[0]
        submit, start, end = map(_number, parts[3:6])
        over = word not in _QUEUED | _RUNNING
        # It says of a job that was cancelled while it waited that it started then.
        began = word not in _QUEUED and not (word == "CANCELLED" and start == end)
        jobs.append(
            SlurmJob(
                match[1], parts[0], word, exit=0 if word == "COMPLETED" else None, submit=submit,
                start=start if began else None, end=end if over else None,
                reason=_known_text(parts[2]), comment=_known_text("|".join(parts[6:-1])),
                folder=parts[-1], teller="squeue", tasks=_tasks(parts[0]),
            )
        )  # fmt: skip
    return jobs


def with_limits(jobs: Iterable[SlurmJob], text: str) -> list[SlurmJob]:
    """Jobs, with the time limits that `sacct -X -P -n --format=LIMIT_FIELDS` printed, in
    minutes."""
    lines = [line.split("|") for line in text.splitlines()]
    limits = {parts[0]: _number(parts[1]) for parts in lines if len(parts) == 2}
    return [replace(job, limit=limits.get(job.task)) for job in jobs]


def with_statuses(jobs: Iterable[SlurmJob], text: str) -> list[SlurmJob]:
    """Jobs of the queue, with what `squeue -h -O EXIT_FORMAT` printed of those that failed: the
    exit status, as wait(2) has it, 256 for an exit 1, and the time limit."""
    lines = [line.split() for line in text.splitlines()]
    limits = {parts[0]: _minutes(parts[2]) for parts in lines if len(parts) == 3}
    statuses = {parts[0]: parts[1] for parts in lines if len(parts) in (2, 3)}
    return [
        replace(job, limit=limits.get(job.task))
        if job.state == "TIMEOUT" else
        replace(job, exit=_exit(job.state, status), own=_own(job.state, status))
        if job.state == "FAILED" and (status := _code_and_signal(statuses.get(job.task, "")))
        else job
        for job in jobs
    ]  # fmt: skip


def judge_job(
    ticket: Ticket,
    accounting: Iterable[SlurmJob] | None,
    queue: Iterable[SlurmJob] | None,
    uid: int,
    now: float,
    known: Known = _NOTHING,
) -> Verdict | None:
    """The state of a job; None when no program that knows could be read.

    While the queue lists it, it goes on; how it ended is the accounting's to say, which is waited
    for. `uid` is the job's owner: cancelling one's own job is no failure.
    """
    counted, queued = ticket.lines(accounting or ()), ticket.lines(queue or ())
    tasks = _newest(counted, queued)
    unheard = [job for job in tasks if job.over and job.teller == "squeue"]
    if accounting is not None and any(now - (job.end or 0) < LAGS for job in unheard):
        return None
    if any(not job.over and job.teller == "sacct" for job in tasks) and not queued:
        tasks = []
    if accounting is None and queue is not None:
        tasks += _forgotten(ticket.job, tasks, known)
    if tasks:
        verdict = _verdict(tasks, _lives([*counted, *queued], known.lives), uid, now)
        return replace(verdict, listed=bool(queued))
    if queue is None:
        return None
    lives = known.lives
    evidence = "no accounting tells" if not counted else "sacct does not say"
    evidence = f"squeue has no job {ticket.job} any more, and {evidence} how it ended"
    return Verdict(
        Judgement(RunState.UNKNOWN, evidence), lives=tuple(lives),
        started=min((life.start for life in lives), default=None),
    )  # fmt: skip


def _newest(counted: Sequence[SlurmJob], queued: Sequence[SlurmJob]) -> list[SlurmJob]:
    """The line that counts for each task: the queue has the newest, the accounting how it ended.
    Only the queue knows which tasks still wait."""
    by_task = {job.task: job for job in counted if not (queued and job.tasks > 1)}
    for job in queued:
        known = by_task.get(job.task)
        if known is None or not (job.over and known.over) or job._life > known._life:
            nodes, gpus = (known.nodes, known.gpus) if known else ("", None)
            by_task[job.task] = replace(job, nodes=nodes, gpus=gpus)
    return list(by_task.values())


def task_counts(counted: Sequence[SlurmJob], queued: Sequence[SlurmJob]) -> tuple[int, int]:
    """How many tasks of a job are over, of how many, by these lines about it."""
    tasks = _newest(counted, queued)
    return sum(job.tasks for job in tasks if job.over), sum(job.tasks for job in tasks)


def _forgotten(job: str, tasks: Sequence[SlurmJob], known: Known) -> list[SlurmJob]:
    """The tasks of an array that the queue forgot: those whose ends were seen, and those that were
    last seen at work, or not at all."""
    there = {task.task for task in tasks}
    made = [
        SlurmJob(
            job, end.task, end.word, exit=end.exit, end=end.end, teller="squeue", raw=end.raw,
            own=end.why if end.why.startswith("SLURM") else "",
        )
        for end in known.ends
        if end.task not in there
    ]  # fmt: skip
    there |= {end.task for end in known.ends}
    names = {life.task for life in known.lives if "_" in life.task} - there
    made += [SlurmJob(job, name, _GONE, teller="squeue") for name in sorted(names)]
    unseen = known.tasks - sum(task.tasks for task in (*tasks, *made))
    if unseen > 0 and known.tasks > 1:
        made.append(SlurmJob(job, f"{job}_*", _GONE, teller="squeue", tasks=unseen))
    return made


def _lives(lines: Iterable[SlurmJob], known: Iterable[Life]) -> list[Life]:
    """All starts of a job, oldest first. A life that was requeued has ended."""
    by_start = {(life.task, life.start): life for life in known}
    for job in lines:
        if job.start is None:
            continue
        seconds = job.elapsed if job.over or job.state == "REQUEUED" else None
        if seconds is None and job.end is not None:
            seconds = max(0, job.end - job.start)
        had = by_start.get((job.task, job.start))
        if had is None or seconds is not None:
            by_start[job.task, job.start] = Life(job.task, job.submit or 0, job.start, seconds)
    made: list[Life] = []
    for life in sorted(by_start.values(), key=lambda item: (item.task, item.start), reverse=True):
        later = made[-1] if made and made[-1].task == life.task else None
        if later is not None and life.seconds is None:
            life = life._replace(seconds=max(0, (later.submit or later.start) - life.start))
        made.append(life)
    return made[::-1]


def _verdict(tasks: Sequence[SlurmJob], lives: Sequence[Life], uid: int, now: float) -> Verdict:
    going = [job for job in tasks if not job.over]
    over = [job for job in tasks if job.over]
    waiting = [job for job in going if job.state in _QUEUED]
    gpus = [job.gpus for job in tasks if job.gpus is not None]
    ended = [life.seconds for life in lives if life.seconds is not None]
    again = len(lives) - len({life.task for life in lives})
    count = sum(job.tasks for job in tasks)
    array = any("_" in job.task for job in tasks)
    ends = tuple(_task_end(job, lives, uid) for job in over if array and job.tasks == 1)
    lost = sum(end.state is RunState.FAILED for end in ends)
    many = ""
    if count > 1:
        # Of many tasks not each end is written down: by then more of them are over.
        least = "at least " if going and count > EXACT_TASKS else ""
        many = f", {least}{sum(job.tasks for job in over)} of {count} tasks over"
        if lost and going:
            many += f" and {lost} failed: {_named(ends, RunState.FAILED)}"
    many += f", requeued {again} time{'' if again == 1 else 's'}" if again else ""
    starts = [life.start for life in lives]
    about = Verdict(
        Judgement(RunState.UNKNOWN, ""), started=min(starts, default=None),
        elapsed=sum(ended) if ended and len(ended) == len(lives) else None,
        waited=_waited(lives) or None, gpus=max(gpus, default=None),
        nodes=next((job.nodes for job in tasks if job.nodes), ""), lives=tuple(lives),
        ends=ends, count=count if array else 0,
    )  # fmt: skip
    if going:
        running = [job for job in going if job.state in _RUNNING]
        state = RunState.QUEUED if len(waiting) == len(tasks) else RunState.RUNNING
        first = (running or going)[0]
        why = f" ({first.reason})" if first.reason and state is RunState.QUEUED else ""
        words = reason_text(first.reason) if why else ""
        evidence = f"{first.teller} says {first.state}{why}{f': {words}' if words else ''}{many}"
        if array:
            begun = [job.start for job in running if job.start is not None]
            since = sum(begun) // len(begun) if begun else None
            about = replace(about, going=len(begun), going_since=since, elapsed=sum(ended))
        elif state is RunState.RUNNING:
            about = replace(about, elapsed=None)
        return replace(about, judgement=Judgement(state, evidence))
    judged = [(_ending(job, uid), job) for job in tasks]
    state, job = min(judged, key=lambda one: _WORST.index(one[0]))
    by = f" by {job.by}" if job.by else ""
    hint = _hint(job) if state is RunState.FAILED and job.exit is None else ""
    evidence = f"{job.teller} says {_NEVER if job.hopeless else job.state}{by}{hint}"
    bad = [one.task for how, one in judged if how is state]
    named = _some(bad)
    if job.state == _GONE:
        evidence = f"no program of SLURM tells how {quantity(len(bad), 'task')} ended: {named}"
    elif count > 1 and state is not RunState.FINISHED:
        evidence += f" for task {named}"
    evidence += many
    judgement = Judgement(state, evidence, job.exit)
    died = _death(job) if state is RunState.FAILED else None
    return replace(
        about, judgement=judgement, why=died.why if died else "",
        reason=died.reason.value if died else "", internal=died is not None and died.internal,
        failed=f"{quantity(len(bad), 'task')} of {count} failed: {named}"
        if count > 1 and state is RunState.FAILED else "",
        task=job.task if count > 1 else "",
        ended=max(one.end or 0 for one in tasks) or (int(now) if job.hopeless else None),
    )  # fmt: skip


def _waited(lives: Sequence[Life]) -> int:
    """Seconds between the lives of a job, those of an array's tasks left out: they overlap."""
    if len({life.task for life in lives}) != 1:
        return 0
    gaps = (later.start - life.start - (life.seconds or 0) for life, later in pairwise(lives))
    return sum(max(0, gap) for gap in gaps)


def _task_end(job: SlurmJob, lives: Iterable[Life], uid: int) -> TaskEnd:
    """How a task ended, and how long it ran."""
    state = _ending(job, uid)
    died = _death(job) if state is RunState.FAILED else None
    why = died.why if died else f"exit {job.exit}" if job.exit else ""
    spans = [life.seconds for life in lives if life.task == job.task]
    known = [span for span in spans if span is not None]
    return TaskEnd(
        job.task, job.state, state, job.exit, sum(known) if len(known) == len(spans) else None,
        job.end, why, job.raw,
    )  # fmt: skip


def _named(ends: Iterable[TaskEnd], state: RunState) -> str:
    return _some([end.task for end in ends if end.state is state])


def _some(names: Sequence[str]) -> str:
    """The first of these names, and how many there are more."""
    more = f" and {len(names) - _MOST_TASKS} more" if len(names) > _MOST_TASKS else ""
    return f"{', '.join(names[:_MOST_TASKS])}{more}"


def _death(job: SlurmJob) -> _JobDeath | None:
    """Why a job failed, where its state says that."""
    if job.own:
        return _JobDeath(job.own, _ENV)
    died = _DEATHS.get(_NEVER if job.hopeless else job.state)
    if died and job.state == "TIMEOUT" and job.limit:
        return died._replace(why=f"{died.why} of {_span_text(job.limit)}")
    return died


def _span_text(minutes: int) -> str:
    """`4 h`, `1 h 30 min`, `2 days 12 h`: a time limit as people ask for it."""
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24) if hours >= 48 else (0, hours)
    parts = (days and f"{days} days", hours and f"{hours} h", rest and f"{rest} min")
    return " ".join(part for part in parts if part)


def _minutes(text: str) -> int | None:
    """A time limit of the queue in minutes, None where there is none."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, _ = (int(part or 0) for part in match.groups())
    return (days * 24 + hours) * 60 + minutes


_WORST = (RunState.UNKNOWN, RunState.FAILED, RunState.KILLED, RunState.FINISHED)


def _ending(job: SlurmJob, uid: int) -> RunState:
    if job.state == "COMPLETED":
        return RunState.FINISHED
    if job.hopeless:
        return RunState.FAILED
    if job.state == "CANCELLED" and job.by in ("", str(uid)):
        return RunState.KILLED
    known = job.state == "FAILED" or job.state in _DEATHS
    return RunState.FAILED if known else RunState.UNKNOWN


def _tasks(text: str) -> int:
    """How many tasks a line is about: `7_[2-4,8%1]` is about four that wait."""
    match = _WAITING_TASKS.fullmatch(text)
    if match is None:
        return 1
    count = 0
    for part in match[1].split(","):
        span, _, step = part.partition(":")
        first, _, last = span.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            continue
        by = int(step) if step.isdecimal() and int(step) else 1
        count += max(0, int(last or first) - int(first)) // by + 1
    return max(1, count)


def _exit(word: str, text: str) -> int | None:
    """The status of `code:signal`, where the job ended by itself."""
    if word not in ("COMPLETED", "FAILED"):
        return None
    code, _, number = text.partition(":")
    if not (code.isdecimal() and number.isdecimal()) or _own(word, text):
        return None
    return 128 + int(number) if int(number) else int(code)


def _code_and_signal(text: str) -> str:
    """A status of wait(2) the way the accounting writes it; '' where it is none, or 0, which is
    no failure."""
    if not text.isdecimal() or not (status := int(text)):
        return ""
    return f"0:{status & 0x7F}" if status & 0x7F else f"{status >> 8 & 0xFF}:0"


def _own(word: str, text: str) -> str:
    """Why SLURM could not run a job with this `code:signal`, '' where it did not say that."""
    code, _, number = text.partition(":")
    if word != "FAILED" or code != "0" or not number.isdecimal():
        return ""
    if int(number) == _NO_FILE_SIGNAL:
        return NO_FILE
    signal_name = _OWN_SIGNALS.get(int(number), "")
    return f"SLURM could not run it: {signal_name}" if signal_name else ""


def _hint(job: SlurmJob) -> str:
    """What the queue says of a failure: ` (RaisedSignal:9(Killed))`."""
    return f" ({job.reason})" if job.reason not in ("", "NonZeroExitCode") else ""


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _gpus(text: str) -> int | None:
    match = _GPUS.search(text)
    return int(match[1]) if match else None


def _known_text(text: str) -> str:
    return "" if text in _SAID else text
