"""Retraining: how long from the first alert of a model in use to work on the next one, and to that
being in use.

Source: the time to restore of DORA (Accelerate, 2018), for models: it begins with the first alert
and ends when a retrained model is delivered, or the version before is in use again. Its change fail
rate is the share of releases that were rolled back. Commitment and delivery are those of the Kanban
Guide.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mlkanban.core.board import OUT_OF_USE, Health, Outcome
from mlkanban.flow.history import Judged
from mlkanban.flow.percentiles import nearest_rank, needed
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.survival import Survival, kaplan_meier
from mlkanban.flow.window import Scope


@dataclass(frozen=True, slots=True)
class Loop:
    """A model from its first alert on. `retrain` is the card that trains it again, '' for none
    yet, with the days to its commitment and to its delivery, None while that lies ahead.
    `health` is how the model stands; `over` is when it needed no answer any more, None while it
    does; `days` is how long that took, up to now where it does. `line` is the first model of those
    that followed each other."""

    model: str
    title: str
    line: str
    first_alert: str
    retrain: str
    alert_to_retrain: int | None
    alert_to_redeploy: int | None
    health: str
    days: int
    over: datetime | None
    committed: datetime | None

    @property
    def state(self) -> str:
        """What became of it, in a word or two."""
        if self.alert_to_redeploy is not None:
            return "redeployed"
        if self.over is not None:
            return self.health or "not in use"
        if not self.retrain:
            return f"open: {self.health}"
        return "open: retraining" if self.committed else "open: not begun"


@dataclass(frozen=True, slots=True)
class Days:
    """So many calendar days each, in order of size; percentiles are None for too few."""

    values: tuple[int, ...]

    @property
    def n(self) -> int:
        return len(self.values)

    def percentile(self, p: int) -> int | None:
        return nearest_rank(self.values, p) if self.n >= needed(p) else None


@dataclass(frozen=True, slots=True)
class LoopDays(Days):
    """The days of loops until something; `unfinished` ones came to their end or that of the window
    without it, and count in `survival` as long as they lasted."""

    unfinished: int
    survival: Survival

    def with_open(self, p: int) -> int | None:
        """The percentile that counts those too; None for too few, or where it is not reached."""
        return self.survival.time(p) if self.n + self.unfinished >= needed(p) else None


@dataclass(frozen=True, slots=True)
class Releases:
    """The `n` models that were delivered in the window, how many of these were `rolled_back` by
    now, and the days from the first alert to each rollback in the window; `without_alert` of
    these had none before."""

    n: int = 0
    rolled_back: int = 0
    restore: Days = Days(())
    without_alert: int = 0

    @property
    def share(self) -> float | None:
        """Which share was rolled back; None without a release."""
        return self.rolled_back / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class RetrainingLoops:
    """The loops that are open, or had a commitment, a delivery or an end in the window, and the
    releases."""

    loops: tuple[Loop, ...]
    alert_to_retrain: LoopDays
    alert_to_redeploy: LoopDays
    lines: tuple[tuple[str, str, LoopDays, LoopDays, int], ...]
    scope: Scope
    releases: Releases = Releases()

    @property
    def open(self) -> tuple[Loop, ...]:
        """What still needs an answer, longest first."""
        some = [loop for loop in self.loops if loop.over is None]
        return tuple(sorted(some, key=lambda loop: (-loop.days, loop.model)))

    @property
    def without_retraining(self) -> int:
        """How many ended without a retrained model."""
        return sum(loop.over is not None and loop.alert_to_redeploy is None for loop in self.loops)


def retraining(sample: Sample) -> RetrainingLoops:
    """Follow every model from its first alert until it needs no answer any more.

    An alert while one is open is part of it, and so is a retrain card that came to nothing. A model
    that is judged ok, retired or not in use ends it without retraining; one that is only watched
    does not. Retraining that no alert began is in no number here.
    """
    trained: defaultdict[str, list[Followed]] = defaultdict(list)
    for card in sample.everyone:
        for model in card.history.retrains:
            trained[model].append(card)
    before = {card.ref: card.history.retrains for card in sample.everyone}
    titles = {card.ref: card.history.title for card in sample.everyone}
    every = [
        loop
        for card in sample.cards
        if card.history.healths
        for loop in _loops(sample, card, trained[card.ref], _first_of(card.ref, before))
    ]
    loops = [loop for loop in every if _counts(sample, loop)]
    loops.sort(key=lambda loop: (loop.first_alert, loop.model))
    lines = dict.fromkeys(loop.line for loop in loops)
    return RetrainingLoops(
        tuple(loops),
        *_measured(sample, every),
        tuple(
            (
                line,
                titles.get(line, ""),
                *_measured(sample, [loop for loop in every if loop.line == line]),
                sum(loop.over is None for loop in some),
            )
            for line in lines
            for some in [[loop for loop in loops if loop.line == line]]
        ),
        sample.scope,
        _releases(sample),
    )


def _releases(sample: Sample) -> Releases:
    """The models that were delivered, and what was rolled back."""
    workflow, day = sample.workflow, sample.workflow.day
    delivered = rolled_back = without_alert = 0
    restored: list[int] = []
    for card in sample.cards:
        if not card.history.healths:
            continue
        known = [judged for judged in card.history.healths if judged.at <= sample.as_of]
        finish = card.flow.finish
        if not any(judged.health for judged in known):
            continue
        if card.flow.outcome == Outcome.SHIPPED and finish and day(finish) in sample.window:
            delivered += 1
            rolled_back += known[-1].health == Health.ROLLED_BACK
        alert: datetime | None = None
        for at, health in known:
            if health == Health.ALERT:
                alert = alert or at
            elif health == Health.ROLLED_BACK:
                if day(at) in sample.window and alert is None:
                    without_alert += 1
                elif day(at) in sample.window and alert is not None:
                    restored.append(workflow.days(alert, at))
                alert = None
            elif health in ("", Health.OK, *OUT_OF_USE):
                alert = None
    return Releases(delivered, rolled_back, Days(tuple(sorted(restored))), without_alert)


def _measured(sample: Sample, loops: Sequence[Loop]) -> tuple[LoopDays, LoopDays]:
    """The days to commitments and to deliveries within the window."""
    committed = [(loop, loop.committed) for loop in loops]
    used = [(loop, None if loop.alert_to_redeploy is None else loop.over) for loop in loops]
    return _lasted(sample, committed), _lasted(sample, used)


def _lasted(sample: Sample, loops: Sequence[tuple[Loop, datetime | None]]) -> LoopDays:
    """The days of loops until an instant; those without one as long as they were open, and those
    begun before the window from the days that they had lasted then."""
    day, first_day, last_day = sample.workflow.day, sample.window.first, sample.window.last
    ended: list[int] = []
    unfinished: list[int] = []
    entered: list[int] = []
    for loop, at in loops:
        first = date.fromisoformat(loop.first_alert)
        reached = None if at is None else day(at)
        over = reached or (day(loop.over) if loop.over else last_day)
        end = min(over, last_day)
        if first > last_day or (first_day and end < first_day):
            continue
        (ended if reached == end else unfinished).append((end - first).days + 1)
        if first_day and first < first_day:
            entered.append((first_day - first).days)
    survival = kaplan_meier(ended, unfinished, entered)
    return LoopDays(tuple(sorted(ended)), len(unfinished), survival)


def _loops(
    sample: Sample, card: Followed, trained: Sequence[Followed], line: str
) -> Iterator[Loop]:
    workflow, as_of = sample.workflow, sample.as_of
    known = [judged for judged in card.history.healths if judged.at <= as_of]
    for first, over, health in _episodes(known):
        last_moment = over or as_of

        def within(
            at: datetime | None, first: datetime = first, end: datetime = last_moment
        ) -> bool:
            return at is not None and first <= at <= end

        mine = [
            one
            for one in trained
            if one.history.steps[0].at <= last_moment
            and (one.flow.finish is None or one.flow.finish >= first)
        ]
        shipped = [
            one for one in mine if one.flow.outcome == Outcome.SHIPPED and within(one.flow.finish)
        ]
        used = min((one.flow.finish for one in shipped if one.flow.finish), default=None)
        begun = [one.flow.start for one in mine if within(one.flow.start) and one.flow.start]
        committed = min(begun, default=None)
        last = (shipped or mine)[-1:]
        end = used or over
        yield Loop(
            model=card.ref, title=card.history.title, line=line,
            first_alert=workflow.day(first).isoformat(), retrain=last[0].ref if last else "",
            alert_to_retrain=workflow.days(first, committed) if committed else None,
            alert_to_redeploy=workflow.days(first, used) if used else None,
            health=health, days=workflow.days(first, end or as_of), over=end, committed=committed,
        )  # fmt: skip


def _episodes(healths: Sequence[Judged]) -> Iterator[tuple[datetime, datetime | None, str]]:
    """First alert, end (None for none yet) and health at the end."""
    first: datetime | None = None
    for at, health in healths:
        if first is None and health == Health.ALERT:
            first = at
        elif first is not None and health in ("", Health.OK, *OUT_OF_USE):
            yield first, at, health
            first = None
    if first is not None:
        yield first, None, healths[-1].health


def _first_of(ref: str, before: dict[str, tuple[str, ...]]) -> str:
    """The model that a line of retrained ones began with."""
    seen = {ref}
    while (known := [one for one in before.get(ref, ()) if one in before]) and known[0] not in seen:
        ref = known[0]
        seen.add(ref)
    return ref


def _counts(sample: Sample, loop: Loop) -> bool:
    day = sample.workflow.day
    if loop.first_alert > sample.window.last.isoformat():
        return False
    return loop.over is None or any(
        at is not None and day(at) in sample.window for at in (loop.over, loop.committed)
    )
