"""When a stage was at its WIP limit, by the limits that held at the time."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from mlkanban.core.board import Work
from mlkanban.flow.history import Limits, Workflow, spans
from mlkanban.flow.sample import Sample

Span = tuple[datetime, datetime]


class Stay(NamedTuple):
    """A card was in a stage from `begin` until `end`, with an unattended run or without."""

    begin: datetime
    end: datetime
    unattended: bool


def stays(sample: Sample, stages: Iterable[int]) -> dict[int, list[Stay]]:
    """The stays of all cards of the board in each of these stages."""
    stays: dict[int, list[Stay]] = {at: [] for at in stages}
    run = Work.UNATTENDED
    for card in sample.everyone:
        for step, until in spans(card.history.steps, sample.as_of):
            if step.outcome is None and step.stage in stays:
                stays[step.stage].append(Stay(step.at, until, step.work is run))
    return stays


def when_full(workflow: Workflow, stage: int, stays: Iterable[Stay], within: Span) -> list[Span]:
    """When the stage had no room for another attended card, in order, and never without a limit."""
    full_spans: list[Span] = []
    there = list(stays)
    for limits, begin, end in workflow.limits_between(stage, *within):
        if limits.cards is not None:
            full_spans += _full(limits, limits.cards, there, begin, end)
    return full_spans


def _full(
    limits: Limits, most: int, stays: Iterable[Stay], begin: datetime, end: datetime
) -> list[Span]:
    changes = [(begin, 0), (end, 0)]
    for stay in stays:
        apart = limits.unattended is not None and stay.unattended
        if not apart and stay.begin < end and stay.end > begin:
            changes += (max(stay.begin, begin), 1), (min(stay.end, end), -1)
    spans: list[Span] = []
    inside, since = 0, None
    for moment, change in sorted(changes):
        inside += change
        if inside >= most and since is None:
            since = moment
        elif inside < most and since is not None:
            if moment > since:
                spans.append((since, moment))
            since = None
    if since is not None and end > since:
        spans.append((since, end))
    return spans
