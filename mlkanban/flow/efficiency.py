"""Where the time goes: hands on, a run on a machine, waiting, blocked; and flow efficiency.

Source: D. Vacanti and the Kanban Guide: flow efficiency = active / (active + waiting + blocked).
Time in which a run executes unattended is neither: it is a third share of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from mlkanban.core.board import StageKind, Work
from mlkanban.flow.history import Step, Workflow, spans
from mlkanban.flow.percentiles import whole_percents
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope

# Looked up once: most steps are these.
_HANDS_ON, _ATTENDED = StageKind.ACTIVE, Work.ATTENDED
_DAY = timedelta(days=1)


class Share(StrEnum):
    """What a card's time was."""

    ACTIVE = "active"
    UNATTENDED = "unattended"
    WAITING = "waiting"
    BLOCKED = "blocked"


@dataclass(slots=True)
class Spent:
    """Real time by share."""

    time: dict[Share, timedelta] = field(default_factory=lambda: dict.fromkeys(Share, timedelta()))

    def add(self, other: "Spent") -> None:
        for share, time in other.time.items():
            self.time[share] += time

    def days(self, share: Share) -> float:
        return self.time[share] / _DAY

    @property
    def total(self) -> float:
        """All of it in days."""
        return sum(self.time.values(), timedelta()) / _DAY


@dataclass(frozen=True, slots=True)
class StageTime:
    """The time finished cards spent in a stage, all together and each (`stays`, by short id)."""

    stage: str
    spent: Spent
    stays: Mapping[str, timedelta]

    @property
    def cards(self) -> tuple[str, ...]:
        """The cards, longest stay first."""
        return tuple(sorted(self.stays, key=self.stays.__getitem__, reverse=True))


@dataclass(frozen=True, slots=True)
class Efficiency:
    """By committed stage and in all; `configured` when one of these is a queue or a gate, without
    which waiting is invisible and there is no honest percentage."""

    n: int
    stages: tuple[StageTime, ...]
    total: Spent
    configured: bool
    scope: Scope

    @property
    def efficiency(self) -> float | None:
        """active / (active + waiting + blocked), 0..1."""
        active = self.total.days(Share.ACTIVE)
        all_but_runs = self.total.total - self.total.days(Share.UNATTENDED)
        return active / all_but_runs if self.configured and all_but_runs else None

    def share(self, share: Share) -> float | None:
        """Of all time, 0..1; None without any, or while waiting cannot be told from work."""
        known = self.configured and self.total.total
        return self.total.days(share) / self.total.total if known else None

    @property
    def percents(self) -> dict[Share, int]:
        """The shares of all time as whole percents; none where they are not known. Waiting and
        blocked are added before they are rounded: sentences tell them together."""
        known = [part for share in Share if (part := self.share(share)) is not None]
        if not known:
            return {}
        *worked, idle = whole_percents([*known[:2], sum(known[2:])])
        return dict(zip(Share, [*worked, *whole_percents(known[2:], idle)], strict=True))


def efficiency(sample: Sample) -> Efficiency:
    """Divide the time of the cards finished in the window."""
    workflow = sample.workflow
    by_stage = {at: Spent() for at in sample.stages}
    stays: dict[int, dict[str, timedelta]] = {at: {} for at in sample.stages}
    for card in sample.finished:
        ref = card.history.ref
        for at, share, time in _shares(sample, card):
            by_stage[at].time[share] += time
            stayed = stays[at]
            stayed[ref] = stayed[ref] + time if ref in stayed else time
    total = Spent()
    for spent in by_stage.values():
        total.add(spent)
    return Efficiency(
        n=len(sample.finished),
        stages=tuple(
            StageTime(
                workflow.stages[at],
                spent,
                stays[at],
            )
            for at, spent in by_stage.items()
        ),
        total=total,
        configured=any(workflow.kinds[at] is not StageKind.ACTIVE for at in sample.stages),
        scope=sample.scope,
    )


def _shares(sample: Sample, card: Followed) -> Iterator[tuple[int, Share, timedelta]]:
    """Each stretch of a card's time in a committed stage since it was committed."""
    begun = card.flow.start
    if begun is None:
        return
    workflow = sample.workflow
    first, last = workflow.first_committed, workflow.first_delivered
    for step, until in spans(card.history.steps, sample.as_of):
        if step.outcome is None and first <= step.stage < last and until > begun:
            since = step.at
            yield step.stage, share_of(workflow, step), until - (since if since > begun else begun)


def share_of(workflow: Workflow, step: Step) -> Share:
    """What the time of a state is; the first that fits. Blocked in a queue is waiting, once."""
    kind = workflow.kinds[step.stage]
    if kind is _HANDS_ON and step.block is None and step.work is _ATTENDED:
        return Share.ACTIVE
    if kind is StageKind.QUEUE:
        return Share.WAITING
    if step.block is not None:
        return Share.BLOCKED
    if step.work is Work.UNATTENDED:
        return Share.UNATTENDED
    if kind is StageKind.GATE or step.work is Work.WAITING:
        return Share.WAITING
    return Share.ACTIVE
