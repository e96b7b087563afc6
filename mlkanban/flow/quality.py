"""Data quality: what in the history makes numbers doubtful, counted and listed.

Every tool that hid such cards was caught out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mlkanban.core.milestones import Phase
from mlkanban.flow.history import CardHistory, Workflow
from mlkanban.flow.said import Said, Table
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope
from mlkanban.text import quantity

_LISTED = 6
_CONVENTION = "all cards of all time; never-worked ones of the window"
_MEANINGS = {
    "never_worked": "went straight past delivery",
    "moved_after_done": "changed stage after delivery, or came back",
    "backward_moves": "went back to an earlier stage",
    "equal_timestamps": "two moves at the same instant",
    "clock_skew": "events later than now",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of doubt: how often it happened, and to which cards."""

    kind: str
    count: int
    cards: tuple[str, ...]

    @property
    def meaning(self) -> str:
        return _MEANINGS[self.kind]


@dataclass(frozen=True, slots=True)
class Quality:
    """Every finding, those that were not met too; `n` cards were looked at."""

    n: int
    findings: tuple[Finding, ...]
    scope: Scope

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "findings": [
                {"kind": f.kind, "count": f.count, "meaning": f.meaning, "cards": list(f.cards)}
                for f in self.findings
            ],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }

    def figures(self) -> tuple[tuple[str, str], ...]:
        return (
            ("cards", str(self.n)),
            *((f.kind.replace("_", " "), str(f.count)) for f in self.findings),
        )

    def said(self) -> Said:
        met = [finding for finding in self.findings if finding.count]
        touched = {ref for finding in met for ref in finding.cards}
        line = (
            f"{len(touched)} of {quantity(self.n, 'card')} have something to know about."
            if met
            else f"{quantity(self.n, 'card')}, nothing to doubt."
        )
        rows = tuple(
            (
                f.meaning,
                str(f.count),
                str(len(f.cards)),
                ", ".join(f.cards[:_LISTED])
                + (f" and {len(f.cards) - _LISTED} more" if len(f.cards) > _LISTED else ""),
            )
            for f in self.findings
        )
        table = Table(("what", "times", "cards", "which"), rows)
        return Said("Data quality", (line,), table, f"{self.scope.words} | {_CONVENTION}")


def quality(sample: Sample) -> Quality:
    """Look through the history of every card, what lies after `as_of` included."""
    met: dict[str, list[str]] = {kind: [] for kind in _MEANINGS}
    met["never_worked"] = [card.ref for card in sample.never_worked]
    for history in sample.histories:
        for kind in _doubts(sample.workflow, history):
            met[kind].append(history.ref)
        late = sum(step.at > sample.as_of for step in history.steps)
        met["clock_skew"] += [history.ref] * late
    return Quality(
        len(sample.histories),
        tuple(Finding(k, len(refs), tuple(dict.fromkeys(refs))) for k, refs in met.items()),
        sample.scope,
    )


def _doubts(workflow: Workflow, history: CardHistory) -> Iterator[str]:
    for before, after in pairwise(history.steps):
        moved = before.stage != after.stage
        if not moved and before.outcome == after.outcome:
            continue
        done = workflow.phase(before) is Phase.AFTER
        if done and (moved or workflow.phase(after) is not Phase.AFTER):
            yield "moved_after_done"
        elif after.stage < before.stage:
            yield "backward_moves"
        if before.at == after.at and moved:
            yield "equal_timestamps"
