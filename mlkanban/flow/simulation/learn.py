"""A model from the board's own history.

A move made as soon as the next stage had room again is one that waited. What such a card took in
the stage before is not known: it is given the time of a card that did not wait there, no longer
than its own stay.
"""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from random import Random

from mlkanban.core.models import StageKind, Work
from mlkanban.flow.fullness import Span, stays, when_full
from mlkanban.flow.history import Step, Workflow, spans
from mlkanban.flow.percentiles import nearest_rank
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.simulation.model import Leg, Model, SimulatedCard

FEWEST = 20
_SEED = 1
_SOON = timedelta(hours=1)
_DAY = timedelta(days=1)
_MOST_JOBS = 300
"""A run plays about so many cards at most, so that a long history takes no longer."""


def learn(sample: Sample) -> Model | None:
    """The finished cards of the window as jobs; None below 20 of them."""
    if len(sample.finished) < FEWEST:
        return None
    workflow = sample.workflow
    first = min(card.history.steps[0].at for card in sample.everyone)
    full = {
        at: when_full(workflow, at, there, (first, sample.as_of))
        for at, there in stays(sample, workflow.committed).items()
    }
    ways = [_way(_stays(sample, card), full) for card in sample.finished]
    jobs = _jobs(workflow, [way for way in ways if way])
    if not jobs:
        return None
    came = sorted(
        _available(sample, card, full[workflow.first_committed]) for card in _begun(sample)
    )
    gaps = tuple((after - before) / _DAY for before, after in pairwise(came))
    if not gaps or not sum(gaps):
        return None
    usual = nearest_rank(sorted(map(sample.days_of, sample.finished)), 85)
    days = len(sample.days)
    rate = len(gaps) / sum(gaps)
    return Model(
        stages=tuple(workflow.stages[at] for at in workflow.committed),
        limits=tuple(workflow.limits[at] for at in workflow.committed),
        jobs=tuple(jobs),
        gaps=gaps,
        days=min(days, max(30, ceil(_MOST_JOBS / rate))),
        warm_up=min(120, 3 * usual),
    )


@dataclass(frozen=True, slots=True)
class _Stay:
    """A card in a stage: the position, how, from when until when, and whether it was blocked."""

    stage: int
    work: Work
    begin: datetime
    end: datetime
    blocked: timedelta
    kind: StageKind

    @property
    def days(self) -> float:
        """Without being blocked; none of it in a queue, or while it only waited."""
        if self.kind is StageKind.QUEUE or self.work is Work.WAITING:
            return 0.0
        return (self.end - self.begin - self.blocked) / _DAY


def _begun(sample: Sample) -> list[Followed]:
    first = sample.days.start
    return [card for card in sample.worked if card.start is not None and card.start >= first]


def _available(sample: Sample, card: Followed, full: list[Span]) -> datetime:
    """When a card could have been begun: at its start, or, if it waited for room, when it came to
    the stage before."""
    begun = card.flow.start
    assert begun is not None
    before = sample.workflow.first_committed - 1
    if before < 0 or not _waited(full, begun):
        return begun
    came = card.flow.arrivals[before]
    return begun if came is None else max(came, _since(full, begun))


def _stays(sample: Sample, card: Followed) -> list[_Stay]:
    """The stays of a finished card in committed stages since its start; steps in one stage with one
    way of working are one."""
    workflow = sample.workflow
    made: list[_Stay] = []
    for step, until in spans(card.history.steps, sample.as_of):
        if not _counts(workflow, card, step, until):
            continue
        assert card.flow.start is not None
        begin = max(step.at, card.flow.start)
        blocked = until - begin if step.block is not None else timedelta()
        last = made[-1] if made else None
        if last and (last.stage, last.work, last.end) == (step.stage, step.work, begin):
            made[-1] = _Stay(
                step.stage, step.work, last.begin, until, last.blocked + blocked, last.kind
            )
        else:
            kind = workflow.kinds[step.stage]
            made.append(_Stay(step.stage, step.work, begin, until, blocked, kind))
    return made


def _counts(workflow: Workflow, card: Followed, step: Step, until: datetime) -> bool:
    inside = step.outcome is None and step.stage in workflow.committed
    return inside and card.flow.start is not None and until > card.flow.start


def _waited(full: list[Span], moved: datetime) -> bool:
    """Whether the stage moved to had just got room."""
    at = bisect_right(full, moved, key=lambda span: span[1]) - 1
    return at >= 0 and moved - full[at][1] <= _SOON


def _since(full: list[Span], moved: datetime) -> datetime:
    return full[bisect_right(full, moved, key=lambda span: span[1]) - 1][0]


_Way = list[tuple[_Stay, bool]]
"""Stays, each with whether it ended by waiting for room in the stage after."""


def _way(stays: list[_Stay], full: dict[int, list[Span]]) -> _Way:
    waited = [
        after.stage > stay.stage
        and after.begin == stay.end
        and _waited(full[after.stage], stay.end)
        for stay, after in pairwise(stays)
    ]
    return list(zip(stays, [*waited, False], strict=True)) if stays else []


def _jobs(workflow: Workflow, ways: list[_Way]) -> list[SimulatedCard]:
    rng = Random(_SEED)
    free: defaultdict[tuple[int, Work], list[float]] = defaultdict(list)
    for way in ways:
        for stay, waited in way:
            if not waited:
                free[stay.stage, stay.work].append(stay.days)
    for days in free.values():
        days.sort()

    def touch(stay: _Stay, waited: bool) -> float:
        some = free[stay.stage, stay.work]
        shorter = bisect_right(some, stay.days) if waited else 0
        return some[rng.randrange(shorter)] if shorter else stay.days

    return [
        SimulatedCard(
            tuple(
                Leg(
                    stay.stage - workflow.first_committed,
                    stay.work is Work.UNATTENDED,
                    touch(stay, waited),
                    stay.blocked / _DAY,
                )
                for stay, waited in way
            )
        )
        for way in ways
    ]
