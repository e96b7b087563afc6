"""The tasks of a job array: the file of each, and what it reported there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from glob import escape, glob
from pathlib import Path
from typing import Any

from mlkanban.growing_file import GrowingFile
from mlkanban.runs.model.metric_lines import MARK, MOST_UNREAD, Reported, reported
from mlkanban.runs.model.records import JobRecord, LifeRow
from mlkanban.runs.model.task_end import TaskEnd

_MOST_TASKS = 1000
"""So many tasks of an array are kept with its run."""
_METRICS_BYTES = 16 * 1024 * 1024
_PARTS = re.compile(r"(\?\*|\*)")
_APART = frozenset(("task", "job", None))
"""By which number the tasks of an array write to files of their own; None in a start.json of an
earlier version."""


def write_apart(job: JobRecord) -> bool:
    """Whether this job is an array whose tasks write to files of their own."""
    return job.get("by") in _APART and "*" in job.get("stdout", "").replace("?*", "")


def files_by_number(pattern: str) -> dict[int, Path]:
    """The files with a path in which `*` is a number, `?*` anything, by that number; by any number
    where there is no `*`."""
    parts = _PARTS.split(pattern)
    path = re.compile("".join({"*": r"(\d+)", "?*": ".+"}.get(p, re.escape(p)) for p in parts))
    known = glob("".join("*" if p in ("*", "?*") else escape(p) for p in parts))
    matches = filter(None, map(path.fullmatch, sorted(known)))
    return {
        int(match[1]) if path.groups else at: Path(match[0]) for at, match in enumerate(matches)
    }


def file_of(job: JobRecord, pattern: str, task: int, ends: Sequence[TaskEnd]) -> Path | None:
    """The file with the stream of this pattern of the task with this number; of a task that has not
    ended it may not be known which it is."""
    end = next((end for end in ends if end.number == task), None)
    number = task if end is None else _number(job, end)
    return files_by_number(pattern).get(number)


def tasks_report(
    job: JobRecord, ends: Sequence[TaskEnd], lives: Iterable[LifeRow] = ()
) -> dict[str, Any]:
    """The fields of a run about the tasks of its array, which ended so, and were started then, by
    scheduler.json."""
    starts: dict[str, int] = {}
    for task, _, start, _ in lives:
        starts[task] = min(start, starts.get(task, start))
    files = files_by_number(job.get("stdout", ""))
    tasks, unread = [], []
    for end in sorted(ends, key=lambda end: end.number)[:_MOST_TASKS]:
        file = files.get(_number(job, end))
        found = reported_in(file) if file else Reported({})
        tasks.append(
            [
                end.number, end.state.value, end.seconds, end.why, found.values,
                starts.get(end.task), end.end,
            ]
        )  # fmt: skip
        unread += [f"task {end.number}: {text}" for text in found.unread]
    return {
        "tasks": tasks,
        "task_params": job.get("task_params", {}),
        "unread": unread[:MOST_UNREAD],
    }


def left_out(ends: Sequence[TaskEnd]) -> str:
    """A sentence about tasks that are not kept, '' when all are."""
    more = len(ends) - _MOST_TASKS
    return (
        f"the values of {more:,} tasks are left out: {_MOST_TASKS:,} are kept" if more > 0 else ""
    )


def _number(job: JobRecord, end: TaskEnd) -> int:
    """The number of a task in the names of its files."""
    return int(end.raw) if job.get("by") == "job" and end.raw.isdecimal() else end.number


def reported_in(file: Path, most: int = _METRICS_BYTES) -> Reported:
    """What a log reports in its last `most` bytes. It may be looked at for as long as a queue lists
    its job, so nothing is read twice."""
    try:
        status = file.stat()
    except OSError:
        return Reported({})
    return _read_once(file, status.st_size, status.st_mtime_ns, most)


@lru_cache(maxsize=4096)
def _read_once(file: Path, size: int, changed: int, most: int) -> Reported:
    try:
        return reported(GrowingFile(file, max(0, size - most)).read(MARK.encode(), over=True).lines)
    except OSError:
        return Reported({})
