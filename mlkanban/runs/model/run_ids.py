"""The ids of runs that were started here: their form."""

from __future__ import annotations

import re

ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_TASK = re.compile(r"(.+)_(\d+)")


def split_task(wanted: str) -> tuple[str, int | None]:
    """The id of a run, or a part of it, and the number of a task of its array that is behind it:
    `20260320-100000-0123abcd_3`."""
    match = _TASK.fullmatch(wanted)
    return (match[1], int(match[2])) if match else (wanted, None)
