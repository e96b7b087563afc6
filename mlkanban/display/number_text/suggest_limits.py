"""Which limits would be better, in words and as JSON."""

from collections.abc import Sequence
from typing import TypedDict

from mlkanban.display.number_text import simulate
from mlkanban.display.number_view import Figures, Summary
from mlkanban.flow.simulation.suggest import LimitStep, Suggestion


class StepJson(TypedDict):
    """The figures are of the runs of the search, which chose the step for them: the evidence for
    all steps together are the `effects` of the models."""

    stage: str
    before: int | None
    after: int
    p85_change_days: float
    per_week_change: float
    agreed: float


class SuggestionJson(simulate.WhatIfJson):
    """`unconfirmed` are steps that helped in the search and not when they were played again."""

    steps: list[StepJson]
    unconfirmed: list[StepJson]
    tried: int


def to_json(suggestion: Suggestion) -> SuggestionJson:
    return {
        "steps": [_step_json(step) for step in suggestion.steps],
        "unconfirmed": [_step_json(step) for step in suggestion.unconfirmed],
        "tried": suggestion.tried,
        **simulate.to_json(suggestion.played),
    }


def _step_json(step: LimitStep) -> StepJson:
    return {
        "stage": step.stage, "before": step.before, "after": step.after,
        "p85_change_days": step.p85_change_days, "per_week_change": step.per_week_change,
        "agreed": step.agreed,
    }  # fmt: skip


def figures(suggestion: Suggestion) -> Figures:
    changes = simulate.limits_text(suggestion.played.changes) or "none"
    return ("changes", changes), *simulate.figures(suggestion.played)


def summary(suggestion: Suggestion) -> Summary:
    played = simulate.summary(suggestion.played)
    if not suggestion.played.shown:
        return Summary("Limits to try", played.lines, played.table, played.note)
    some = _steps_text(suggestion.unconfirmed)
    if suggestion.steps:
        sentence = f"To try: {_steps_text(suggestion.steps)}."
        if some:
            sentence += f" Further, {some} looked better at first and did not when played again."
    elif some:
        sentence = (
            f"Nothing better was found: of {suggestion.tried} other limits, {some} looked better at"
            " first and did not when played again."
        )
    elif suggestion.tried:
        sentence = f"Nothing better was found: {suggestion.tried} other limits were tried."
    else:
        sentence = "No other limit could be tried: no stage held more than one card at a time."
    return Summary("Limits to try", (sentence, *played.lines), played.table, played.note)


def _steps_text(steps: Sequence[LimitStep]) -> str:
    return ", ".join(
        f"{s.stage} {'no limit' if s.before is None else s.before} -> {s.after}" for s in steps
    )
