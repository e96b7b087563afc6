"""What the runs of a card used, and what it may use: gpu-hours, or a number of runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from mlkanban.core.instants import moment
from mlkanban.core.runs.model import Run
from mlkanban.errors import UsageProblem

GPU_HOURS, RUNS = "gpu-h", "runs"
NEARLY = 0.8
_BUDGET = re.compile(
    r"(?P<number>\d{1,7}(?:\.\d{1,4})?)\s*(?P<unit>gpu-?h(?:ours?)?|runs?)", re.IGNORECASE
)
_HINT = "Write 20gpu-h or 8runs, or none."


class Usage(NamedTuple):
    """`unknown` are the runs of which it is not known how many gpus they used, or how long."""

    runs: int = 0
    gpu_hours: float = 0.0
    unknown: int = 0


class Budget(NamedTuple):
    """So many gpu-hours or runs."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g}{self.unit}"

    def used(self, usage: Usage) -> float:
        """How much of it is used, in its unit."""
        return usage.gpu_hours if self.unit == GPU_HOURS else usage.runs


def parse_budget(written: str) -> Budget | None:
    """Read a budget; None for `` or `none`. UsageProblem says how it is written."""
    text = written.strip()
    if text.lower() in ("", "none"):
        return None
    found = _BUDGET.fullmatch(text)
    if not found or not float(found["number"]):
        raise UsageProblem(f"{written!r} is no budget.", _HINT)
    unit = RUNS if found["unit"].lower().startswith("run") else GPU_HOURS
    amount = float(found["number"])
    if unit == RUNS and not amount.is_integer():
        raise UsageProblem(f"{written!r} is no number of runs.", _HINT)
    return Budget(amount, unit)


def gpu_hours(run: Run, now: datetime) -> float | None:
    """What a run used, up to now where it goes on; None when that is not known."""
    begun, ended = moment(run.started), moment(run.ended)
    if run.gpus == 0:
        return 0.0
    if run.gpus is None or begun is None or (run.state.ended and ended is None):
        return None
    return run.gpus * max(0.0, ((ended or now) - begun).total_seconds() / 3600)


def usage(runs: Iterable[Run], now: datetime) -> Usage:
    """What runs used together."""
    hours = [gpu_hours(run, now) for run in runs]
    known = [one for one in hours if one is not None]
    return Usage(len(hours), math.fsum(known), len(hours) - len(known))


def budget_warning(budget: Budget | None, used: Usage) -> str:
    """A sentence when four fifths of a budget are used, another when it is used up; else ''."""
    if budget is None:
        return ""
    spent = budget.used(used)
    if spent < NEARLY * budget.amount:
        return ""
    amount = f"{shortly(spent)} of {shortly(budget.amount)} {budget.unit}"
    more = f", {_unknown(used)}" if budget.unit == GPU_HOURS and used.unknown else ""
    if spent > budget.amount:
        return f"Over budget: {amount} used{more}."
    return f"Budget nearly used: {amount}{more}."


def usage_text(budget: Budget | None, used: Usage) -> str:
    """`3.1 of 20 gpu-h (2 runs of unknown gpus not counted)`; '' when there is nothing to say."""
    if budget is not None:
        text = f"{shortly(budget.used(used))} of {shortly(budget.amount)} {budget.unit}"
    elif used.gpu_hours:
        text = f"{shortly(used.gpu_hours)} gpu-h"
    else:
        return ""
    if (budget is None or budget.unit == GPU_HOURS) and used.unknown:
        text += f" ({_unknown(used)})"
    return text


def shortly(number: float) -> str:
    """`3.1`, `14`: few cells."""
    return f"{number:.1f}" if number < 10 and f"{number:.1f}"[-1] != "0" else f"{number:.0f}"


def _unknown(used: Usage) -> str:
    several = "run" if used.unknown == 1 else "runs"
    return f"{used.unknown} {several} of unknown gpus not counted"
