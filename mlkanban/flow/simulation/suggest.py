"""Which limits would be better: a search from today's, one step at a time, each step with evidence.

A step changes the limit of one stage by one; a stage without a limit gets one just below the most
cards it held, or about as many as it held on the average. It is taken when, run by run with the
same cards, 85 % of them are done sooner on the whole and hardly fewer are finished, in every model
that reproduces today. The runs of the search were those that looked best: the result is played
again in others, more of them, and a step that these do not confirm is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from mlkanban.flow.fullness import stays
from mlkanban.flow.history import Limits
from mlkanban.flow.sample import Sample
from mlkanban.flow.simulation.learn import learn, under_these_limits
from mlkanban.flow.simulation.model import Model
from mlkanban.flow.simulation.run import SimulationResult
from mlkanban.flow.simulation.whatif import (
    SURE,
    Changes,
    Progress,
    WhatIf,
    part_of,
    play,
    reproducing,
    what_if,
)

_TRIES = 24
_SEARCHED_FROM = 1_000
"""The runs of the search come after those in which its result is played."""
_STEPS = 4
_KEPT = 0.97
"""Share of throughput a step may not fall below."""
_GAIN = 0.03
"""Share by which p85 has to fall, or throughput to rise."""

Played = tuple[Model, list[SimulationResult]]
"""A model and what its runs gave."""


@dataclass(frozen=True, slots=True)
class LimitStep:
    """One change that helped: what, and by how much in the runs it was tried in; where two models
    were played, in the one in which it helped less."""

    stage: str
    before: int | None
    after: int
    p85_change_days: float
    per_week_change: float
    agreed: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The steps taken, and all of them together against today; `unconfirmed` are those that helped
    in the search and not when they were played again."""

    steps: tuple[LimitStep, ...]
    unconfirmed: tuple[LimitStep, ...]
    tried: int
    played: WhatIf


def suggest(sample: Sample, *, progress: Progress | None = None) -> Suggestion:
    """Search the limits of the stages, also those that have none yet."""
    under, _ = under_these_limits(sample)
    learned = learn(under)
    steps: list[LimitStep] = []
    tried = 0
    best = reproducing(learned, _TRIES, _SEARCHED_FROM) if learned else []
    held = _held(under) if best else ()
    for at in range(_STEPS if best else 0):
        step_progress = part_of(progress, at, _STEPS + 1)
        neighbours = _neighbours(best[0][0], held)
        tried += len(neighbours)
        found: list[tuple[LimitStep, list[Played]]] = []
        for number, (stage, limits, wanted) in enumerate(neighbours):
            part = part_of(step_progress, number, len(neighbours))
            after = _tried(best, stage, wanted, part)
            step = _step(best[0][0].stages[stage], limits.cards, wanted, best, after)
            if step is not None:
                found.append((step, after))
        if not found:
            break
        step, best = min(found, key=lambda one: (one[0].p85_change_days, -one[0].per_week_change))
        steps.append(step)
    step_progress = part_of(progress, _STEPS, _STEPS + 1)
    kept = len(steps)
    while True:
        changes: Changes = {step.stage: step.after for step in steps[:kept]}
        played = what_if(sample, changes, progress=step_progress)
        if not kept or _confirmed(played):
            return Suggestion(tuple(steps[:kept]), tuple(steps[kept:]), tried, played)
        kept -= 1


def _confirmed(played: WhatIf) -> bool:
    """Whether every model to go by agrees that cards are done sooner, or more of them are, and
    neither is the worse for it."""
    helps = played.direction("p85") < 0 or played.direction("per_week") > 0
    return helps and all(
        play.effects["p85"].direction <= 0
        and play.effects["per_week"].after >= _KEPT * play.effects["per_week"].before
        for play in played.shown
    )


def _held(sample: Sample) -> tuple[tuple[int, float], ...]:
    """The most cards that each committed stage held in the window, and their mean."""
    workflow = sample.workflow
    start = workflow.start_of_day(sample.today.fromordinal(sample.days.start))
    end = min(sample.as_of, workflow.end_of_day(sample.window.last))
    counts = []
    for there in stays(sample, workflow.committed).values():
        inside = [(max(s.begin, start), min(s.end, end)) for s in there]
        spells = [(begin, stop) for begin, stop in inside if begin < stop]
        changes = sorted([*((b, 1) for b, _ in spells), *((e, -1) for _, e in spells)])
        now = most = 0
        for _, change in changes:
            now += change
            most = max(most, now)
        spent = sum((stop - begin).total_seconds() for begin, stop in spells)
        counts.append((most, spent / max(1.0, (end - start).total_seconds())))
    return tuple(counts)


def _neighbours(model: Model, held: Sequence[tuple[int, float]]) -> list[tuple[int, Limits, int]]:
    """The limits to try: one more or less, or a first one that is felt."""
    found: list[tuple[int, Limits, int]] = []
    for stage, limits in enumerate(model.limits):
        if limits.cards is not None:
            wanted = {limits.cards - 1, limits.cards + 1}
        else:
            most, mean = held[stage] if held else (0, 0.0)
            wanted = {most - 1, ceil(mean)} - {most}
        found += [(stage, limits, cards) for cards in sorted(wanted) if cards >= 1]
    return found


def _tried(
    before: Sequence[Played], stage: int, wanted: int, progress: Progress | None
) -> list[Played]:
    tried: list[Played] = []
    for at, (model, _) in enumerate(before):
        changed = model.limited({stage: wanted})
        part = part_of(progress, at, len(before))
        tried.append((changed, play(changed, _TRIES, part, skipped=_SEARCHED_FROM)))
    return tried


def _step(
    stage: str,
    limit: int | None,
    wanted: int,
    before: Sequence[Played],
    after: Sequence[Played],
) -> LimitStep | None:
    """The step, when the evidence of every model is for it."""
    steps = [
        _step_in(stage, limit, wanted, b, a) for (_, b), (_, a) in zip(before, after, strict=True)
    ]
    kept = [step for step in steps if step is not None]
    if len(kept) < len(steps):
        return None
    return max(kept, key=lambda step: (step.p85_change_days, -step.per_week_change))


def _step_in(
    stage: str,
    limit: int | None,
    wanted: int,
    before: list[SimulationResult],
    after: list[SimulationResult],
) -> LimitStep | None:
    """The step, when the evidence of one model is for it."""
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
    shorter = p85 < -_GAIN * usual and sooner >= SURE and rate + per_week >= _KEPT * rate
    faster = per_week > _GAIN * rate and more >= SURE and p85 <= 0
    if not (shorter or faster):
        return None
    return LimitStep(stage, limit, wanted, p85, per_week, sooner if shorter else more)
