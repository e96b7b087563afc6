"""GPU-hours and runs that the runs of a card used, and their share of its budget."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from mlkanban.core.budget import Budget, Unit, parse_budget
from mlkanban.core.timestamps import moment
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState

WARNS_AT = 0.8
"""The part of a budget from which on it is warned of."""


class Usage(NamedTuple):
    """`unknown` are the runs of which it is not known how many gpus they used, or how long."""

    gpu_hours: float = 0.0
    unknown: int = 0


def length(run: Run, now: datetime) -> timedelta | None:
    """How long a run ran, or has run by now; None when that is not known. The time that a scheduler
    let it wait is none."""
    begun, ended = moment(run.started), moment(run.ended)
    unknown = run.job and run.state.ended and run.elapsed is None and not run.task_count
    if run.state is RunState.QUEUED or unknown:
        return timedelta(seconds=run.elapsed) if run.elapsed else None
    if begun is None or (not run.may_go_on and ended is None):
        return None
    return (ended or now) - begun - timedelta(seconds=run.waited or 0)


def gpu_hours(run: Run, now: datetime) -> float | None:
    """The GPU-hours of a run, up to now while it goes on, by its scheduler's count of the time
    where there is one; None when unknown.

    A waiting run uses nothing, and neither does a job that never began, except what it used before
    it was requeued. Of an array, `gpus` are those of each task.
    """
    begun, ended = moment(run.started), moment(run.ended)
    if run.gpus == 0 or run.never_started or (run.state is RunState.QUEUED and not run.elapsed):
        return 0.0
    if run.gpus is not None and run.elapsed is not None:
        since = moment(run.at_work_since)
        going_on = (now - since).total_seconds() * run.at_work if run.at_work and since else 0
        return run.gpus * (run.elapsed + max(0.0, going_on)) / 3600
    if run.gpus is None or run.task_count or begun is None or (not run.may_go_on and ended is None):
        return None
    seconds = ((ended or now) - begun).total_seconds() - (run.waited or 0)
    return run.gpus * max(0.0, seconds / 3600)


def usage(runs: Iterable[Run], now: datetime) -> Usage:
    """The usage of several runs together."""
    hours = [gpu_hours(run, now) for run in runs]
    known = [known_hours for known_hours in hours if known_hours is not None]
    return Usage(math.fsum(known), len(hours) - len(known))


class Spending(NamedTuple):
    """What is `used` of a budget, in its unit; `unknown` counts runs left out because their GPUs or
    duration are unknown."""

    budget: Budget
    used: float
    unknown: int = 0

    @property
    def share(self) -> float:
        """The used part of the budget; 1 is all of it."""
        return self.used / self.budget.amount

    @property
    def warning(self) -> str:
        """`82 % used, 33 of 40 gpu-h` from `WARNS_AT` on; '' below."""
        if self.share < WARNS_AT:
            return ""
        # Rounded down: what is not used up is never called so.
        return f"{int(100 * self.share)} % used, {self}"

    @property
    def summary(self) -> str:
        """What is used, marked and with the warning where there is one."""
        return f"! {self.warning}" if self.warning else str(self)

    def __str__(self) -> str:
        return f"{shortly(self.used)} of {self.budget}{_left_out(self.unknown)}"


def spending(written: str, runs: Collection[Run], now: datetime) -> Spending | None:
    """What runs used of a budget as it is written on their card; None without one."""
    budget = parse_budget(written)
    if budget is None:
        return None
    if budget.unit is Unit.RUNS:
        return Spending(budget, sum(not run.never_started for run in runs))
    return Spending(budget, *usage(runs, now))


def usage_text(used: Usage) -> str:
    """`3.1 gpu-h (2 runs of unknown gpu-hours not counted)`; '' when there is nothing to say."""
    if not used.gpu_hours:
        return ""
    return f"{shortly(used.gpu_hours)} gpu-h{_left_out(used.unknown)}"


def _left_out(unknown: int) -> str:
    several = "run" if unknown == 1 else "runs"
    return f" ({unknown} {several} of unknown gpu-hours not counted)" if unknown else ""


def shortly(number: float) -> str:
    """`0.17`, `3.1`, `14`: few cells."""
    if number < 1:
        return f"{number:.2f}".rstrip("0").rstrip(".")
    return f"{number:.1f}" if number < 10 and f"{number:.1f}"[-1] != "0" else f"{number:.0f}"
