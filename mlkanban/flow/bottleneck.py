"""The bottleneck: evidence for each stage, and a name only where the evidence agrees.

Source: E. Goldratt, The Goal, for what a bottleneck is; the evidence is that of cumulative flow:
where time is spent, where the limit is reached, where work piles up.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from mlkanban.core.models import StageKind, Work
from mlkanban.flow.efficiency import Share, share_of
from mlkanban.flow.history import Limits, spans
from mlkanban.flow.said import Said, Table
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope

FEWEST = 10
_FULL = 0.5
_CONVENTION = "real time within the window, from the first card on; named from n 10"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one committed stage in the window.

    `residence` is its share of all time cards spent in committed stages, `at_limit` the share of
    the time it was at its WIP limit (None without one), `net` arrivals less departures, `blocked`
    the share of its time that was blocked, `queue` the mean number of cards in the queue right
    before it (None when there is none).
    """

    stage: str
    residence: float
    at_limit: float | None
    net: int
    blocked: float
    queue: float | None


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The evidence by stage, and the position in `stages` of the one it names, if any."""

    n: int
    stages: tuple[Evidence, ...]
    named: int | None
    scope: Scope

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "bottleneck": None if self.named is None else self.stages[self.named].stage,
            "stages": [
                {
                    "stage": e.stage, "residence_share": e.residence, "at_limit_share": e.at_limit,
                    "arrivals_minus_departures": e.net, "blocked_share": e.blocked,
                    "queue_before": e.queue,
                }
                for e in self.stages
            ],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }  # fmt: skip

    @property
    def known(self) -> bool:
        """Whether any time was spent in a stage."""
        return any(stage.residence for stage in self.stages)

    def figures(self) -> tuple[tuple[str, str], ...]:
        named = "-" if self.named is None else self.stages[self.named].stage
        return ("n", str(self.n)), ("bottleneck", named)

    def said(self) -> Said:
        note = f"n {self.n} finished | {self.scope.words} | {_CONVENTION}"
        rows = tuple(
            (
                e.stage,
                f"{100 * e.residence:.0f} %",
                "no limit" if e.at_limit is None else f"{100 * e.at_limit:.0f} %",
                f"{e.net:+d}",
                f"{100 * e.blocked:.0f} %",
                "-" if e.queue is None else f"{e.queue:.1f}",
            )
            for e in self.stages
        )
        head = ("stage", "of time", "at limit", "in - out", "blocked", "queue before")
        table = Table(head, rows) if self.known else None
        return Said("Bottleneck", (self._sentence(),), table, note)

    def _sentence(self) -> str:
        if self.n < FEWEST:
            few = f"{self.n or 'no'} finished card{'' if self.n == 1 else 's'}"
            return f"No stage is named: {few}, and it takes {FEWEST}."
        longest = max(self.stages, key=lambda e: e.residence)
        share = f"{100 * longest.residence:.0f} % of all time"
        if self.named is None:
            return (
                f"No stage is named: {longest.stage} takes most ({share}), but it is neither at its"
                " limit half of the time nor does work pile up there."
            )
        why = [f"takes {share}"]
        if longest.at_limit is not None and longest.at_limit >= _FULL:
            why.append(f"is at its limit {100 * longest.at_limit:.0f} % of the time")
        if longest.net > 0:
            why.append(f"took in {longest.net} more than it let go")
        return f"{longest.stage} is the bottleneck: it {' and '.join(why)}."


def bottleneck(sample: Sample) -> Bottleneck:
    """Weigh the stages over the window; cards of all states count while they were committed."""
    frame = _frame(sample)
    seen = _seen(sample, frame)
    whole = sum((seen[at].time for at in sample.workflow.committed), timedelta())
    found = [_evidence(sample, at, seen, frame, whole) for at in sample.workflow.committed]
    longest = max(range(len(found)), key=lambda i: found[i].residence)
    e = found[longest]
    agreed = whole and ((e.at_limit or 0) >= _FULL or e.net > 0)
    n = len(sample.finished)
    return Bottleneck(n, tuple(found), longest if agreed and n >= FEWEST else None, sample.scope)


_Frame = tuple[datetime, datetime]


@dataclass(slots=True)
class _Seen:
    """What went on in a stage within the frame; `changes` of the number of cards that its limit
    counts, if it has one."""

    time: timedelta = timedelta()
    blocked: timedelta = timedelta()
    changes: list[tuple[datetime, int]] = field(default_factory=list)


def _frame(sample: Sample) -> _Frame:
    """The window as instants, from the day of the first commitment on, up to now; never from
    before the first card of the board was there."""
    workflow, days = sample.workflow, sample.days
    start = datetime.combine(
        sample.window.last if not days else sample.today.fromordinal(days.start),
        time.min,
        workflow.timezone,
    ).astimezone(UTC)
    start = max(start, min((c.history.steps[0].at for c in sample.everyone), default=start))
    end = min(sample.as_of, workflow.end_of_day(sample.window.last))
    return start, max(start, end)


def _seen(sample: Sample, frame: _Frame) -> dict[int, _Seen]:
    """Of every stage before delivery, the cards that were there in the frame; how full it was is
    for all cards of the board to say."""
    start, end = frame
    workflow = sample.workflow
    found = {at: _Seen() for at in range(workflow.first_delivered)}
    mine = {card.ref for card in sample.cards}
    for card in sample.everyone:
        for step, until in spans(card.history.steps, sample.as_of):
            if step.outcome is not None or step.stage not in found:
                continue
            begin, stop = max(step.at, start), min(until, end)
            if begin >= stop:
                continue
            here, limits = found[step.stage], workflow.limits[step.stage]
            if card.ref in mine:
                here.time += stop - begin
                if step.block is not None and share_of(workflow, step) is Share.BLOCKED:
                    here.blocked += stop - begin
            apart = limits.unattended is not None and step.work is Work.UNATTENDED
            if limits.cards is not None and not apart:
                here.changes += (begin, 1), (stop, -1)
    return found


def _evidence(
    sample: Sample, at: int, seen: dict[int, _Seen], frame: _Frame, whole: timedelta
) -> Evidence:
    workflow, here = sample.workflow, seen[at]
    came = left = 0
    for card in sample.worked:
        came += _within(card.flow.arrivals[at], frame)
        left += _within(card.flow.arrivals[at + 1], frame)
    length = frame[1] - frame[0]
    queues = _queue_before(sample, at)
    queued = sum((seen[q].time for q in queues), timedelta())
    return Evidence(
        stage=workflow.stages[at],
        residence=here.time / whole if whole else 0.0,
        at_limit=_at_limit(here, workflow.limits[at], length),
        net=came - left,
        blocked=here.blocked / here.time if here.time else 0.0,
        queue=queued / length if queues and length else None,
    )


def _within(moment: datetime | None, frame: _Frame) -> bool:
    return moment is not None and frame[0] <= moment <= frame[1]


def _queue_before(sample: Sample, at: int) -> list[int]:
    """The positions of the queues right before a stage."""
    found = []
    while at > 0 and sample.workflow.kinds[at - 1] is StageKind.QUEUE:
        at -= 1
        found.append(at)
        if at < sample.workflow.first_committed:
            break
    return found


def _at_limit(here: _Seen, limits: Limits, length: timedelta) -> float | None:
    """The share of the time in which no further attended card had room."""
    if limits.cards is None or not length:
        return None
    full, inside, since = timedelta(), 0, None
    for moment, change in sorted(here.changes):
        if since is not None and inside >= limits.cards:
            full += moment - since
        inside += change
        since = moment
    return full / length
