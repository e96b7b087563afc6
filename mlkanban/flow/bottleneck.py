"""The bottleneck: evidence for each stage, and a name only where the evidence agrees.

Source: E. Goldratt, The Goal, for what a bottleneck is; the evidence is that of cumulative flow:
where time is spent, where the limit is reached, where work piles up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mlkanban.core.board import StageKind
from mlkanban.flow.efficiency import Share, share_of
from mlkanban.flow.fullness import Span, Stay, stays, when_full
from mlkanban.flow.history import Workflow, spans
from mlkanban.flow.percentiles import whole_percents
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope

FEWEST = 10
_FULL = 0.5
_ERRORS = 2
"""Arrivals less departures of a stage where nothing piles up are seldom more than so many square
roots of the arrivals."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one committed stage in the window.

    `residence_share` is its share of all time that cards spent in committed stages,
    `at_limit_share` the share of the time it was at the WIP limit it had then (None when it never
    had one), `arrivals` are the cards that came, `arrivals_minus_departures` those less the ones
    that left, `blocked_share` is the share of its time that was blocked, `queue_before` the mean
    number of cards in the queue right before it (None when there is none).
    """

    stage: str
    residence_share: float
    at_limit_share: float | None
    arrivals: int
    arrivals_minus_departures: int
    blocked_share: float
    queue_before: float | None

    @property
    def full(self) -> bool:
        """Whether it was at its limit half of the time."""
        return self.at_limit_share is not None and self.at_limit_share >= _FULL

    @property
    def piles_up(self) -> bool:
        """Whether more came than left, beyond chance."""
        return (
            self.arrivals_minus_departures > 0
            and self.arrivals_minus_departures**2 > _ERRORS**2 * self.arrivals
        )


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The evidence by stage, and the position in `stages` of the one it names, if any;
    `configured` when one of them is a queue or a gate, without which waiting counts as work."""

    n: int
    stages: tuple[Evidence, ...]
    named: int | None
    configured: bool
    scope: Scope

    @property
    def known(self) -> bool:
        """Whether any time was spent in a stage."""
        return any(stage.residence_share for stage in self.stages)

    @property
    def percents(self) -> list[int]:
        """The shares of all time as whole percents."""
        return whole_percents([e.residence_share for e in self.stages])


def bottleneck(sample: Sample) -> Bottleneck:
    """Weigh the stages over the window; cards of all states count while they were committed."""
    workflow, frame = sample.workflow, _frame(sample)
    times = _stage_times(sample, frame)
    whole = sum((times[at].time for at in workflow.committed), timedelta())
    limited = [
        at
        for at in sample.stages
        if any(limits.cards is not None for limits, _, _ in workflow.limits_between(at, *frame))
    ]
    there = stays(sample, limited)
    begin, end = frame
    arrivals = {
        at: sum(
            begin <= moment <= end
            for card in sample.worked
            if (moment := card.flow.arrivals[at]) is not None
        )
        for at in range(workflow.first_committed, workflow.first_delivered + 1)
    }
    evidence = [
        _evidence(
            sample,
            at,
            times,
            arrivals,
            frame,
            whole,
            _at_limit(workflow, at, there[at], frame) if at in there else None,
        )
        for at in sample.stages
    ]
    longest = max(range(len(evidence)), key=lambda i: evidence[i].residence_share)
    e = evidence[longest]
    n = len(sample.finished)
    named = whole and (e.full or e.piles_up) and n >= FEWEST and len(evidence) > 1
    configured = any(workflow.kinds[at] is not StageKind.ACTIVE for at in sample.stages)
    return Bottleneck(n, tuple(evidence), longest if named else None, configured, sample.scope)


@dataclass(slots=True)
class _BlockedTime:
    """The time that cards spent in a stage within the frame, and how much of it blocked."""

    time: timedelta = timedelta()
    blocked: timedelta = timedelta()


def _frame(sample: Sample) -> Span:
    """The window as instants, from the day of the first commitment on, up to now; never from
    before the first card of the board was there."""
    workflow, days = sample.workflow, sample.days
    first = sample.today.fromordinal(days.start) if days else sample.window.last
    start = workflow.start_of_day(first)
    start = max(start, min((c.history.steps[0].at for c in sample.everyone), default=start))
    end = min(sample.as_of, workflow.end_of_day(sample.window.last))
    return start, max(start, end)


def _stage_times(sample: Sample, frame: Span) -> dict[int, _BlockedTime]:
    """Of every stage before delivery, the cards that were there in the frame."""
    start, end = frame
    workflow = sample.workflow
    stage_times = {at: _BlockedTime() for at in range(workflow.first_delivered)}
    for card in sample.cards:
        for step, until in spans(card.history.steps, sample.as_of):
            if step.outcome is not None or step.stage not in stage_times:
                continue
            begin = start if step.at < start else step.at
            stop = end if until > end else until
            if begin >= stop:
                continue
            here = stage_times[step.stage]
            here.time += stop - begin
            if step.block is not None and share_of(workflow, step) is Share.BLOCKED:
                here.blocked += stop - begin
    return stage_times


def _evidence(
    sample: Sample,
    at: int,
    times: dict[int, _BlockedTime],
    arrivals: Mapping[int, int],
    frame: Span,
    whole: timedelta,
    at_limit: float | None,
) -> Evidence:
    workflow, here = sample.workflow, times[at]
    length = frame[1] - frame[0]
    queues = _queue_before(sample, at)
    queued = sum((times[q].time for q in queues), timedelta())
    return Evidence(
        stage=workflow.stages[at],
        residence_share=here.time / whole if whole else 0.0,
        at_limit_share=at_limit,
        arrivals=arrivals[at],
        arrivals_minus_departures=arrivals[at] - arrivals[at + 1],
        blocked_share=here.blocked / here.time if here.time else 0.0,
        queue_before=queued / length if queues and length else None,
    )


def _queue_before(sample: Sample, at: int) -> list[int]:
    """The positions of the queues right before a stage."""
    queues = []
    while at > 0 and sample.workflow.kinds[at - 1] is StageKind.QUEUE:
        at -= 1
        queues.append(at)
        if at < sample.workflow.first_committed:
            break
    return queues


def _at_limit(workflow: Workflow, at: int, there: Sequence[Stay], frame: Span) -> float:
    """The share of the time in which no further attended card had room, whoever is counted."""
    full = when_full(workflow, at, there, frame)
    return sum((end - begin for begin, end in full), timedelta()) / (frame[1] - frame[0])
