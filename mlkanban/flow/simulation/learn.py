"""Models from the board's own history.

A move made as soon as the next stage had room again is one that waited. What such a card took in
the stage before is not known: it is given the time of a card that did not wait there, no longer
than its own stay.

Which model fits shows in the progress of the attended legs against the attended cards that were
there when each began. Where each card takes its own time, its days do not depend on them. Where one
person shares out the time, its effort does not: the days, each divided by the attended cards on it.
The cards that are there at the beginning know nothing of the leg that begins, so that both are
ranked within their stage and correlated.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from math import ceil, sqrt
from operator import itemgetter
from random import Random

from mlkanban.core.board import StageKind, Work
from mlkanban.flow.fullness import stays, when_full
from mlkanban.flow.history import spans
from mlkanban.flow.percentiles import nearest_rank
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.simulation.model import Capacity, Leg, Model, SimulatedCard
from mlkanban.flow.window import Window

FEWEST = 20
_SEED = 1
_HOUR = timedelta(hours=1)
_SOON = _HOUR
_LONGEST_PAUSE = timedelta(days=4)
"""Nobody is there at night, or over a long weekend; what comes later was not waited for."""
_NIGHT = 6
"""Hours in a row in which nothing ever happens on a board."""
_DAY = timedelta(days=1)
_MOST_JOBS = 300
"""A run plays about so many cards at most, so that a long history takes no longer."""
_YEAR = 365
_ERRORS = 2
"""A correlation beyond so many standard errors is none by chance."""


@dataclass(frozen=True, slots=True)
class TouchFit:
    """How the attended legs went on beside others: rank correlations of their days (where touch is
    independent there is none) and of their effort (where capacity is shared there is none) with the
    attended cards that were there when they began."""

    legs: int
    days: float
    effort: float

    @property
    def chance(self) -> float:
        """What a correlation is up to by chance alone."""
        return _ERRORS / sqrt(max(1, self.legs - 1))

    @property
    def possible(self) -> tuple[Capacity, ...]:
        """The models that the legs do not speak against, the better one first. The better one is
        always among them: a history that neither fits is refused by what it does not reproduce."""
        if abs(self.days) <= abs(self.effort):
            better, worse, against = Capacity.INDEPENDENT, Capacity.SHARED, -self.effort
        else:
            better, worse, against = Capacity.SHARED, Capacity.INDEPENDENT, self.days
        return (better,) if against > self.chance else (better, worse)


@dataclass(frozen=True, slots=True)
class Overridden:
    """How often a card came to a full stage, and how often it entered all the same."""

    times: int
    of: int

    @property
    def share(self) -> float:
        return self.times / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Learned:
    """The models of a history, what speaks for each, and how the limits were kept. `sample` are the
    cards they were learned from: those of `since` the limits are what they are, where they were
    changed in the window."""

    models: Mapping[Capacity, Model]
    fit: TouchFit
    overridden: Overridden
    sample: Sample


def under_these_limits(sample: Sample) -> tuple[Sample, date | None]:
    """The part of the window from the day after the last change of a limit on, and the day of that
    change; the whole window where there was none in it."""
    workflow = sample.workflow
    changes = [past[-1].until for at in workflow.committed if (past := workflow.past_limits[at])]
    last = max((workflow.day(change) for change in changes), default=None)
    days = sample.days
    if last is None or not days or last.toordinal() < days.start:
        return sample, None
    first = min(last + timedelta(days=1), sample.window.last)
    return sample.within(Window.between(first, sample.window.last)), last


def learn(sample: Sample) -> Learned | None:
    """The finished cards of the window as jobs; None below 20 of them."""
    if len(sample.finished) < FEWEST:
        return None
    history = _LimitHistory(sample)
    ways = [way for card in sample.finished if (way := history.ways[card.ref])]
    backlog, came = history.arrived()
    gaps = tuple((after - before) / _DAY for before, after in pairwise(came))
    if not ways or not gaps or not sum(gaps):
        return None
    usual = nearest_rank(sorted(map(sample.days_of, sample.finished)), 85)
    rate = len(gaps) / sum(gaps)
    workflow, overridden = sample.workflow, history.overridden()

    def model(capacity: Capacity) -> Model:
        return Model(
            stages=tuple(workflow.stages[at] for at in workflow.committed),
            limits=tuple(workflow.limits[at] for at in workflow.committed),
            jobs=tuple(history.job(way, capacity) for way in ways),
            gaps=gaps,
            days=min(len(sample.days), max(30, ceil(_MOST_JOBS / rate))),
            warm_up=min(120, 3 * usual),
            overrides=overridden.share,
            oldest=history.oldest_first(),
            backlog=backlog,
        )

    models = {capacity: model(capacity) for capacity in Capacity}
    return Learned(models, history.fit(), overridden, sample)


def _begun(sample: Sample) -> list[Followed]:
    first = sample.days.start
    return [card for card in sample.worked if card.start is not None and card.start >= first]


Part = tuple[float, float]
"""From when until when, in days of `date.toordinal`."""


@dataclass(slots=True)
class _Stint:
    """A card in a stage, how and from when until when; `parts` are those in which it was not
    blocked. `waited`: it ended by waiting for room in the stage after. `days` and `effort` are what
    it took, or, where it waited, a card that did not."""

    stage: int
    work: Work
    begin: datetime
    end: datetime
    kind: StageKind
    parts: list[Part]
    ended: bool
    waited: bool = False
    days: float = 0.0
    effort: float = 0.0

    @property
    def attended(self) -> bool:
        """Whether it takes the time of a person."""
        return self.kind is StageKind.ACTIVE and self.work is Work.ATTENDED

    @property
    def idle(self) -> bool:
        """Whether nothing is done: it is in a queue, or only waits."""
        return self.kind is StageKind.QUEUE or self.work is Work.WAITING

    @property
    def free(self) -> float:
        """The days in which it was not blocked."""
        return sum(end - begin for begin, end in self.parts)

    @property
    def blocked(self) -> float:
        return max(0.0, (self.end - self.begin) / _DAY - self.free)


@dataclass(slots=True)
class _Crowd:
    """How many attended cards there were at any time, and the effort that each of them got."""

    parts: Iterable[Part]
    _times: list[float] = field(init=False)
    _counts: list[int] = field(init=False)
    _efforts: list[float] = field(init=False)

    def __post_init__(self) -> None:
        changes: defaultdict[float, int] = defaultdict(int)
        for begin, end in self.parts:
            changes[begin] += 1
            changes[end] -= 1
        self._times = sorted(changes)
        self._counts = list(accumulate(changes[time] for time in self._times))
        lengths = (after - before for before, after in pairwise(self._times))
        shares = (
            length / max(1, many) for length, many in zip(lengths, self._counts, strict=False)
        )
        self._efforts = list(accumulate(shares, initial=0.0))

    def before(self, time: float) -> int:
        """The cards that were there right before a time, and stayed."""
        at = bisect_right(self._times, time) - 1
        after = self._counts[at] if at >= 0 else 0
        return max(0, after - 1)

    def effort(self, part: Part) -> float:
        """What a card got in a part of the time."""
        return self._until(part[1]) - self._until(part[0])

    def _until(self, time: float) -> float:
        at = bisect_right(self._times, time) - 1
        if at < 0:
            return 0.0
        return self._efforts[at] + (time - self._times[at]) / max(1, self._counts[at])

    def cut(self, parts: Sequence[Part], effort: float) -> Iterator[Part]:
        """The first of the parts in which a card got so much effort."""
        for begin, end in parts:
            got = self.effort((begin, end))
            if got >= effort:
                low, high = begin, end
                for _ in range(30):
                    middle = (low + high) / 2
                    low, high = (
                        (middle, high) if self.effort((begin, middle)) < effort else (low, middle)
                    )
                yield begin, high
                return
            effort -= got
            yield begin, end


class _LimitHistory:
    """The stays of all cards of the board, and when its stages were full."""

    def __init__(self, sample: Sample) -> None:
        workflow = sample.workflow
        self._sample, self._first = sample, workflow.first_committed
        first = min(card.history.steps[0].at for card in sample.everyone)
        self._full = {
            at: when_full(workflow, at, there, (first, sample.as_of))
            for at, there in stays(sample, workflow.committed).items()
        }
        self._pauses = _pauses(
            step.at.astimezone(workflow.timezone)
            for card in sample.everyone
            for step in card.history.steps
        )
        self.ways = {card.ref: self._way(card) for card in sample.everyone}
        self._all = [stay for way in self.ways.values() for stay in way]
        rng = Random(_SEED)
        self._take_days(rng)
        self._take_effort(rng)

    def job(self, way: Sequence[_Stint], capacity: Capacity) -> SimulatedCard:
        """The way of a finished card under one of the models."""
        shared = capacity is Capacity.SHARED
        return SimulatedCard(
            tuple(
                Leg(
                    stay.stage - self._first,
                    stay.work is Work.UNATTENDED,
                    0.0 if shared and stay.attended else stay.days,
                    stay.blocked,
                    stay.effort if shared else 0.0,
                )
                for stay in way
            )
        )

    def arrived(self) -> tuple[int, list[datetime]]:
        """How many of the cards begun in the window waited on its first day already, and when the
        others could have been begun, in order."""
        first, second = (
            self._sample.workflow.start_of_day(date.fromordinal(self._sample.days.start + day))
            for day in (0, 1)
        )
        backlog, came = 0, []
        for card in _begun(self._sample):
            assert card.flow.start is not None
            available = self.available(card)
            if available < second <= card.flow.start:
                backlog += 1
            elif available >= first:
                came.append(available)
        return backlog, sorted(came)

    def available(self, card: Followed) -> datetime:
        """When a card could have been begun: at its start, or, if it waited for room, when it came
        to the stage before."""
        begun, before = card.flow.start, self._first - 1
        assert begun is not None
        if before < 0 or not self._just_got_room(self._first, begun):
            return begun
        came = card.flow.arrivals[before]
        kept = self._kept_full
        since = kept[bisect_right(kept, begun, key=itemgetter(0)) - 1][1]
        return begun if came is None else max(came, since)

    def overridden(self) -> Overridden:
        """Cards that came in the window to a stage that was full, and those that did not wait."""
        waited = over = 0
        start = self._sample.days.start
        for card in self._sample.everyone:
            before: _Stint | None = None
            for stay in self.ways[card.ref]:
                came = before is None or (before.stage, before.work) != (stay.stage, stay.work)
                if came and _days(stay.begin) >= start and stay.work is not Work.UNATTENDED:
                    late = before.waited if before else self.available(card) < stay.begin
                    waited += late
                    over += not late and self._was_full(stay.stage, stay.begin)
                before = stay
        return Overridden(over, over + waited)

    def oldest_first(self) -> float:
        """How often the card that waited longest is taken from a queue, beyond chance; 1 where
        there never were two to choose from."""
        queued: defaultdict[int, list[_Stint]] = defaultdict(list)
        for stay in self._all:
            if stay.kind is StageKind.QUEUE:
                queued[stay.stage].append(stay)
        right = possible = 0.0
        for waiting in queued.values():
            for stay in waiting:
                there = [one.begin for one in waiting if one.begin <= stay.end <= one.end]
                if stay.ended and len(there) > 1:
                    right += (stay.begin == min(there)) - 1 / len(there)
                    possible += 1 - 1 / len(there)
        return min(1.0, max(0.0, right / possible)) if possible else 1.0

    def fit(self) -> TouchFit:
        """The correlations of the attended legs that began in the window, or the year up to its
        end, and ended without waiting. On a board that was always full they are the same whatever
        the cards take: the evidence lies in the time before, or under other limits."""
        sample = self._sample
        start = min(sample.days.start, sample.window.last.toordinal() - _YEAR)
        by_stage: defaultdict[int, list[_Stint]] = defaultdict(list)
        for stay in self._all:
            if stay.attended and stay.ended and not stay.waited and _days(stay.begin) >= start:
                by_stage[stay.stage].append(stay)
        beside: list[float] = []
        days: list[float] = []
        effort: list[float] = []
        for legs in by_stage.values():
            beside += _ranks([float(self._crowd.before(_days(leg.begin))) for leg in legs])
            days += _ranks([leg.days for leg in legs])
            effort += _ranks([leg.effort for leg in legs])
        return TouchFit(len(days), _correlation(beside, days), _correlation(beside, effort))

    # Stays

    def _way(self, card: Followed) -> list[_Stint]:
        """The stays of a card in committed stages since its start; steps in one stage with one way
        of working are one."""
        sample = self._sample
        workflow, start = sample.workflow, card.flow.start
        way: list[_Stint] = []
        if start is None:
            return way
        for step, until in spans(card.history.steps, sample.as_of):
            inside = step.outcome is None and step.stage in workflow.committed
            if not inside or until <= start:
                continue
            begin = max(step.at, start)
            parts = [] if step.block is not None else [(_days(begin), _days(until))]
            ended = until < sample.as_of
            last = way[-1] if way else None
            if last and (last.stage, last.work, last.end) == (step.stage, step.work, begin):
                last.end, last.ended = until, ended
                last.parts += parts
            else:
                kind = workflow.kinds[step.stage]
                way.append(_Stint(step.stage, step.work, begin, until, kind, parts, ended))
        for stay, after in pairwise(way):
            stay.waited = (
                after.stage > stay.stage
                and after.begin == stay.end
                and self._just_got_room(after.stage, stay.end)
            )
        return way

    def _just_got_room(self, stage: int, moved: datetime) -> bool:
        """Whether a stage had just got room when a card moved to it."""
        full = self._full[stage]
        at = bisect_right(full, moved, key=lambda span: span[1]) - 1
        return at >= 0 and self._soon(full[at][1], moved)

    @cached_property
    def _kept_full(self) -> list[tuple[datetime, datetime]]:
        """When the first stage was full, in order of the end, each with the beginning of the time
        in which it was filled again as soon as it had room: cards waited all along."""
        kept: list[tuple[datetime, datetime]] = []
        for begin, end in self._full[self._first]:
            again = kept and self._soon(kept[-1][0], begin)
            kept.append((end, kept[-1][1] if again else begin))
        return kept

    def _soon(self, free: datetime, moved: datetime) -> bool:
        """Whether a card moved within an hour of room, nights and weekends not counted on a board
        that has them."""
        if moved - free <= _SOON:
            return True
        if moved - free > _LONGEST_PAUSE:
            return False
        zone, busy = self._sample.workflow.timezone, timedelta()
        while free < moved and busy <= _SOON:
            local = free.astimezone(zone)
            rest = _HOUR - timedelta(minutes=local.minute, seconds=local.second,
                                     microseconds=local.microsecond)  # fmt: skip
            step = min(rest, moved - free)
            if _slot(local) not in self._pauses:
                busy += step
            free += step
        return busy <= _SOON

    def _was_full(self, stage: int, moved: datetime) -> bool:
        full = self._full[stage]
        at = bisect_right(full, moved, key=lambda span: span[1])
        return at < len(full) and full[at][0] < moved

    # What they took

    def _take_days(self, rng: Random) -> None:
        free: defaultdict[tuple[int, Work], list[float]] = defaultdict(list)
        for stay in self._all:
            stay.days = 0.0 if stay.idle else stay.free
            if stay.ended and not stay.waited:
                free[stay.stage, stay.work].append(stay.days)
        for days in free.values():
            days.sort()
        for stay in self._all:
            if stay.waited:
                stay.days = _other(free[stay.stage, stay.work], stay.days, rng)

    def _take_effort(self, rng: Random) -> None:
        """Twice: at first those that waited count as attended all the time, then as long as their
        effort lasted."""
        attended = [stay for stay in self._all if stay.attended]
        self._crowd = _Crowd(part for stay in attended for part in stay.parts)
        self._give_effort(attended, rng)
        self._crowd = _Crowd(
            part
            for stay in attended
            for part in (self._crowd.cut(stay.parts, stay.effort) if stay.waited else stay.parts)
        )
        self._give_effort(attended, rng)

    def _give_effort(self, attended: Sequence[_Stint], rng: Random) -> None:
        free: defaultdict[int, list[float]] = defaultdict(list)
        for stay in attended:
            stay.effort = sum(map(self._crowd.effort, stay.parts))
            if stay.ended and not stay.waited:
                free[stay.stage].append(stay.effort)
        for efforts in free.values():
            efforts.sort()
        for stay in attended:
            if stay.waited:
                stay.effort = _other(free[stay.stage], stay.effort, rng)


def _days(moment: datetime) -> float:
    return moment.timestamp() / 86400 + 719163


def _slot(moment: datetime) -> tuple[bool, int]:
    """The hour of a working day, or of a day of the weekend."""
    return moment.weekday() >= 5, moment.hour


def _pauses(moments: Iterable[datetime]) -> frozenset[tuple[bool, int]]:
    """The hours of a night, or a weekend: those of six or more in a row in which nothing ever
    happened."""
    busy = {_slot(moment) for moment in moments}
    pauses: set[tuple[bool, int]] = set()
    for weekend in (False, True):
        for hour in range(24):
            night = {(weekend, (hour + more) % 24) for more in range(_NIGHT)}
            if not night & busy:
                pauses |= night
    return frozenset(pauses)


def _other(ordered: Sequence[float], most: float, rng: Random) -> float:
    """Another value no higher than `most`, or that where there is none."""
    lower = bisect_right(ordered, most)
    return ordered[rng.randrange(lower)] if lower else most


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from -0.5 to 0.5, equal values in the middle of theirs."""
    ordered = sorted(values)
    first = {value: at for at, value in reversed(list(enumerate(ordered)))}
    last = {value: at for at, value in enumerate(ordered)}
    most = max(1, len(values) - 1)
    return [(first[value] + last[value]) / 2 / most - 0.5 for value in values]


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Of values with the mean 0; 0 where they do not vary."""
    both = sum(a * b for a, b in zip(one, other, strict=True))
    spread = sqrt(sum(a * a for a in one) * sum(b * b for b in other))
    return both / spread if spread else 0.0
