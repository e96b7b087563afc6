"""Triage, in words and as JSON."""

from typing import Any, TypedDict

from mlkanban.core.triage_session import TriageSession, in_minutes
from mlkanban.display.number_view import (
    Day,
    Figures,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.triage import TriageNumbers
from mlkanban.flow.triage import triage as count
from mlkanban.text import quantity

_CONVENTION = "by the day a session began; active time"


WeekJson = TypedDict("WeekJson", {"from": Day, "sessions": int, "decisions": int, "minutes": float})


class TriageJson(NumberJson):
    """`last` is the last session as it is written in the log."""

    n: int
    decisions: int
    decided: dict[str, int]
    minutes: float
    per_minute: float | None
    snooze_rate: float | None
    override_rate: float | None
    undo_rate: float | None
    skipped: int
    median_minutes: float | None
    weeks: list[WeekJson]
    last: dict[str, Any] | None


def to_json(triage: TriageNumbers) -> TriageJson:
    return {
        "n": triage.n,
        "decisions": triage.decisions,
        "decided": triage.decided,
        "minutes": triage.minutes,
        "per_minute": triage.per_minute,
        "snooze_rate": triage.snooze_rate,
        "override_rate": triage.override_rate,
        "undo_rate": triage.undo_rate,
        "skipped": triage.skipped,
        "median_minutes": triage.median_minutes,
        "weeks": [
            {
                "from": week.first.isoformat(),
                "sessions": len(week.sessions),
                "decisions": week.decisions,
                "minutes": week.minutes,
            }
            for week in triage.weeks
        ],
        "last": triage.sessions[-1].to_field() if triage.sessions else None,
        "convention": _CONVENTION,
        **scope_json(triage.scope),
    }


def figures(triage: TriageNumbers) -> Figures:
    return (
        ("sessions", str(triage.n)),
        ("decisions", str(triage.decisions)),
        ("a minute", _number(triage.per_minute)),
        ("snoozed", _percent(triage.snooze_rate)),
    )


def summary(triage: TriageNumbers) -> Summary:
    note = f"n {triage.n} | {scope_text(triage.scope)} | {_CONVENTION}"
    if not triage.sessions:
        none = "No triage session in this window; i on the board begins one."
        return Summary("Triage", (none,), None, note)
    median = triage.median_minutes
    speed = f"{_number(triage.per_minute)} decisions a minute" + (
        "" if median is None else f" | half of the sessions took {median:.1f} minutes or less"
    )
    lines = (
        f"{quantity(triage.n, 'session')}: {quantity(triage.decisions, 'decision')}"
        f" in {in_minutes(triage.minutes)}, {quantity(triage.skipped, 'card')} skipped",
        speed,
        f"snoozed {_percent(triage.snooze_rate)}"
        f" | over a limit {_percent(triage.override_rate)} of those moved on"
        f" | taken back {_percent(triage.undo_rate)}",
        f"the last on {triage.last_at:%Y-%m-%d %H:%M}: {_session_text(triage.sessions[-1])}",
    )
    rows = tuple(
        (str(w.first), str(len(w.sessions)), str(w.decisions), f"{w.minutes:.0f}")
        for w in triage.weeks
    )
    return Summary("Triage", lines, Table(("week from", "sessions", "decided", "min"), rows), note)


def _session_text(session: TriageSession) -> str:
    left = f", {len(session.left)} left" if session.left else ""
    count = f"{session.decisions} of {session.queue} decided"
    return f"{count} in {in_minutes(session.minutes)}{left}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


NUMBER = NumberView(
    "triage",
    count,
    summary,
    figures,
    to_json,
    picture="triage",
)
