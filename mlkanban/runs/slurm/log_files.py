"""Where a job of SLURM writes to. The controller names its files with the numbers of the job and
the task in them, but leaves placeholders of sbatch with a width (`%3a`) as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mlkanban.runs.model.records import JobRecord

_NO_TASK = 0xFFFFFFFE
"""What stands for the number of a task that has none yet."""
_PLACEHOLDER = re.compile(r"%(\d*)([aAjJNnstux%])")
OTHER = "?*"
"""What is not known of a name, in a pattern in which `*` is the number of a task."""
_KEYS = ("StdOut", "StdErr", "StdIn")


class _Pattern(NamedTuple):
    """A path with `*` for a number, and whose number that is: `task` or `job`, '' for none."""

    path: str
    by: str = ""


def log_files(records: Sequence[Mapping[str, str]]) -> JobRecord:
    """The files of a job of which the controller keeps these records, for an array one for each
    task that has started: `stdout`, `stderr` and `stdin`, '' where it does not name them.

    In those of an array `*` is the number of a task, or, where `by` is `job`, the number that the
    task has as a job. `by` is `all` where all tasks write to one file, and '' while that is not
    known.
    """
    if not records:
        return {"stdout": "", "stderr": "", "stdin": "", "by": ""}
    first = records[0]
    if "ArrayJobId" not in first:
        out, err, source = (_expanded(first.get(key, ""), first) for key in _KEYS)
        return {"stdout": out, "stderr": err, "stdin": source}
    # The last task of an array to start has the array's own number as a job, which says nothing.
    started = [
        record for record in records
        if record.get("ArrayTaskId", "").isdecimal()
        and record.get("JobId") != record["ArrayJobId"]
    ]  # fmt: skip
    outs, errs, sources = (_pattern(first, started, key) for key in _KEYS)
    return {
        "stdout": outs.path, "stderr": errs.path, "stdin": sources.path,
        "by": outs.by or ("all" if started else ""),
    }  # fmt: skip


def _pattern(first: Mapping[str, str], started: Sequence[Mapping[str, str]], key: str) -> _Pattern:
    """The pattern of a file, from the array's first record and those of tasks that started."""
    path = first.get(key, "")
    if re.search(r"%\d*a", path) or str(_NO_TASK) in path:
        return _Pattern(_expanded(path.replace(str(_NO_TASK), "%a"), first), "task")
    if re.search(r"%\d*j", path):
        return _Pattern(_expanded(re.sub(r"%\d*j", "%a", path), first), "job")
    for by, number_of in (("task", "ArrayTaskId"), ("job", "JobId")):
        found = {_starred(record, key, number_of) for record in started}
        if len(found) == 1 and (pattern := found.pop()):
            return _Pattern(pattern, by)
    return _Pattern(_expanded(path, first))


def _starred(record: Mapping[str, str], key: str, number_of: str) -> str:
    """The path of a file of a task with `*` for the last such number in its name; '' where it has
    none but that of the array."""
    number = record.get(number_of, "")
    parent, slash, file = _expanded(record.get(key, ""), record).rpartition("/")
    matches = list(re.finditer(rf"(?<!\d)0*{number}(?!\d)", file))
    if not number or len(matches) <= (number == record.get("ArrayJobId")):
        return ""
    start, end = matches[-1].span()
    return f"{parent}{slash}{file[:start]}*{file[end:]}"


def _expanded(path: str, record: Mapping[str, str]) -> str:
    """A path without placeholders: `*` for the number of the task."""
    job = record.get("JobId", "")
    values = {
        "a": "*", "A": record.get("ArrayJobId") or job, "j": job, "J": job, "%": "%",
        "x": record.get("JobName", ""), "u": record.get("UserId", "").partition("(")[0],
    }  # fmt: skip

    def value(match: re.Match[str]) -> str:
        width, name = match.groups()
        found = values.get(name) or OTHER
        return found.zfill(int(width)) if width and found.isdecimal() else found

    return _PLACEHOLDER.sub(value, path)
