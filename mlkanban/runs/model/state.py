"""The state of a run, judged by the available evidence, strongest first.

Only an exit status is proof. What cannot be known is called unknown, never failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum, StrEnum, auto

from mlkanban.records import record

STARTS_WITHIN_SECONDS = 60.0
"""Seconds after which a run that has no process yet will never have one."""
HELD_BACK = "held back by "
HELD = "held"
"""The state of a run that is held back, in a word."""
"""How the evidence begins of a run that others in the queue may overtake."""
ANSWERS_WITHIN_SECONDS = 5.0
"""Seconds after its turn in which the process that waits for a run usually starts it."""
NEVER_STARTED = "never started"
"""The word for the state of a run that somebody took out of the queue."""
NOT_ANSWERED = "its turn came, the process that waited has not answered yet"
ENDS_WITHIN_SECONDS = 60.0
"""Seconds after the exit status of a job in which its supervisor writes down how it ended."""
WRITTEN = "its supervisor wrote how it ended"
SHELL_KILLED = "the shell around the job was killed before it wrote an exit status"
"""The supervisor saw the end of a job whose whole process group was killed, or of the shell first
and later of the rest."""
NOTHING_WRITTEN = "none of its processes is left, and no exit status was written"
HEART_STOPPED_SECONDS = 180.0
"""Seconds without a heartbeat after which a run elsewhere is stale. It beats every 10."""


class RunState(StrEnum):
    QUEUED = "queued"
    """A scheduler or the queue of this machine has it, and has not started it."""
    STARTING = "starting"
    RUNNING = "running"
    ORPHAN = "orphan"
    """It runs, but what watched over it is gone; its exit status will still be known."""
    FINISHED = "finished"
    FAILED = "failed"
    KILLED = "killed"
    """Stopped by a person."""
    LOST = "lost"
    """Nothing is left of it, and how it ended is not known."""
    UNKNOWN = "unknown"
    """It cannot be seen from here."""
    STALE = "stale"
    """It cannot be seen from here, and gives no sign of life any more."""
    TRACKED = "tracked"
    """A tracker tells of it: nobody waits for it, and it moves no card."""

    @property
    def ended(self) -> bool:
        return self in _ENDED


class RunStanding(StrEnum):
    """How a run stands, which its sign shows: by its own state or, where only a tracker knows it,
    by what that says. What a person may act on comes first."""

    AT_WORK = "at work"
    WAITING = "waiting"
    UNSEEN = "unseen"
    """It may be at work: nobody here can see it, or only a tracker says so."""
    FAILED = "failed"
    STOPPED = "stopped"
    """It was ended before its end: by a person, by the sampler of a search, or with its run."""
    NOT_KNOWN = "not known"
    SUCCEEDED = "succeeded"


WAITING = frozenset({RunState.QUEUED})
AT_WORK = frozenset({RunState.STARTING, RunState.RUNNING, RunState.ORPHAN})
"""States in which a run was seen at work."""
UNSEEN = frozenset({RunState.UNKNOWN, RunState.STALE})
"""It may still be at work, and cannot be seen from here."""
FAILED = frozenset({RunState.FAILED, RunState.LOST})
_ENDED = FAILED | {RunState.FINISHED, RunState.KILLED, RunState.TRACKED}
STANDINGS: Mapping[RunState, RunStanding] = {
    RunState.QUEUED: RunStanding.WAITING,
    **dict.fromkeys(AT_WORK, RunStanding.AT_WORK),
    **dict.fromkeys(UNSEEN, RunStanding.UNSEEN),
    RunState.FINISHED: RunStanding.SUCCEEDED,
    **dict.fromkeys(FAILED, RunStanding.FAILED),
    RunState.KILLED: RunStanding.STOPPED,
}
"""By the states of runs of ours."""
TRACKER_STANDINGS: Mapping[str, RunStanding] = {
    "finished": RunStanding.SUCCEEDED,
    "complete": RunStanding.SUCCEEDED,
    "failed": RunStanding.FAILED,
    "crashed": RunStanding.FAILED,
    "killed": RunStanding.STOPPED,
    "pruned": RunStanding.STOPPED,
    "running": RunStanding.UNSEEN,
    "scheduled": RunStanding.UNSEEN,
    # SLURM's, of jobs that no card has.
    "completed": RunStanding.SUCCEEDED,
    "timeout": RunStanding.FAILED,
    "out_of_memory": RunStanding.FAILED,
    "node_fail": RunStanding.FAILED,
    "cancelled": RunStanding.STOPPED,
    "preempted": RunStanding.STOPPED,
}
"""By the words of trackers in lower case; one that says another word, or none, tells nothing."""


class Stopped(Enum):
    """The result of a request to stop a run."""

    NOTHING = auto()
    """Nothing of it runs here."""
    ASKED = auto()
    """Its scheduler was told to end it, and has not done so yet."""
    ENDED = auto()


@record(frozen=True, slots=True)
class PidScope:
    """The host, boot and pid namespace in which a pid names a process: pids are reused after a
    restart, and differ between namespaces. Boot and namespace are '' where the system shows none.

    `machine` is the id of a machine whose host name changes with its network, '' for others."""

    host: str
    boot_id: str
    pid_ns: str
    machine: str = field(default="", compare=False)


@record(frozen=True, slots=True)
class Judgement:
    """The state of a run, its evidence as a sentence, and the exit status if it is known."""

    state: RunState
    evidence: str
    exit: int | None = field(default=None)


@record(frozen=True, slots=True)
class Seen:
    """Observations of a run, made from `here`.

    `at` is where it was started. `end_written` says that its supervisor recorded its end, with the
    `exit` status, None when that is unknown; `rc` is the status that the shell around the job
    wrote. `supervisor`, `child` and `group` (any process of its process group) say whether these
    are alive, None before there was one; they mean nothing unless `at` is `here`.

    `age` and `heartbeat` are seconds since its creation and its last sign of life. `stop_asked_by`
    is who asked it to stop. `adopted` says that it was running before anybody here watched it;
    `scheduler` is the end of the scheduler's job that it ran in, None while that goes on; `waits`
    says whether that end will still be known; `turn_given` that the process which waited for its
    turn in the queue of this machine has not taken it.
    """

    here: PidScope
    at: PidScope
    age: float
    heartbeat: float
    end_written: bool = False
    exit: int | None = None
    rc: int | None = None
    supervisor: bool | None = None
    child: bool | None = None
    group: bool = False
    stop_asked_by: str = ""
    adopted: bool = False
    scheduler: Judgement | None = None
    waits: bool = False
    turn_given: bool = False


def judge(seen: Seen) -> Judgement:
    """The state of a run, judged by these observations."""
    if seen.end_written:
        return _ended(seen, seen.exit, WRITTEN if seen.exit is not None else SHELL_KILLED)
    here = seen.at == seen.here
    if here and seen.supervisor and seen.child is False and not seen.group:
        return Judgement(RunState.RUNNING, "the job has ended, its supervisor is writing it down")
    if seen.rc is not None:
        return _ended(seen, seen.rc, "the shell around the job wrote its exit status")
    if seen.at.host != seen.here.host:
        if seen.adopted:
            return Judgement(RunState.UNKNOWN, f"only {seen.at.host} can see its process")
        if seen.heartbeat > HEART_STOPPED_SECONDS and seen.scheduler:
            return _scheduled(seen, seen.scheduler)
        if seen.heartbeat > HEART_STOPPED_SECONDS:
            return Judgement(RunState.STALE, f"it gives no sign of life on {seen.at.host} any more")
        return Judgement(
            RunState.UNKNOWN, f"it was started on {seen.at.host} and gives signs of life"
        )
    if "" in _unlike(seen.at, seen.here):
        unclear = "the boot or the container that it was started in"
        return Judgement(RunState.UNKNOWN, f"{unclear} cannot be known on this system")
    if seen.at.boot_id != seen.here.boot_id:
        if seen.scheduler:
            return _scheduled(seen, seen.scheduler)
        return _ended(seen, None, f"{seen.at.host} was restarted before it wrote an exit status")
    if seen.at.pid_ns != seen.here.pid_ns:
        return Judgement(RunState.UNKNOWN, "it was started in another container of this machine")
    if seen.child or seen.group:
        if seen.adopted:
            return Judgement(RunState.RUNNING, "the process that was adopted is alive")
        if seen.supervisor:
            return Judgement(RunState.RUNNING, "its processes are alive")
        return Judgement(RunState.ORPHAN, "its processes are alive, its supervisor is gone")
    if seen.child is None and seen.age < STARTS_WITHIN_SECONDS:
        late = seen.turn_given and seen.age > ANSWERS_WITHIN_SECONDS
        return Judgement(RunState.STARTING, NOT_ANSWERED if late else "it is being started")
    if seen.adopted:
        gone = "the process that was adopted is gone; only its parent knows its exit status"
        return _ended(seen, None, gone)
    if seen.scheduler:
        return _scheduled(seen, seen.scheduler)
    if seen.waits:
        return Judgement(RunState.UNKNOWN, "none of its processes is left; SLURM is asked why")
    return _ended(seen, None, NOTHING_WRITTEN)


@record(frozen=True, slots=True)
class SeenWaiting:
    """Observations of a run in the queue of a machine, made from `here`, before its turn came.

    `at` is where it waits; `waiter` says whether the process that waits is alive, None before there
    was one; `age` and `heartbeat` are seconds as in `Seen`. `held_by` and `dropped_by` are who held
    it back and who took it out of the queue, `waits_for` is what it needs.
    """

    here: PidScope
    at: PidScope
    age: float
    heartbeat: float
    waiter: bool | None
    held_by: str = ""
    dropped_by: str = ""
    waits_for: str = ""


def judge_waiting(seen: SeenWaiting) -> Judgement:
    """The state of a run in the queue of a machine. One that lost its place was never started."""
    if seen.dropped_by:
        return Judgement(RunState.KILLED, f"{seen.dropped_by} took it out of the queue")
    why = f"{HELD_BACK}{seen.held_by}" if seen.held_by else f"waits for {seen.waits_for}"
    if seen.at.host != seen.here.host or (
        seen.at.boot_id == seen.here.boot_id and seen.at.pid_ns != seen.here.pid_ns
    ):
        if seen.heartbeat > HEART_STOPPED_SECONDS:
            return Judgement(RunState.STALE, f"it gives no sign of life on {seen.at.host} any more")
        return Judgement(RunState.QUEUED, f"{why} on {seen.at.host}")
    if seen.at.boot_id != seen.here.boot_id:
        return Judgement(
            RunState.LOST, f"{seen.at.host} was restarted before its turn came; it never started"
        )
    if seen.waiter or (seen.waiter is None and seen.age < STARTS_WITHIN_SECONDS):
        return Judgement(RunState.QUEUED, why)
    return Judgement(RunState.LOST, "the process that waited for it is gone; it never started")


def _unlike(at: PidScope, here: PidScope) -> set[str]:
    """The parts in which two scopes of pids differ."""
    pairs = ((at.boot_id, here.boot_id), (at.pid_ns, here.pid_ns))
    return {name for mine, other in pairs if mine != other for name in (mine, other)}


def _scheduled(seen: Seen, job: Judgement) -> Judgement:
    """A run without an exit status inside a job of a scheduler. How that job ended as a program
    says nothing of the run; that it was ended from outside says all."""
    if job.state is RunState.KILLED or (job.state is RunState.FAILED and job.exit is None):
        return job
    return _ended(seen, None, f"{NOTHING_WRITTEN}; of the job around it: {job.evidence}")


def _ended(seen: Seen, exit: int | None, evidence: str) -> Judgement:
    """How it ended; of one without an exit status the evidence says that there is none."""
    if seen.stop_asked_by:
        return Judgement(RunState.KILLED, f"{seen.stop_asked_by} stopped it; {evidence}", exit)
    if exit is None:
        return Judgement(RunState.LOST, evidence)
    return Judgement(RunState.FAILED if exit else RunState.FINISHED, evidence, exit)
