"""Data quality, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
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


class QualityJson(NumberJson):
    n: int
    findings: list[FindingJson]


def to_json(quality: Quality) -> QualityJson:
    return {
        "n": quality.n,
        "findings": [
            {"kind": f.kind, "count": f.count, "meaning": _MEANINGS[f.kind], "cards": list(f.cards)}
            for f in quality.findings
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
    line = (
        f"{len(touched)} of {quantity(quality.n, 'card')} have something to know about."
        if met
        else f"{quantity(quality.n, 'card')}, nothing to doubt."
    )
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
    return Summary("Data quality", (line,), table, f"{scope_text(quality.scope)} | {_CONVENTION}")


NUMBER = NumberView("quality", count, summary, figures, to_json)
