"""What the runs of a card used, in gpu-hours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from mlkanban.core.instants import moment
from mlkanban.core.runs.judging import RunState
from mlkanban.core.runs.model import Run


class Usage(NamedTuple):
    """`unknown` are the runs of which it is not known how many gpus they used, or how long."""

    gpu_hours: float = 0.0
    unknown: int = 0


def gpu_hours(run: Run, now: datetime) -> float | None:
    """What a run used, up to now where it goes on, by its scheduler's count of the time where there
    is one; None when that is not known. One that waits uses nothing."""
    begun, ended = moment(run.started), moment(run.ended)
    if run.gpus == 0 or run.state is RunState.QUEUED:
        return 0.0
    if run.gpus is not None and run.elapsed is not None:
        return run.gpus * run.elapsed / 3600
    if run.gpus is None or begun is None or (run.state.ended and ended is None):
        return None
    return run.gpus * max(0.0, ((ended or now) - begun).total_seconds() / 3600)


def usage(runs: Iterable[Run], now: datetime) -> Usage:
    """What runs used together."""
    hours = [gpu_hours(run, now) for run in runs]
    known = [one for one in hours if one is not None]
    return Usage(math.fsum(known), len(hours) - len(known))


def usage_text(used: Usage) -> str:
    """`3.1 gpu-h (2 runs of unknown gpus not counted)`; '' when there is nothing to say."""
    if not used.gpu_hours:
        return ""
    several = "run" if used.unknown == 1 else "runs"
    more = f" ({used.unknown} {several} of unknown gpus not counted)" if used.unknown else ""
    return f"{shortly(used.gpu_hours)} gpu-h{more}"


def shortly(number: float) -> str:
    """`3.1`, `14`: few cells."""
    return f"{number:.1f}" if number < 10 and f"{number:.1f}"[-1] != "0" else f"{number:.0f}"
