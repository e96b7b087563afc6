"""The runs of a card that somebody queued or started together, as a script does for a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mlkanban.core.timestamps import moment
from mlkanban.runs.model.parameters import PROGRAMS, parameters
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import FAILED, RunState

_PAUSE = timedelta(seconds=10)
"""The longest between two runs that a script starts or queues one after the other. Who first looks
at what failed takes longer."""
_BUSY_PAUSE = timedelta(minutes=5)
"""The longest where both were queued and the earlier had not ended: a busy machine takes its time,
and scripts sleep."""
_MOST_NAMED = 4
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


def newest_sweep(runs: Sequence[Run]) -> list[Run]:
    """The runs of a card that were queued or started together last, and those from earlier that had
    not ended by then; oldest first. A run that was started after another had ended is not of its
    sweep, whatever became of that: it may be the one that mends it. Of queued runs the first may be
    over before the last is queued. Runs that only a tracker knows are none of them."""
    came = {run.id: _came(run) for run in runs if run.state is not RunState.TRACKED}
    own = sorted((run for run in runs if run.id in came), key=lambda run: (came[run.id], run.id))
    if not own or came[own[-1].id] == _LONG_AGO:
        return own[-1:]
    first = own[-1]
    together = {first.id}
    for run in reversed(own[:-1]):
        pause = came[first.id] - came[run.id]
        if pause > _BUSY_PAUSE:
            break
        went_on, queued = _ended(run) >= came[first.id], bool(run.made and first.made)
        if (went_on or queued) and pause <= (_BUSY_PAUSE if went_on and queued else _PAUSE):
            together.add(run.id)
            first = run
    begin = came[first.id]
    return [
        run for run in own if run.id in together or (came[run.id] < begin and _ended(run) >= begin)
    ]


def not_over_at(runs: Sequence[Run], begin: datetime) -> list[Run]:
    """The runs of a card that have not ended, or not before `begin`; oldest first."""
    own = [run for run in runs if run.state is not RunState.TRACKED]
    return [run for run in reversed(own) if _ended(run) >= begin]


def failures_text(runs: Sequence[Run]) -> str:
    """How many of the runs of one script that were started together last failed: `1 of 6 runs
    started together failed: 4f1c2a90`; '' where none did, or there is only one."""
    together = newest_sweep(runs)
    together = [run for run in together if _script(run) in ("", _script(together[-1]))]
    failed = [run.id.rpartition("-")[2] for run in together if run.state in FAILED]
    if not failed or len(together) == 1:
        return ""
    names = ", ".join(failed[:_MOST_NAMED]) + (", .." if len(failed) > _MOST_NAMED else "")
    return f"{len(failed)} of {len(together)} runs started together failed: {names}"


def _script(run: Run) -> str:
    """What a run executes, '' where nobody knows."""
    known = parameters(run.argv)
    return next((known[name] for name in PROGRAMS if name in known), "")


def _came(run: Run) -> datetime:
    """When it was queued or started; long ago where nobody knows."""
    return moment(run.made or run.started) or _LONG_AGO


def _ended(run: Run) -> datetime:
    """When it ended; later than anything where it goes on, and when it came where nobody knows."""
    if not run.state.ended:
        return _NEVER
    return moment(run.ended) or _came(run)
