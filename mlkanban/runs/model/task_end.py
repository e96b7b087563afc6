"""How the tasks of a job array ended, as scheduler.json keeps it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from mlkanban.runs.model.state import RunState


class TaskEnd(NamedTuple):
    """How a task of an array ended: its name (`4242_3`), SLURM's word for that, what that means and
    why it failed. `seconds` are those of all its lives, `end` is in seconds since 1970, each None
    where it is not known; `raw` is the number of its job, which names of files may have."""

    task: str
    word: str
    state: RunState
    exit: int | None = None
    seconds: int | None = None
    end: int | None = None
    why: str = ""
    raw: str = ""

    @property
    def number(self) -> int:
        """The number of the task within its array: 3 of `4242_3`; -1 where that is none."""
        text = self.task.rpartition("_")[2]
        return int(text) if text.isdecimal() else -1


def task_ends(kept: object) -> list[TaskEnd]:
    """The ends of tasks in a list of rows, each with the fields of a TaskEnd in their order. What a
    later version adds behind them is passed over, and so are rows that are none."""
    ends = []
    for row in kept if isinstance(kept, list) else ():
        with suppress(ValueError, TypeError):
            ends.append(_task_end(*row[: len(TaskEnd._fields)]))
    return ends


def _task_end(
    task: object, word: object, state: str, exit: object = None, seconds: object = None,
    end: object = None, why: object = "", raw: object = "",
) -> TaskEnd:  # fmt: skip
    return TaskEnd(
        str(task), str(word), RunState(state), _whole(exit), _whole(seconds), _whole(end),
        str(why), str(raw),
    )  # fmt: skip


def _whole(value: Any) -> int | None:
    return value if type(value) is int else None
