"""The ids of runs that were started here: their form, and how people shorten them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlkanban.errors import UsageProblem

ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_TASK = re.compile(r"(.+)_(\d+)")
_NAMED = 3


def alike(ids: Iterable[str], wanted: str) -> list[str]:
    """The ids that a person may mean: the one that was typed, or else all that have it as their
    beginning, as their end, or as the beginning of the short id at their end."""
    ids = list(ids)
    if wanted in ids:
        return [wanted]
    return [
        run for run in ids
        if wanted and (run.startswith(wanted) or run.endswith(wanted)
                       or run.rpartition("-")[2].startswith(wanted))
    ]  # fmt: skip


def only_one(ids: Iterable[str], wanted: str) -> str:
    """The id that a person means, '' where there is none; UsageProblem where there are several."""
    matching = alike(ids, wanted)
    if len(matching) > 1:
        names = " or ".join(matching[-_NAMED:])
        raise UsageProblem(f"{wanted!r} could be {names}.", "Type more of the id.")
    return matching[0] if matching else ""


def split_task(wanted: str) -> tuple[str, int | None]:
    """The id of a run, or a part of it, and the number of a task of its array that is behind it:
    `20260320-100000-0123abcd_3`."""
    match = _TASK.fullmatch(wanted)
    return (match[1], int(match[2])) if match else (wanted, None)
