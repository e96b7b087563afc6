"""Where the time goes, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.efficiency import Efficiency, Share, Spent
from mlkanban.flow.efficiency import efficiency as count
from mlkanban.flow.percentiles import needed, whole_percents
from mlkanban.hints import hint

_CONVENTION = "real days of 24 hours from commitment to delivery, all visits"


class SharesJson(TypedDict):
    active: float | None
    unattended: float | None
    waiting: float | None
    blocked: float | None


class EfficiencyStageJson(TypedDict):
    stage: str
    active_days: float
    unattended_days: float
    waiting_days: float
    blocked_days: float


class EfficiencyJson(NumberJson):
    n: int
    configured: bool
    efficiency: float | None
    shares: SharesJson
    stages: list[EfficiencyStageJson]


def to_json(efficiency: Efficiency) -> EfficiencyJson:
    return {
        "n": efficiency.n,
        "configured": efficiency.configured,
        "efficiency": efficiency.efficiency,
        "shares": {
            "active": efficiency.share(Share.ACTIVE),
            "unattended": efficiency.share(Share.UNATTENDED),
            "waiting": efficiency.share(Share.WAITING),
            "blocked": efficiency.share(Share.BLOCKED),
        },
        "stages": [
            {
                "stage": stage.stage,
                "active_days": stage.spent.days(Share.ACTIVE),
                "unattended_days": stage.spent.days(Share.UNATTENDED),
                "waiting_days": stage.spent.days(Share.WAITING),
                "blocked_days": stage.spent.days(Share.BLOCKED),
            }
            for stage in efficiency.stages
        ],
        "convention": _CONVENTION,
        **scope_json(efficiency.scope),
    }


def figures(efficiency: Efficiency) -> Figures:
    shown = {share: f"{percent} %" for share, percent in efficiency.percents.items()}
    share = efficiency.efficiency
    return (
        ("n", str(efficiency.n)),
        ("efficiency", "-" if share is None else f"{100 * share:.0f} %"),
        *((part.value, shown.get(part, "-")) for part in Share),
    )


def summary(efficiency: Efficiency) -> Summary:
    note = f"n {efficiency.n} finished | {scope_text(efficiency.scope)} | {_CONVENTION}"
    if not efficiency.n or not efficiency.total.total:
        what = finished_cards(efficiency.n) if not efficiency.n else "No time"
        return Summary("Flow efficiency", (f"{what} to divide.",), None, note)
    shares = efficiency.percents
    if not efficiency.configured:
        lines = [
            "Flow efficiency: not configured. Waiting cannot be told from work here:",
            hint("give those where work waits the kind queue or gate: {stages kind}."),
        ]
    elif efficiency.efficiency is None:
        lines = ["Flow efficiency: all time was that of unattended runs."]
    else:
        lines = [
            f"Flow efficiency {100 * efficiency.efficiency:.0f} %: the hands-on share of the"
            f" time of {finished_cards(efficiency.n)}, unattended runs left out",
            f"All time of finished cards: {shares[Share.ACTIVE]} % hands on,"
            f" {shares[Share.UNATTENDED]} % unattended,"
            f" {shares[Share.WAITING] + shares[Share.BLOCKED]} % waiting or blocked",
        ]
    percents = whole_percents([s.spent.total / efficiency.total.total for s in efficiency.stages])
    rows = [_row(s.stage, s.spent, p) for s, p in zip(efficiency.stages, percents, strict=True)]
    rows.append(_row("all", efficiency.total, 100))
    hands_on = "hands-on d" if efficiency.configured else "hands-on or waiting d"
    head = ("stage", hands_on, "unattended d", "waiting d", "blocked d", "share")
    return Summary("Flow efficiency", tuple(lines), Table(head, tuple(rows)), note)


def _row(name: str, spent: Spent, percent: int) -> tuple[str, ...]:
    return (name, *(f"{spent.days(share):.1f}" for share in Share), f"{percent} %")


def headline(efficiency: Efficiency) -> Headline:
    share = efficiency.efficiency
    few = efficiency.n < needed(50)
    return () if share is None or few else ((f"{100 * share:.0f} % efficient", "text"),)


NUMBER = NumberView(
    "efficiency",
    count,
    summary,
    figures,
    to_json,
    picture="stage-times",
    staged=True,
    headline=headline,
)
