"""What happened to the cards, and what it means for flow: the input of every flow number.

Definitions: the Kanban Guide (2025), the Open Guide to Kanban (2025.7) and D. Vacanti's use of
them in ActionableAgile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import islice
from typing import Literal, NamedTuple

from mlkanban.core.board import StageKind, Work
from mlkanban.core.milestones import Phase, milestones, phase
from mlkanban.records import record


@record(frozen=True, slots=True)
class Block:
    """Why a card is blocked, and whether the reason lies with somebody else."""

    reason: str
    external: bool


@record(frozen=True, slots=True)
class Step:
    """The state a card has from `at` (an aware instant) on.

    `stage` is the position of the stage on the board, from 0. `outcome` is None while the card
    has none: shipped, learned, superseded, abandoned or discarded. `work` is what the card is
    doing, `block` why it is blocked, None while it is not.
    """

    at: datetime
    stage: int
    outcome: str | None
    work: Work = Work.ATTENDED
    block: Block | None = None


class Judged(NamedTuple):
    """From `at` on a model in use has this health, '' for none."""

    at: datetime
    health: str


@record(frozen=True, slots=True)
class CardHistory:
    """One card and its steps in order; equal instants keep the order they were recorded in.

    Of a model in use there is how it was doing, `healths` in order, whatever came later than the
    steps; `retrains` are the short ids of the models that a card trains again, `origins` those of
    all cards it came from, `parent` that of the card it is a part of, '' for none. `due` is its due
    date, '' for none, `place` its place in the plan, from 1; 0 for none, None where nobody knows.
    If it came from another board, `written_before` says when it was written there.
    """

    ref: str
    title: str
    type: str
    tags: tuple[str, ...]
    steps: tuple[Step, ...]
    healths: tuple[Judged, ...] = ()
    retrains: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    parent: str = ""
    due: str = ""
    place: int | None = 0
    written_before: datetime | None = None

    @property
    def written(self) -> datetime:
        """When the card was written, on whichever board."""
        return self.written_before or self.steps[0].at

    def without(self, after: datetime, until: datetime) -> "CardHistory":
        """The card without what happened after one instant and up to another."""
        steps = tuple(step for step in self.steps if not after < step.at <= until)
        return replace(self, steps=steps)

    def until(self, as_of: datetime) -> "CardHistory":
        """The card as it was known at an instant."""
        return replace(self, steps=tuple(known(self.steps, as_of)))


@record(frozen=True, slots=True)
class Limits:
    """How many cards a stage may hold at a time, None for no limit.

    With `unattended` set, `cards` is for attended and waiting cards alone, else for all.
    """

    cards: int | None = None
    unattended: int | None = None


class PastLimits(NamedTuple):
    """The limits of a stage that held until an instant."""

    until: datetime
    limits: Limits


PointName = Literal["commitment", "delivery", "kind"]


class PastPoint(NamedTuple):
    """A part of the workflow was another than it is `now`, until an instant and `since` one (None
    for the beginning): `what` is commitment (the first committed stage), delivery (the last one) or
    kind (of a `stage`)."""

    what: PointName
    stage: str
    was: str
    now: str
    since: datetime | None
    until: datetime


def end_of_day(day: date, timezone: tzinfo) -> datetime:
    """Return the last instant of a day in a zone, in UTC."""
    return datetime.combine(day, time.max, timezone).replace(fold=1).astimezone(UTC)


@record(frozen=True, slots=True)
class Workflow:
    """The stages in order with the two points of the flow, and the one zone that makes days.

    `first_committed` is the commitment point; `first_delivered` is the first stage after the last
    committed one and equals `len(stages)` when only an outcome ends a card. `kinds` and `limits`
    are those of the stages; left out, every stage is active and has no limit. `past_limits` are
    those that held before `limits`, for each stage the earliest first; left out, the limits never
    changed. `removed` are the positions of stages that only the past has. `past_points` is what
    was otherwise: history is read with the points and kinds of now. Raises ValueError when
    these do not fit each other.
    """

    stages: tuple[str, ...]
    first_committed: int
    first_delivered: int
    timezone: tzinfo
    kinds: tuple[StageKind, ...] = ()
    limits: tuple[Limits, ...] = ()
    past_limits: tuple[tuple[PastLimits, ...], ...] = ()
    removed: frozenset[int] = frozenset()
    past_points: tuple[PastPoint, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.stages)
        if not 0 <= self.first_committed < self.first_delivered <= count:
            raise ValueError(
                f"commitment at {self.first_committed} and delivery at {self.first_delivered} "
                f"do not fit {count} stages"
            )
        object.__setattr__(self, "kinds", self.kinds or (StageKind.ACTIVE,) * count)
        object.__setattr__(self, "limits", self.limits or (Limits(),) * count)
        object.__setattr__(self, "past_limits", self.past_limits or ((),) * count)
        if not len(self.kinds) == len(self.limits) == len(self.past_limits) == count:
            raise ValueError("every stage has one kind and one limit")

    @property
    def committed(self) -> range:
        """The positions of the stages between commitment and delivery."""
        return range(self.first_committed, self.first_delivered)

    def as_of(self, instant: datetime) -> "Workflow":
        """The workflow with the limits that held at an instant."""
        if all(not past or past[-1].until <= instant for past in self.past_limits):
            return self
        limits = tuple(
            next((one.limits for one in past if one.until > instant), last)
            for past, last in zip(self.past_limits, self.limits, strict=True)
        )
        past_limits = tuple(
            tuple(one for one in past if one.until <= instant) for past in self.past_limits
        )
        return replace(self, limits=limits, past_limits=past_limits)

    def limits_between(
        self, stage: int, start: datetime, end: datetime
    ) -> Iterator[tuple[Limits, datetime, datetime]]:
        """The limits of a stage from one instant to another, each with its part of that time."""
        for until, limits in (*self.past_limits[stage], PastLimits(end, self.limits[stage])):
            stop = min(until, end)
            if start < stop:
                yield limits, start, stop
                start = stop

    def day(self, instant: datetime) -> date:
        """Return Day(t): the calendar day of an aware instant in the zone of the board."""
        return instant.astimezone(self.timezone).date()

    def ordinal(self, instant: datetime) -> int:
        """Return Day(t) as `date.toordinal` does."""
        return instant.astimezone(self.timezone).toordinal()

    def days(self, first: datetime, last: datetime) -> int:
        """Return the calendar days from one instant to another, both ends counted."""
        return (self.day(last) - self.day(first)).days + 1

    def start_of_day(self, day: date) -> datetime:
        """Return the first instant of a day, in UTC."""
        return datetime.combine(day, time.min, self.timezone).astimezone(UTC)

    def end_of_day(self, day: date) -> datetime:
        """Return the last instant of a day, in UTC: the `as_of` that takes in the whole day."""
        return end_of_day(day, self.timezone)

    def phase(self, step: Step) -> Phase:
        """Return whether a card with this state is before, inside or past the workflow."""
        return phase(step.stage, self.first_committed, self.first_delivered, step.outcome)


class FlowState(StrEnum):
    """What a card is to flow: only open cards have an age, only finished ones a cycle time."""

    UNCOMMITTED = "uncommitted"
    OPEN = "open"
    FINISHED = "finished"
    ABANDONED = "abandoned"
    DISCARDED = "discarded"


@record(frozen=True, slots=True)
class CardFlow:
    """The flow of one card as of an instant.

    `start`: the last crossing of the commitment point, if the card has not gone back since.
    `finish`: the last crossing of the delivery point or receipt of an outcome, if it has not come
    back since; for an abandoned card the instant it was abandoned.
    `outcome`: of a finished or abandoned card; shipped when it was delivered and none was recorded.
    `never_worked`: the last crossing of the commitment point went straight past delivery, and no
    committed stage was visited since.
    `reopened`: how often the card came back from past delivery.
    `passes` and `residence`, by stage: the visits (iterations), and the real time of all of them.
    A card with an outcome visits no stage.
    `arrivals`, by stage up to delivery and one more for delivery itself: the last instant the card
    came from before that stage to it or past it, None when it has gone back since or never came.
    A skipped stage has the arrival of the next one visited; an outcome arrives everywhere.
    """

    state: FlowState
    start: datetime | None
    finish: datetime | None
    outcome: str | None
    never_worked: bool
    reopened: int
    passes: tuple[int, ...]
    residence: tuple[timedelta, ...]
    arrivals: tuple[datetime | None, ...]


def trace(workflow: Workflow, history: CardHistory, as_of: datetime) -> CardFlow | None:
    """Follow one card up to and including the instant `as_of`; None when it did not exist yet."""
    steps = known(history.steps, as_of)
    if not steps:
        return None
    passes = [0] * len(workflow.stages)
    residence = [timedelta()] * len(workflow.stages)
    standing: int | None = None
    for step, until in spans(steps, as_of):
        if step.outcome is None:
            passes[step.stage] += step.stage != standing
            residence[step.stage] += until - step.at
        standing = step.stage if step.outcome is None else None

    first, delivered = workflow.first_committed, workflow.first_delivered
    phases = [phase(step.stage, first, delivered, step.outcome) for step in steps]
    marks = milestones(zip((step.at for step in steps), phases, strict=True))
    state = _state(phases[-1], steps[-1].outcome)
    departed = state in (FlowState.FINISHED, FlowState.ABANDONED)
    return CardFlow(
        state=state,
        start=marks.started if departed or state is FlowState.OPEN else None,
        finish=marks.finished if departed else None,
        outcome=(steps[-1].outcome or "shipped") if departed else None,
        never_worked=departed and not marks.worked,
        reopened=marks.reopened,
        passes=tuple(passes),
        residence=tuple(residence),
        arrivals=_arrivals(workflow, steps, phases),
    )


def known(steps: Sequence[Step], as_of: datetime) -> Sequence[Step]:
    """The steps up to and including an instant."""
    if not steps or steps[-1].at <= as_of:
        return steps
    return [step for step in steps if step.at <= as_of]


def spans(steps: Sequence[Step], as_of: datetime) -> Iterator[tuple[Step, datetime]]:
    """Each of at least one step with the instant its state ended: the next step, or `as_of`."""
    for step, after in zip(steps, islice(steps, 1, None), strict=False):
        yield step, after.at
    yield steps[-1], as_of


def _arrivals(
    workflow: Workflow, steps: Sequence[Step], phases: Sequence[Phase]
) -> tuple[datetime | None, ...]:
    delivered, after = workflow.first_delivered, Phase.AFTER
    arrivals: list[datetime | None] = [None] * (delivered + 1)
    reached = -1
    for step, now in zip(steps, phases, strict=True):
        here = delivered if now is after else step.stage
        if here > reached:
            arrivals[reached + 1 : here + 1] = [step.at] * (here - reached)
        elif here < reached:
            arrivals[here + 1 : reached + 1] = [None] * (reached - here)
        reached = here
    return tuple(arrivals)


def _state(now: Phase, outcome: str | None) -> FlowState:
    if outcome == "discarded":
        return FlowState.DISCARDED
    if now is Phase.BEFORE:
        return FlowState.UNCOMMITTED
    if now is Phase.INSIDE:
        return FlowState.OPEN
    return FlowState.ABANDONED if outcome == "abandoned" else FlowState.FINISHED
