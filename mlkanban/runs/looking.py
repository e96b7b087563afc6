"""A run as it is now, from its folder and from its processes where these can be seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mlkanban.core.instants import instant
from mlkanban.core.runs.judging import Judgement, Place, RunState, Seen, judge
from mlkanban.core.runs.last_words import SHOWN, death, last_lines
from mlkanban.core.runs.reported import reported
from mlkanban.runs.folder import RunFolder, tail
from mlkanban.runs.processes import Process, alive, group

_FOR_METRICS = 16 * 1024 * 1024


def judged(folder: RunFolder, start: dict[str, Any], here: Place, now: datetime) -> Judgement:
    """What became of a run that `start` speaks of."""
    at = Place(*(str(start.get(name, "")) for name in ("host", "boot_id", "pid_ns")))
    child, supervisor = (_process(start.get(name)) for name in ("child", "supervisor"))
    visible = at == here
    child_alive = alive(child) if visible and child else None
    in_group = bool(
        visible and child and not child_alive and group(child, int(start.get("session") or 0))
    )
    supervisor_alive = alive(supervisor) if visible and supervisor else None
    # After the processes were looked at: they write it before they go.
    end = folder.end()
    code = end.get("exit")
    return judge(
        Seen(
            here=here,
            at=at,
            age=(now - _moment(start.get("made"), now)).total_seconds(),
            heartbeat=folder.heartbeat(now),
            end_written=bool(end),
            exit=code if isinstance(code, int) else None,
            rc=folder.rc(),
            supervisor=supervisor_alive,
            child=child_alive,
            group=in_group,
            asked=folder.asked(),
        )
    )


def report(folder: RunFolder, here: Place, now: datetime) -> dict[str, Any] | None:
    """What the board keeps of a run; None when its folder says nothing (yet)."""
    start = folder.start()
    if not start.get("card"):
        return None
    found = judged(folder, start, here, now)
    made: dict[str, Any] = {
        "argv": [str(word) for word in start.get("argv") or ()],
        "host": str(start.get("host", "")),
        "state": found.state.value,
        "evidence": found.evidence,
        "exit": found.exit,
        "started": str(start.get("started") or start.get("made") or ""),
        "commit": str(start.get("commit", "")),
        "dirty": bool(start.get("dirty")),
        "gpus": start.get("gpus"),
        "force": str(start.get("force", "")),
    }
    if found.state.ended:
        made |= _ending(folder, found, start)
    return made


def _ending(folder: RunFolder, found: Judgement, start: dict[str, Any]) -> dict[str, Any]:
    end = folder.end()
    lines = last_lines(tail(folder.err))
    made: dict[str, Any] = {
        "ended": str(end.get("ended") or _written(folder) or start.get("started") or ""),
        "metrics": reported(tail(folder.out, _FOR_METRICS).splitlines()),
        "last": lines[-SHOWN:],
    }
    if found.state is RunState.FAILED:
        died = death(found.exit, lines, oom=bool(end.get("oom")))
        made |= {"why": died.why, "reason": died.reason.value}
    return made


def why(folder: RunFolder, found: Judgement) -> str:
    """Why a run that did not finish ended, for the person who watched it."""
    if found.state is not RunState.FAILED:
        return found.evidence
    oom = bool(folder.end().get("oom"))
    return death(found.exit, last_lines(tail(folder.err)), oom=oom).why


def _written(folder: RunFolder) -> str:
    """When the exit status, or else the last of the output, was written."""
    for file in (folder.rc_file, folder.err, folder.out):
        try:
            status = file.stat()
        except OSError:
            continue
        if status.st_size:
            return instant(datetime.fromtimestamp(status.st_mtime, UTC))
    return ""


def _process(value: Any) -> Process | None:
    if isinstance(value, dict) and isinstance(value.get("pid"), int):
        return Process(value["pid"], str(value.get("start", "")))
    return None


def _moment(text: Any, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
