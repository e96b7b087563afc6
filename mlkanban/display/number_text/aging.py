"""Aging work in progress, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.aging import Aging, AgingCard
from mlkanban.flow.aging import aging as count
from mlkanban.flow.pace import BLOCKED_MARK, LATE_MARK, STALE_MARK
from mlkanban.flow.percentiles import needed
from mlkanban.flow.sle import sle

_PACE = 85
"""Percent of finished cards that were younger when they left than a card that is old."""
_CONVENTION = "age in calendar days, both ends counted | nearest rank"


class AgingStageJson(TypedDict):
    stage: str
    n: int
    pace: dict[str, int | None]


class AgingCardJson(TypedDict):
    id: str
    title: str
    stage: str
    age_days: int
    pace: float | None
    blocked: bool
    stale: bool
    past_sle: bool


class AgingJson(NumberJson):
    n: int
    open: int
    sle_days: int | None
    stages: list[AgingStageJson]
    cards: list[AgingCardJson]


def to_json(aging: Aging) -> AgingJson:
    return {
        "n": aging.n,
        "open": len(aging.cards),
        "sle_days": aging.sle_days,
        "stages": [
            {
                "stage": s.stage,
                "n": s.n,
                "pace": {str(p): value for p, value in s.percentiles.items()},
            }
            for s in aging.stages
        ],
        "cards": [
            {
                "id": c.ref, "title": c.title, "stage": aging.names[c.stage],
                "age_days": c.age_days, "pace": c.pace, "blocked": BLOCKED_MARK in c.marks,
                "stale": STALE_MARK in c.marks, "past_sle": LATE_MARK in c.marks,
            }
            for c in aging.cards
        ],
        "convention": _CONVENTION,
        **scope_json(aging.scope),
    }  # fmt: skip


def figures(aging: Aging) -> Figures:
    return (
        ("open", str(len(aging.cards))),
        ("oldest", str(aging.cards[0].age_days) if aging.cards else "-"),
        ("blocked", str(_marked(aging, BLOCKED_MARK))),
        ("stale", str(_marked(aging, STALE_MARK))),
        ("past sle", str(_marked(aging, LATE_MARK))),
    )


def _marked(aging: Aging, mark: str) -> int:
    return sum(mark in card.marks for card in aging.cards)


def _signs(card: AgingCard) -> str:
    """`!!` past the SLE, `!` older than the pace of the stage."""
    return "!!" if LATE_MARK in card.marks else "!" if STALE_MARK in card.marks else ""


def _state(card: AgingCard) -> tuple[str, str]:
    """Why a card needs somebody, and the role of that; `''` where nothing says so."""
    if BLOCKED_MARK in card.marks:
        return "blocked", "alarm"
    if LATE_MARK in card.marks:
        return "past SLE", "clock"
    return ("old", "clock") if STALE_MARK in card.marks else ("", "text")


def _older(aging: Aging) -> str:
    """How many cards are older than the pace of their stage, of those whose stage has one."""
    paced = {stage.position for stage in aging.stages if stage.percentiles[_PACE] is not None}
    known = sum(card.stage in paced for card in aging.cards)
    if not known:
        return f"no pace yet: it needs {needed(_PACE)} finished cards"
    of_known = "" if known == len(aging.cards) else f" of {known}"
    return f"{_marked(aging, STALE_MARK)}{of_known} older than {_PACE} % at this stage"


def summary(aging: Aging) -> Summary:
    note = f"pace from n {aging.n} finished | {scope_text(aging.scope)} | {_CONVENTION}"
    if not aging.cards:
        return Summary("Aging work in progress", ("Nothing is in progress.",), None, note)
    lines = (
        f"{len(aging.cards)} open, the oldest {aging.cards[0].age_days} d"
        f" | {_marked(aging, BLOCKED_MARK)} blocked, {_older(aging)}",
        f"{_marked(aging, LATE_MARK)} past the SLE (85 % within {aging.sle_days} d)"
        if aging.sle_days
        else f"No SLE yet: it needs {needed(_PACE)} finished cards",
    )
    rows = tuple(
        (
            c.ref,
            f"{c.age_days} d{_signs(c)}",
            _state(c)[0],
            "-" if c.pace is None else f"{100 * c.pace:.0f} %",
            aging.names[c.stage],
            c.title,
        )
        for c in aging.cards
    )
    return Summary(
        "Aging work in progress",
        lines,
        Table(
            ("card", "age", "state", "pace", "stage", "title"),
            rows,
            tuple(_state(c)[1] for c in aging.cards),
        ),
        note,
    )


def headline(aging: Aging) -> Headline:
    late = _marked(aging, LATE_MARK)
    count = f"{late} of {len(aging.cards)}"
    if aging.sle_days is None:
        return ((f"{len(aging.cards)} open", "text"),)
    return ((count, "clock" if late else "live"), (" past SLE", "text"))


NUMBER = NumberView(
    "aging",
    lambda sample: count(sample, sle(sample).days),
    summary,
    figures,
    to_json,
    picture="aging",
    staged=True,
    headline=headline,
)
