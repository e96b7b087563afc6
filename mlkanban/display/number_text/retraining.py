"""Retraining, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Day,
    Figures,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
    withheld_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.percentiles import needed
from mlkanban.flow.retraining import Days, Loop, LoopDays, Releases, RetrainingLoops
from mlkanban.flow.retraining import retraining as count
from mlkanban.hints import hint
from mlkanban.text import quantity

_CONVENTION = "calendar days, both ends counted; nearest rank; by the day they ended"


class DaysJson(TypedDict):
    n: int
    median: int | None
    p85: int | None
    days: list[int]


class LoopDaysJson(DaysJson):
    """`unfinished` ones are not in `days`; the percentiles `with_open` count them as long as they
    lasted (Kaplan-Meier), null where too few are known or it is not reached."""

    unfinished: int
    median_with_open: int | None
    p85_with_open: int | None


class LoopJson(TypedDict):
    model: str
    title: str
    line: str
    first_alert: Day
    retrain: str | None
    alert_to_retrain: int | None
    alert_to_redeploy: int | None
    health: str | None
    days: int
    open: bool


class ModelJson(TypedDict):
    model: str
    title: str
    open: int
    alert_to_retrain: LoopDaysJson
    alert_to_redeploy: LoopDaysJson


class ReleasesJson(TypedDict):
    n: int
    rolled_back: int
    share_rolled_back: float | None
    days_to_restore: DaysJson
    rolled_back_without_alert: int


class RetrainingJson(NumberJson):
    n: int
    releases: ReleasesJson
    alert_to_retrain: LoopDaysJson
    alert_to_redeploy: LoopDaysJson
    open: list[LoopJson]
    without_retraining: int
    loops: list[LoopJson]
    models: list[ModelJson]


def _loop_json(loop: Loop) -> LoopJson:
    return {
        "model": loop.model, "title": loop.title, "line": loop.line,
        "first_alert": loop.first_alert,
        "retrain": loop.retrain or None, "alert_to_retrain": loop.alert_to_retrain,
        "alert_to_redeploy": loop.alert_to_redeploy, "health": loop.health or None,
        "days": loop.days, "open": loop.over is None,
    }  # fmt: skip


def _days_json(days: Days) -> DaysJson:
    return {
        "n": days.n, "median": days.percentile(50), "p85": days.percentile(85),
        "days": list(days.values),
    }  # fmt: skip


def _loop_days_json(days: LoopDays) -> LoopDaysJson:
    return {
        **_days_json(days), "unfinished": days.unfinished, "median_with_open": days.with_open(50),
        "p85_with_open": days.with_open(85),
    }  # fmt: skip


def _loop_days_text(days: LoopDays) -> str:
    """The same, and how long it takes when those without an end count as long as they lasted."""
    if not _counts_open(days):
        return _days_text(days)
    known = [(p, days.with_open(p)) for p in (50, 85) if days.n + days.unfinished >= needed(p)]
    told = ", ".join(
        f"{'half' if p == 50 else f'{p} %'} {f'within {time}' if time else _not_told(days)}"
        for p, time in known
    )
    return f"{_days_text(days)} | counting open ones: {told}"


def _not_told(days: LoopDays) -> str:
    withheld = days.survival.withheld
    return "not reached" if withheld is None else withheld_text(withheld)


def _counts_open(days: LoopDays) -> bool:
    return bool(days.unfinished) and days.n + days.unfinished >= needed(50)


def _days_text(days: Days) -> str:
    """`n 6 | half within 4 days`, or the days themselves where they are few."""
    half, most = days.percentile(50), days.percentile(85)
    if not days.n:
        return "none in this window"
    if half is None:
        listed = ", ".join(map(str, days.values))
        return f"n {days.n}: {listed} days (a median needs {needed(50)})"
    return f"n {days.n}: half within {half} {'day' if half == 1 else 'days'}" + (
        "" if most is None else f", 85 % within {most}"
    )


def to_json(loops: RetrainingLoops) -> RetrainingJson:
    return {
        "n": len(loops.loops),
        "releases": {
            "n": loops.releases.n,
            "rolled_back": loops.releases.rolled_back,
            "share_rolled_back": loops.releases.share,
            "days_to_restore": _days_json(loops.releases.restore),
            "rolled_back_without_alert": loops.releases.without_alert,
        },
        "alert_to_retrain": _loop_days_json(loops.alert_to_retrain),
        "alert_to_redeploy": _loop_days_json(loops.alert_to_redeploy),
        "open": [_loop_json(loop) for loop in loops.open],
        "without_retraining": loops.without_retraining,
        "loops": [_loop_json(loop) for loop in loops.loops],
        "models": [
            {
                "model": ref, "title": title, "open": still,
                "alert_to_retrain": _loop_days_json(retrain),
                "alert_to_redeploy": _loop_days_json(redeploy),
            }
            for ref, title, retrain, redeploy, still in loops.lines
        ],
        "convention": _CONVENTION,
        **scope_json(loops.scope),
    }  # fmt: skip


def figures(loops: RetrainingLoops) -> Figures:
    return (
        ("redeployed", str(loops.alert_to_redeploy.n)),
        ("to retrain", _shown(loops.alert_to_retrain.percentile(50))),
        ("to redeploy", _shown(loops.alert_to_redeploy.percentile(50))),
        ("open", str(len(loops.open))),
    )


def summary(loops: RetrainingLoops) -> Summary:
    note = f"n {len(loops.loops)} | {scope_text(loops.scope)} | {_CONVENTION}"
    released = _released_lines(loops.releases)
    if not loops.loops:
        none = hint("No alert in this window; {reading MODEL} records one.")
        return Summary("Retraining", (none, *released), None, note)
    still = loops.open
    lines = [
        f"first alert to commitment: {_loop_days_text(loops.alert_to_retrain)}",
        f"first alert to delivery: {_loop_days_text(loops.alert_to_redeploy)}",
    ]
    if still:
        oldest = f"the oldest {still[0].model} for {quantity(still[0].days, 'day')}"
        apart = "" if _counts_open(loops.alert_to_redeploy) else " and not in these days"
        lines.append(f"{len(still)} still open{apart}, {oldest}")
    if loops.without_retraining:
        lines.append(f"{loops.without_retraining} ended without a retrained model")
    lines += released
    rows = tuple(
        (
            loop.model, loop.first_alert, loop.retrain or "-", _shown(loop.alert_to_retrain),
            _shown(loop.alert_to_redeploy), loop.state, str(loop.days), loop.title,
        )
        for loop in loops.loops
    )  # fmt: skip
    head = ("model", "first alert", "retrain", "begun", "in use", "state", "days", "title")
    return Summary("Retraining", tuple(lines), Table(head, rows), note)


def _released_lines(releases: Releases) -> list[str]:
    """How many releases were rolled back, and how long the first alert was before."""
    lines = []
    if releases.n:
        share = f" ({100 * releases.rolled_back / releases.n:.0f} %)" if releases.n >= 10 else ""
        lines.append(
            f"{quantity(releases.n, 'release')} in the window,"
            f" {releases.rolled_back} rolled back{share}"
        )
    if releases.restore.n:
        lines.append(f"first alert to rollback: {_days_text(releases.restore)}")
    if releases.without_alert:
        lines.append(f"{quantity(releases.without_alert, 'rollback')} without an alert before")
    return lines


def _shown(days: int | None) -> str:
    return "-" if days is None else f"{days} d"


NUMBER = NumberView(
    "retraining",
    count,
    summary,
    figures,
    to_json,
    picture="retraining",
)
