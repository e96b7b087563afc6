"""The records in the folder of a run: start.json, end.json, stop.json and scheduler.json.

Each has a type here, from which the reader follows. Processes of ours, of any version, write these
files, but a job can write into its folder, too: a part that is not of its kind counts as missing.
A part that this version does not know stays as it is, so that whoever writes a record again keeps
it. Every part may be missing: older versions wrote fewer. Not pydantic: building its models took
160 ms of CPU, this reader 27, and every job and every look at a run pays that.
"""

# No `from __future__ import annotations`: which keys are required is read from the annotations.
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    NotRequired,
    TypedDict,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from mlkanban.runs.model.state import RunState
from mlkanban.text import keepable

Pid = Annotated[int, range(1, 2**31)]
"""0 and negative numbers name groups of processes, which must get no signal by mistake."""
Seconds = Annotated[int, range(2**36)]
"""A time since 1970 or a duration: the sum of two is a year that a date can have."""
Count = Annotated[int, range(2**31)]
NativeText = Annotated[str, "native"]
"""A path or a word as the system has it: bytes that are no UTF-8 are half characters in it. All
other texts can be stored."""

LifeRow = tuple[str, Seconds, Seconds, Seconds | None]
"""A start of a job, or of a task: its name, when it was submitted, its start and its duration, None
while it goes on."""


class ProcessRecord(TypedDict):
    """A process: its pid, and its start as the system shows it."""

    pid: Pid
    start: NotRequired[str]


class QueueRecord(TypedDict, total=False):
    """What is known of a run of the queue. `waiter` is the process that waits for its turn, `held`
    who holds it back, `cuda` the GPUs that it was given."""

    label: str
    waiter: ProcessRecord
    held: str
    cuda: list[Count]


class JobRecord(TypedDict, total=False):
    """A job of SLURM. `job` is '' until sbatch has answered; for the files see `log_files`."""

    job: str
    cluster: str
    submit: Seconds | None
    stdout: NativeText
    stderr: NativeText
    stdin: NativeText
    by: str
    task_params: dict[str, str]


class StartRecord(TypedDict, total=False):
    """What was started. `label` is how the job names its card, `aim` the target that was given with
    it; `made` is when the record was made, `started` when the job was, '' while it waits in the
    queue; `child` leads the process group of the job in `session`."""

    id: str
    card: str
    card_id: str
    label: str
    argv: list[NativeText]
    redacted: bool
    cwd: NativeText
    person: str
    made: str
    started: str
    commit: str
    dirty: bool
    folder: str
    gpus: Count | None
    no_env: bool
    force: str
    aim: str
    environment: dict[str, NativeText]
    host: str
    boot_id: str
    pid_ns: str
    machine: str
    supervisor: ProcessRecord
    child: ProcessRecord
    session: Pid
    adopted: bool
    queue: QueueRecord
    slurm: JobRecord


class EndRecord(TypedDict, total=False):
    """How the job ended. `exit` is None where the shell around it was killed; `oom` says whether
    processes were killed for lack of memory, None where nothing counts them."""

    exit: int | None
    ended: str
    oom: bool | None


class StopRecord(TypedDict, total=False):
    """Who asked the run to stop, and when."""

    by: str
    at: str


class SchedulerRecord(TypedDict, total=False):
    """SLURM's latest answer about a job: the parts of a `Verdict`."""

    state: RunState
    evidence: str
    exit: int | None
    why: str
    reason: str
    internal: bool
    failed: str
    task: str
    started: str
    ended: str
    elapsed: Seconds | None
    waited: Seconds | None
    gpus: Count | None
    nodes: str
    listed: bool
    lives: list[LifeRow]
    tasks: Count
    task_ends: list[list[Any]]
    at_work: Count
    at_work_since: str


Record = TypeVar("Record", StartRecord, EndRecord, StopRecord, SchedulerRecord)


def record_of(kind: type[Record], values: object) -> Record:
    """The record that a JSON document is; an empty one where it is none."""
    wanted: Any = kind
    try:
        record: Record = _reader(wanted)(values)
    except ValueError:
        return kind()
    return record


def left_out(values: object, record: object) -> list[str]:
    """The names of the parts of a JSON document that are not in the record that was read from it,
    since they are not of their kind: `card_id`, `slurm.stdout`."""
    return [*_left_out(values, record)]


def _left_out(values: object, kept: object, within: str = "") -> Iterator[str]:
    if not (isinstance(values, dict) and isinstance(kept, dict)):
        return
    for name, part in values.items():
        if name not in kept:
            yield f"{within}{name}"
        else:
            yield from _left_out(part, kept[name], f"{within}{name}.")


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """Reads a part of this kind; ValueError where it is of another."""
    if kind is Any:
        return lambda value: _text(value) if isinstance(value, str) else value
    if is_typeddict(kind):
        return _parts(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if kind == NativeText:
        return _native_text
    if origin is Annotated:
        return _within(*inner)
    if origin in (Union, UnionType):
        [wanted] = (one for one in inner if one is not type(None))
        read = _reader(wanted)
        return lambda value: None if value is None else read(value)
    if origin is list:
        item = _reader(inner[0])
        return lambda value: [item(one) for one in _exactly(list, value)]
    if origin is tuple:
        items = tuple(map(_reader, inner))
        return lambda value: tuple(
            read(one) for read, one in zip(items, _exactly(list, value), strict=True)
        )
    if origin is dict:
        key, content = map(_reader, inner)
        return lambda value: {key(k): content(v) for k, v in _exactly(dict, value).items()}
    if kind is str:
        return _text
    if issubclass(kind, Enum):
        return lambda value: kind(value)
    return lambda value: _exactly(kind, value)


def _parts(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind, include_extras=True)
    readers = {
        name: _reader(get_args(hint)[0] if get_origin(hint) is NotRequired else hint)
        for name, hint in hints.items()
    }

    def read(value: Any) -> Any:
        record = {}
        for name, part in _exactly(dict, value).items():
            try:
                record[name] = readers[name](part) if name in readers else part
            except ValueError:
                continue
        if not kind.__required_keys__ <= record.keys():
            raise ValueError
        return record

    return read


def _within(kind: Any, numbers: range) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if _exactly(kind, value) not in numbers:
            raise ValueError
        return value

    return read


def _text(value: Any) -> str:
    if not keepable(_exactly(str, value)):
        raise ValueError
    return str(value)


def _native_text(value: Any) -> str:
    # Encoding refuses half characters that stand for no byte of a name.
    if b"\0" in _exactly(str, value).encode(errors="surrogateescape"):
        raise ValueError  # no file and no program has such a name
    return str(value)


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError
    return value
