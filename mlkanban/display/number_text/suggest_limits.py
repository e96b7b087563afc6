"""Which limits would be better, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_text import simulate
from mlkanban.display.number_view import Figures, Summary
from mlkanban.flow.simulation.suggest import Suggestion


class StepJson(TypedDict):
    stage: str
    before: int | None
    after: int
    p85_change_days: float
    per_week_change: float
    agreed: float


class SuggestionJson(simulate.WhatIfJson):
    steps: list[StepJson]
    tried: int


def to_json(suggestion: Suggestion) -> SuggestionJson:
    return {
        "steps": [
            {
                "stage": s.stage, "before": s.before, "after": s.after,
                "p85_change_days": s.p85_change_days, "per_week_change": s.per_week_change,
                "agreed": s.agreed,
            }
            for s in suggestion.steps
        ],
        "tried": suggestion.tried,
        **simulate.to_json(suggestion.played),
    }  # fmt: skip


def figures(suggestion: Suggestion) -> Figures:
    changes = simulate.limits_text(suggestion.played.changes) or "none"
    return ("changes", changes), *simulate.figures(suggestion.played)


def summary(suggestion: Suggestion) -> Summary:
    played = simulate.summary(suggestion.played)
    if not suggestion.played.shown:
        return Summary("Limits to try", played.lines, played.table, played.note)
    if not suggestion.steps:
        sentence = f"Nothing better was found: {suggestion.tried} other limits were tried."
        if not suggestion.tried:
            sentence = "No other limit could be tried: no stage held more than one card at a time."
        return Summary("Limits to try", (sentence, *played.lines), played.table, played.note)
    both = ", in both models" if len(suggestion.played.shown) > 1 else ""
    reasons = [
        f"{s.stage} {'no limit' if s.before is None else s.before} -> {s.after}:"
        f" p85 {s.p85_change_days:+.1f} d, {s.per_week_change:+.1f} a week,"
        f" in {100 * s.agreed:.0f} % of the runs{both}"
        for s in suggestion.steps
    ]
    return Summary("Limits to try", (*reasons, *played.lines), played.table, played.note)
