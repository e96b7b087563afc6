"""A run as a card keeps it: one field `run:<id>` of the card, a small JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, fields, replace
from datetime import UTC, datetime
from itertools import zip_longest
from sys import float_info
from typing import Any, NamedTuple

from mlkanban.core.metrics import number_text
from mlkanban.core.timestamps import instant
from mlkanban.records import record
from mlkanban.runs.model.state import (
    HELD,
    HELD_BACK,
    NEVER_STARTED,
    STANDINGS,
    TRACKER_STANDINGS,
    RunStanding,
    RunState,
)
from mlkanban.text import made_keepable, natural

PREFIX = "run:"
"""Of the field of a run, of the actor of its events and of the condition that waits for it."""
OBJECTIVE = "value"
"""What Optuna calls the only objective of a study that has no name."""
UNKNOWN_TASK = "array_task"
"""The parameter that stands for the number of a task where nobody knows what it decides."""
EXACT_TASKS = 50
"""Up to so many tasks of an array it is written down whenever one ends."""
SWEEPS = ("-m", "--multirun", "hydra.mode=MULTIRUN")
"""Words of a command line that make a sweep of Hydra of it."""
_LOST_WITH, _OVER_WITH = "lost with its run", "over with its run"
"""What became of a run that a tracker calls running, and that was started in one of ours: that one
finished, or ended otherwise."""
_SPELLED = {"fail": "failed", _LOST_WITH: "lost", _OVER_WITH: "over"}


class Task(NamedTuple):
    """A task of a job array, or a job of a sweep, that has ended; `seconds` are those of all its
    starts, None where they are not known, `why` is why it failed. `started` and `ended` are seconds
    since 1970, None where they are not known. `params` are the parameters of this task alone."""

    number: int
    state: RunState
    seconds: int | None = None
    why: str = ""
    metrics: Mapping[str, float] = {}
    started: int | None = None
    ended: int | None = None
    params: Mapping[str, str] = {}


_TASK_PARTS = Task._fields.index("params")
"""So many parts are kept of every task; its own parameters follow where it has some."""


@record(frozen=True, slots=True)
class Run:
    """One attempt at a card. Instants are ISO 8601 UTC, '' when there is none; `why` is why it
    failed, `reason` what its card is blocked for, `internal` whether the person can lift that,
    whatever is usual for the reason; `last` are its last lines on stderr; `unread` is what it
    reported as metrics that are no numbers (`loss=nan`). `job` names it for its scheduler,
    `elapsed` are the seconds that count, `waited` those since its start in which it did not run,
    `made` when it was handed to that or to a queue, or adopted, `lives` the starts and ends
    (`START/END`) of a job that was started again or waits for that, `stopping` when its scheduler
    was told to end it. One that was `adopted` was running already: its exit status can never be
    known. Of one that a tracker tells of, `says` is the state it gives, `where` its file, `params`
    what it keeps of its parameters, `experiment` what it puts it with, `parent` the run that it was
    started in; `tracked` names the
    one that is the record of a run of ours. `folder` is where a run was started, relative to its
    repository, `dataset` what its card named so when it began; `direction` is which side of its
    only objective a tracker calls good (`<=`), '' where that is not known.

    Of a job array, `task_count` is how many tasks it has, `tasks_over` and `tasks_failed` how many
    of them ended and failed, `at_work` how many run, since `at_work_since` on average; `elapsed`
    are the seconds of those that ended. Once it has ended, `tasks` are its tasks. `task_params` are
    the parameters that follow from the number of a task, with `{}` for that. Of a sweep that ran in
    one process `tasks` are its jobs; it has no `task_count`, as it is one job to its machine."""

    id: str
    state: RunState = RunState.UNKNOWN
    evidence: str = ""
    argv: tuple[str, ...] = ()
    host: str = ""
    exit: int | None = None
    why: str = ""
    reason: str = ""
    started: str = ""
    ended: str = ""
    commit: str = ""
    dirty: bool = False
    gpus: int | None = None
    force: str = ""
    job: str = ""
    elapsed: int | None = None
    adopted: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    last: tuple[str, ...] = ()
    name: str = ""
    says: str = ""
    where: str = ""
    tracked: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    parent: str = ""
    waited: int | None = None
    stopping: str = ""
    folder: str = ""
    dataset: str = ""
    direction: str = ""
    made: str = ""
    lives: tuple[str, ...] = ()
    internal: bool = False
    task_count: int | None = None
    tasks_over: int | None = None
    tasks_failed: int | None = None
    at_work: int | None = None
    at_work_since: str = ""
    tasks: tuple[Task, ...] = ()
    task_params: Mapping[str, str] = field(default_factory=dict)
    experiment: str = ""
    pruned_at: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_field(cls, run_id: str, value: Any) -> Run | None:
        """The run kept as `value`; None for what no program of ours wrote. Logs come from elsewhere
        too: a part that is not of its kind is left out."""
        if not isinstance(value, Mapping):
            return None
        values: dict[str, Any] = {}
        for name, part in value.items():
            kept = _READERS[name](part) if name in _READERS else None
            if kept is not None:
                values[name] = kept
        try:
            values["state"] = RunState(value.get("state", ""))
        except ValueError:
            values["state"] = RunState.UNKNOWN
        return cls(id=run_id, **values)

    def to_field(self) -> dict[str, Any]:
        """What is kept of it: what says nothing is left out. What jobs and trackers write may hold
        characters that no board can keep."""
        kept = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name != "id"
        }
        kept["state"] = self.state.value
        return {
            name: _keepable(value)
            for name, value in kept.items()
            if value or name == "exit" or type(value) is int
        }

    @property
    def begun(self) -> Run:
        """What was known of it when it began: one that ended was running then."""
        if not self.state.ended:
            return self
        return replace(
            self, state=RunState.RUNNING, evidence="", exit=None, why="", reason="", ended="",
            internal=False, metrics={}, unread=(), last=(), tasks=(),
        )  # fmt: skip

    @property
    def is_result(self) -> bool:
        """Whether it came to its end: what a run reported before it failed, was stopped or was lost
        is no result. Of a run that only a tracker knows, the tracker's word is all there is."""
        if self.state is RunState.TRACKED and not self.says:
            return True  # TensorBoard says nothing
        return self.standing is RunStanding.SUCCEEDED

    @property
    def word(self) -> str:
        """Its state in a word, `never started` where it was taken out of the queue, `held` where it
        is held back there; of a run that only a tracker knows, what that says: `pruned`."""
        if self.state is RunState.KILLED and self.never_started:
            return NEVER_STARTED
        if self.held_back:
            return HELD
        if self.state is not RunState.TRACKED:
            return self.state.value
        word = self.why or self.says.lower() or self.state.value
        return _SPELLED.get(word, word)

    @property
    def held_back(self) -> bool:
        """Whether it waits in the queue of a machine and does not start by itself."""
        return self.state is RunState.QUEUED and self.evidence.startswith(HELD_BACK)

    @property
    def standing(self) -> RunStanding:
        """How it stands: a run that only a tracker knows as that says."""
        if self.state is not RunState.TRACKED:
            return STANDINGS[self.state]
        if self.why:
            return RunStanding.STOPPED
        return TRACKER_STANDINGS.get(self.word, RunStanding.NOT_KNOWN)

    def results_for(self, name: str) -> list[float]:
        """The values of a metric that count: of a job array those of its tasks, in their order."""
        if self.tasks:
            done = (task for task in self.tasks if task.state is RunState.FINISHED)
            return [task.metrics[name] for task in done if name in task.metrics]
        return [self.metrics[name]] if self.is_result and name in self.metrics else []

    def params_of(self, task: Task) -> dict[str, str]:
        """The parameters of a task: its own, and those that follow from its number."""
        by_number = {n: t.replace("{}", str(task.number)) for n, t in self.task_params.items()}
        return {**by_number, **task.params}

    @property
    def task_values(self) -> dict[str, list[float]]:
        """The values of each metric that the tasks of an array reported which ended well, in their
        order."""
        names = dict.fromkeys(name for task in self.tasks for name in task.metrics)
        values = {name: self.results_for(name) for name in names}
        return {name: some for name, some in values.items() if some}

    def has_news_of_tasks(self, had: Run) -> bool:
        """Whether so much happened to the tasks of an array that goes on that it is to be written
        down: of many tasks, a fiftieth of them."""
        step = max(1, -(-(self.task_count or 0) // EXACT_TASKS))
        pairs = (
            (self.tasks_over, had.tasks_over), (self.tasks_failed, had.tasks_failed),
            (self.at_work, had.at_work),
        )  # fmt: skip
        first = bool(self.tasks_failed) and not had.tasks_failed
        return first or any(abs((now or 0) - (then or 0)) >= step for now, then in pairs)

    def with_tasks_of(self, had: Run) -> Run:
        """This run with what was known of its tasks before."""
        return replace(
            self, tasks_over=had.tasks_over, tasks_failed=had.tasks_failed, at_work=had.at_work,
            at_work_since=had.at_work_since, elapsed=had.elapsed,
        )  # fmt: skip

    @property
    def since(self) -> str:
        """From when on it has to do with its card: a process that was adopted may have run long
        before, and a scheduler that counts whole seconds starts a job before it was submitted."""
        return max(self.started, self.made)

    @property
    def may_go_on(self) -> bool:
        """Whether it has not ended, as far as anybody knows: a job that its scheduler forgot has,
        though nobody knows how."""
        return not self.state.ended and not (self.state is RunState.UNKNOWN and bool(self.job))

    @property
    def waits_since(self) -> str:
        """Since when its scheduler lets it wait; '' when it does not."""
        if self.state is not RunState.QUEUED:
            return ""
        return self.lives[-1].partition("/")[2] if self.lives else self.made

    @property
    def progress(self) -> tuple[int, bool]:
        """How often it was started, and whether that is over."""
        waits = self.state is RunState.QUEUED
        never = waits or self.never_started
        return len(self.lives) or int(not never), waits or self.state.ended

    @property
    def never_started(self) -> bool:
        """Whether it was in a queue and ended before its turn came."""
        queued = bool(self.job or self.made)
        return self.state.ended and queued and not (self.started or self.where)

    def reopens(self, had: Run) -> bool:
        """Whether a scheduler has it again though it `had` ended: a job that waited for what never
        comes is let go, one that ended is put into the queue again."""
        known = bool(self.job) and self.state is not RunState.UNKNOWN
        return known and (not self.state.ended or self.progress > had.progress)

    @property
    def outcome(self) -> str:
        """How it ended, in a few words: `exit 0`, `out of GPU memory (exit 1)`; where no exit
        status is known, the evidence for its end."""
        if not self.state.ended:
            return ""
        if self.state is RunState.TRACKED:
            says = f"tracker says {self.says}{self.where_pruned}" if self.says else ""
            return "; ".join(filter(None, (self.why, says)))
        if self.why:
            return self.why
        return self.evidence or self.state.value if self.exit is None else f"exit {self.exit}"

    @property
    def ended_as(self) -> str:
        """Its outcome without who says so: `complete`, `pruned at step 7, with 0.31 so far`."""
        if self.state is not RunState.TRACKED:
            return self.outcome
        return self.why or (f"{self.word}{self.where_pruned}" if self.says else "")

    @property
    def where_pruned(self) -> str:
        """` at step 7, with 0.31 so far`; `stopped_at` is that in a column of a table."""
        value, step = self.pruned_at.get("value"), self.pruned_at.get("step")
        if value is None:
            return ""
        return f"{'' if step is None else f' at step {step:.12g}'}, with {value:.4g} so far"

    @property
    def stopped_at(self) -> str:
        """`step 7: 0.31`."""
        value, step = self.pruned_at.get("value"), self.pruned_at.get("step")
        if value is None:
            return ""
        return f"{'' if step is None else f'step {step:.12g}: '}{number_text(value)}"

    @property
    def ending(self) -> str:
        """Its state and how it ended: `finished (exit 0)`, `failed: out of memory (exit 1)`."""
        if "(" in self.outcome:
            return f"{self.state.value}: {self.outcome}"
        return f"{self.state.value} ({self.outcome})" if self.outcome else self.state.value


def _instant(seconds: int | None) -> str:
    return "" if seconds is None else instant(datetime.fromtimestamp(seconds, UTC))


def _text(part: Any) -> str | None:
    return part if isinstance(part, str) else None


def _whole(part: Any) -> int | None:
    fits = isinstance(part, int) and not isinstance(part, bool) and abs(part) < 2**63
    return part if fits else None


def _lines(part: Any) -> tuple[str, ...] | None:
    return tuple(map(str, part)) if isinstance(part, list | tuple) else None


def _numbers(part: Any) -> dict[str, float] | None:
    """The finite numbers among named values; one too large for a float is none, and neither is the
    largest, which MLflow writes for an infinite one."""
    if not isinstance(part, Mapping):
        return None
    return {
        str(name): float(number)
        for name, number in part.items()
        if isinstance(number, int | float) and abs(number) < float_info.max
    }


def _tasks(part: Any) -> tuple[Task, ...] | None:
    if not isinstance(part, list | tuple):
        return None
    tasks = []
    for row in part:
        if not isinstance(row, list | tuple) or len(row) < _TASK_PARTS or _whole(row[0]) is None:
            continue
        number, state, seconds, why, metrics, started, ended, *rest = row
        with suppress(ValueError):
            tasks.append(
                Task(
                    number, RunState(state), _whole(seconds), str(why), _numbers(metrics) or {},
                    _whole(started), _whole(ended), _texts(rest[0] if rest else None) or {},
                )
            )  # fmt: skip
    return tuple(tasks)


def _texts(part: Any) -> dict[str, str] | None:
    return {str(k): str(v) for k, v in part.items()} if isinstance(part, Mapping) else None


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "bool": bool,
    "int | None": _whole,
    "tuple[str, ...]": _lines,
    "Mapping[str, float]": _numbers,
    "Mapping[str, str]": _texts,
    "tuple[Task, ...]": _tasks,
}
"""How each kind of field is read."""
_READERS: Mapping[str, Callable[[Any], Any]] = {
    one.name: _KINDS.get(str(one.type), _text)
    for one in fields(Run)
    if one.name not in ("id", "state")
}


def _keepable(part: Any) -> Any:
    """A part as JSON has it, all its texts such that a board can keep them."""
    if isinstance(part, RunState):
        return part.value
    if isinstance(part, Task) and not part.params:
        part = part[:_TASK_PARTS]
    if isinstance(part, str):
        return made_keepable(part)
    if isinstance(part, Mapping):
        return {made_keepable(name): _keepable(value) for name, value in part.items()}
    return [_keepable(item) for item in part] if isinstance(part, tuple) else part


def runs_in(values: Mapping[str, Any]) -> list[Run]:
    """The runs among the fields of a card, newest first, each followed by those started in it. The
    metric of the card comes first among what they reported."""
    metric = values.get("metric")
    found = (
        Run.of_field(name.removeprefix(PREFIX), value)
        for name, value in values.items()
        if name.startswith(PREFIX) and value
    )
    runs = [_measured(run, metric) if metric else run for run in found if run is not None]
    parents = parents_of(runs)
    places = places_of(runs)
    known = [_ended_with(run, parents) for run in runs]
    return sorted(known, key=lambda run: places[run.id], reverse=True)


def _ended_with(run: Run, parents: Mapping[str, Run]) -> Run:
    """A run that its tracker calls running, ended with the run of ours that it was started in:
    after a kill a tracker calls it so for ever."""
    if run.state is not RunState.TRACKED or run.standing is not RunStanding.UNSEEN:
        return run
    own = next((r for r in ancestors(run, parents) if r.state is not RunState.TRACKED), None)
    if own is None or not own.state.ended:
        return run
    why = _OVER_WITH if own.state is RunState.FINISHED else _LOST_WITH
    evidence = f"the run that it was started in is {own.state.value}; {run.evidence}"
    ended = own.ended and max(own.ended, run.started)
    return replace(run, why=why, evidence=evidence, ended=ended)


def _measured(run: Run, metric: Mapping[str, Any]) -> Run:
    """A run with the metric of its card first. The only objective of a study is that metric where
    nobody gave it a name and both call the same side good."""
    name, value = str(metric.get("name", "")), run.metrics.get(str(metric.get("name", "")))
    if value is None and run.direction and run.direction == metric.get("direction", run.direction):
        value = run.metrics.get(OBJECTIVE)
    if value is None:
        return run
    rest = {other: v for other, v in run.metrics.items() if other not in (name, OBJECTIVE)}
    if name in run.metrics and OBJECTIVE in run.metrics:
        rest[OBJECTIVE] = run.metrics[OBJECTIVE]
    return replace(run, metrics={name: value, **rest})


def is_typed(runs: Sequence[Run], metric: Mapping[str, Any] | None) -> bool:
    """Whether a person wrote the value of a metric of a card that has runs: none reported it."""
    value = metric.get("value") if metric else None
    if metric is None or value is None or not runs:
        return False
    name = metric.get("name", "")
    return not any(run.metrics.get(name) == value or value in run.results_for(name) for run in runs)


def tasks_apart(runs: Iterable[Run]) -> list[Run]:
    """Runs, with each job array as a run for each of its tasks, where those are known: they are
    observations of their own. Their ids are that of the array with the number of the task."""
    return [part for run in runs for part in (_of_tasks(run) if run.tasks else (run,))]


def _of_tasks(run: Run) -> Iterator[Run]:
    for task in run.tasks:
        yield replace(
            run, id=f"{run.id}_{task.number}", job=f"{run.job}_{task.number}" if run.job else "",
            state=task.state, why=task.why, exit=None,
            evidence=f"task {task.number}: {task.state.value}", metrics=task.metrics,
            argv=_of_one_job(run.argv, task.params) if task.params else run.argv,
            params={**run.params, **run.params_of(task)}, elapsed=task.seconds, tasks=(),
            started=_instant(task.started) or run.started, ended=_instant(task.ended) or run.ended,
            task_count=None, unread=(), last=(),
        )  # fmt: skip


def _of_one_job(argv: Sequence[str], params: Mapping[str, str]) -> tuple[str, ...]:
    """The command line of one job of a sweep: `lr=0.01` for `--multirun lr=0.01,0.02`."""
    words = []
    for word, after in zip_longest(argv, argv[1:], fillvalue="="):
        name, equals, _ = word.partition("=")
        plain = name.lstrip("+~")
        if equals and plain in params:
            words.append(f"{plain}={params[plain]}")
        elif word not in SWEEPS or "=" not in (word + after):  # python -m MODULE
            words.append(word)
    return tuple(words)


Place = tuple[object, ...]


def places_of(runs: Sequence[Run]) -> dict[str, Place]:
    """What runs are to be ordered by, by their ids: when they started, and where that is not known
    by the numbers in their ids. Those that were started in another are just before that."""
    parents, places = parents_of(runs), dict[str, Place]()
    for run in runs:
        outer_first = [run, *ancestors(run, parents)][::-1]
        places[run.id] = tuple(part for r in outer_first for part in (*_age(r), r is run))
    return places


def parents_of(runs: Sequence[Run]) -> dict[str, Run]:
    """The run that each of these runs was started in, by the id of the inner one, where it is among
    them. What was started in the record of one of our runs was started in that run."""
    known = {run.tracked: run for run in runs if run.tracked} | {run.id: run for run in runs}
    return {run.id: known[run.parent] for run in runs if run.parent in known}


def ancestors(run: Run, parents: Mapping[str, Run]) -> Iterator[Run]:
    """The run that a run was started in, the one that this was started in, and so on. What comes
    from elsewhere may say that two were started in each other."""
    seen = {run.id}
    while (above := parents.get(run.id)) is not None and above.id not in seen:
        seen.add(above.id)
        yield above
        run = above


def _age(run: Run) -> tuple[str, tuple[tuple[int, str], ...]]:
    return run.started or run.made, natural(run.id)
