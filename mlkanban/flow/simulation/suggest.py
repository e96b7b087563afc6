"""Which limits would be better: a search from today's, one step at a time, each step with evidence.

A step changes the limit of one stage by one. It is taken when, run by run with the same cards, 85 %
of them are done sooner on the whole and hardly fewer are finished; the result is then played again
many times before it is told.
"""

from dataclasses import dataclass

from mlkanban.flow.history import Limits
from mlkanban.flow.sample import Sample
from mlkanban.flow.simulation.learn import learn
from mlkanban.flow.simulation.model import Model
from mlkanban.flow.simulation.run import SimulationResult
from mlkanban.flow.simulation.whatif import (
    Changes,
    Progress,
    WhatIf,
    part_of,
    play,
    what_if,
)

_TRIES = 24
_STEPS = 4
_KEPT = 0.97
"""Share of throughput a step may not fall below."""
_GAIN = 0.03
"""Share by which p85 has to fall, or throughput to rise."""
_SURE = 0.75
"""Share of runs that have to agree."""


@dataclass(frozen=True, slots=True)
class LimitStep:
    """One change that helped: what, and by how much in the runs it was tried in."""

    stage: str
    before: int | None
    after: int
    p85_change_days: float
    per_week_change: float
    agreed: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The steps taken, and all of them together against today."""

    steps: tuple[LimitStep, ...]
    tried: int
    played: WhatIf


def suggest(sample: Sample, *, progress: Progress | None = None) -> Suggestion:
    """Search the limits of the stages that have one."""
    model = learn(sample)
    steps: list[LimitStep] = []
    tried = 0
    if model is not None:
        best = play(model, _TRIES)
        for at in range(_STEPS):
            step_progress = part_of(progress, at, _STEPS + 1)
            found = [
                (step, after, outcomes)
                for step, after, outcomes in _tried(model, best, step_progress)
                if step is not None
            ]
            tried += len(_neighbours(model))
            if not found:
                break
            step, model, best = min(
                found, key=lambda one: (one[0].p85_change_days, -one[0].per_week_change)
            )
            steps.append(step)
    changes: Changes = {}
    for step in steps:
        changes[step.stage] = step.after
    step_progress = part_of(progress, _STEPS, _STEPS + 1)
    return Suggestion(tuple(steps), tried, what_if(sample, changes, progress=step_progress))


def _neighbours(model: Model) -> list[tuple[int, Limits, int]]:
    return [
        (stage, limits, limits.cards + by)
        for stage, limits in enumerate(model.limits)
        if limits.cards is not None
        for by in (-1, 1)
        if limits.cards + by >= 1
    ]


def _tried(
    model: Model, before: list[SimulationResult], progress: Progress | None
) -> list[tuple[LimitStep | None, Model, list[SimulationResult]]]:
    made: list[tuple[LimitStep | None, Model, list[SimulationResult]]] = []
    neighbours = _neighbours(model)
    for at, (stage, limits, wanted) in enumerate(neighbours):
        changed = model.limited({stage: wanted})
        after = play(changed, _TRIES, part_of(progress, at, len(neighbours)))
        step = _step(model.stages[stage], limits.cards, wanted, before, after)
        made.append((step, changed, after))
    return made


def _step(
    stage: str,
    limit: int | None,
    wanted: int,
    before: list[SimulationResult],
    after: list[SimulationResult],
) -> LimitStep | None:
    """The step, when the evidence is for it."""
    pairs = list(zip(before, after, strict=False))
    if not pairs or len(before) != len(after):
        return None
    n = len(pairs)
    p85 = sum(b.p85 - a.p85 for a, b in pairs) / n
    per_week = sum(b.per_week - a.per_week for a, b in pairs) / n
    usual = sum(a.p85 for a, _ in pairs) / n
    rate = sum(a.per_week for a, _ in pairs) / n
    sooner = sum(b.p85 < a.p85 for a, b in pairs) / n
    more = sum(b.per_week > a.per_week for a, b in pairs) / n
    shorter = p85 < -_GAIN * usual and sooner >= _SURE and rate + per_week >= _KEPT * rate
    faster = per_week > _GAIN * rate and more >= _SURE and p85 <= 0
    if not (shorter or faster):
        return None
    return LimitStep(stage, limit, wanted, p85, per_week, sooner if shorter else more)
