"""Data quality, in words and as JSON."""

from typing import Literal, TypedDict

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
from mlkanban.flow.history import PastPoint
from mlkanban.flow.quality import Quality
from mlkanban.flow.quality import quality as count
from mlkanban.text import quantity

_MEANINGS = {
    "never_worked": "went straight past delivery",
    "moved_after_done": "changed stage after delivery, or came back",
    "backward_moves": "went back to an earlier stage",
    "equal_timestamps": "two moves at the same instant",
    "clock_skew": "events later than now",
}
_LISTED = 6
_CONVENTION = "all cards of all time; never-worked ones of the window"


class FindingJson(TypedDict):
    kind: str
    count: int
    meaning: str
    cards: list[str]


class PastPointJson(TypedDict):
    """A part of the workflow was another: commitment (the first committed stage), delivery (the
    last one) or the kind of a `stage`. Numbers are counted with what it is `now`."""

    what: Literal["commitment", "delivery", "kind"]
    stage: str | None
    was: str
    now: str
    until: Day


class QualityJson(NumberJson):
    n: int
    findings: list[FindingJson]
    past_points: list[PastPointJson]


def to_json(quality: Quality) -> QualityJson:
    return {
        "n": quality.n,
        "findings": [
            {"kind": f.kind, "count": f.count, "meaning": _MEANINGS[f.kind], "cards": list(f.cards)}
            for f in quality.findings
        ],
        "past_points": [
            {
                "what": p.what,
                "stage": p.stage or None,
                "was": p.was,
                "now": p.now,
                "until": p.until.date().isoformat(),
            }
            for p in quality.past_points
        ],
        "convention": _CONVENTION,
        **scope_json(quality.scope),
    }


def figures(quality: Quality) -> Figures:
    return (
        ("cards", str(quality.n)),
        *((f.kind.replace("_", " "), str(f.count)) for f in quality.findings),
    )


def summary(quality: Quality) -> Summary:
    met = [finding for finding in quality.findings if finding.count]
    touched = {ref for finding in met for ref in finding.cards}
    cards = quantity(quality.n, "card")
    line = f"{cards}, nothing to doubt{' in them' if quality.past_points else ''}."
    if met:
        line = f"{len(touched)} of {cards} have in their history what may make numbers doubtful."
    rows = tuple(
        (
            _MEANINGS[f.kind],
            str(f.count),
            str(len(f.cards)),
            ", ".join(f.cards[:_LISTED])
            + (f" and {len(f.cards) - _LISTED} more" if len(f.cards) > _LISTED else ""),
        )
        for f in quality.findings
    )
    table = Table(("what", "times", "cards", "which"), rows)
    lines = (line, *map(_past_point, quality.past_points))
    return Summary("Data quality", lines, table, f"{scope_text(quality.scope)} | {_CONVENTION}")


def _past_point(point: PastPoint) -> str:
    what = {
        "commitment": "the commitment point was entering",
        "delivery": "the delivery point was leaving",
        "kind": f"the kind of {point.stage} was",
    }[point.what]
    return f"Until {point.until:%Y-%m-%d} {what} {point.was}; numbers are counted with {point.now}."


NUMBER = NumberView("quality", count, summary, figures, to_json)
