"""One run of a model, by a discrete-event simulation (SimPy)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import accumulate, count
from math import floor
from random import Random
from sys import maxsize
from typing import TYPE_CHECKING, Any

from mlkanban.flow.percentiles import nearest_rank
from mlkanban.flow.simulation.model import Model, SimulatedCard

if TYPE_CHECKING:
    from simpy import Environment, Event

_CLOSE = 1e-9
"""Days of effort that rounding may leave."""


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """What one run gave: percentiles of cycle time in calendar days with both ends, cards finished
    a week, mean work in progress, and cards that waited to be begun when it ended."""

    p50: float
    p85: float
    per_week: float
    wip: float
    waiting: float


def run(model: Model, seed: int, *, resampled: bool = True) -> SimulationResult | None:
    """Play a model once; the same seed brings the same cards at the same times, whatever the
    limits. None when no card was finished.

    Jobs and gaps are `resampled` first (bootstrap): those of the history are a sample themselves,
    and another period has others.
    """
    rng = Random(seed)
    if resampled and model.jobs:
        model = replace(
            model,
            jobs=tuple(rng.choices(model.jobs, k=len(model.jobs))),
            gaps=_resampled(model.gaps, rng),
        )
    end = model.warm_up + model.days
    arrivals = [(float(model.warm_up), rng.choice(model.jobs)) for _ in range(model.backlog)]
    for at in accumulate(_gaps(model, rng)):
        if at >= end:
            break
        arrivals.append((at, rng.choice(model.jobs)))
    line = Line(model, seed)
    for at, job in arrivals:
        line.env.process(line.play(at, job))
    line.env.run(until=end)
    return line.outcome(model.warm_up, end, len(arrivals))


def _resampled(gaps: tuple[float, ...], rng: Random) -> tuple[float, ...]:
    """As many gaps drawn from these; the same where all that were drawn are 0."""
    drawn = tuple(rng.choices(gaps, k=len(gaps)))
    return drawn if sum(drawn) else gaps


def _gaps(model: Model, rng: Random) -> Generator[float, None, None]:
    while True:
        yield rng.choice(model.gaps)


class _StagePlaces:
    """The places of a stage. Who finds none waits, or enters all the same now and then."""

    def __init__(self, env: Environment, places: int, model: Model, rng: Random) -> None:
        self._env, self._places, self._model, self._rng = env, places, model, rng
        self._inside = 0
        self._waiting: list[Event] = []

    def enter(self) -> Event | None:
        """Take a place; the event to wait for where there is none yet."""
        model = self._model
        if self._inside < self._places or (
            model.overrides and self._rng.random() < model.overrides
        ):
            self._inside += 1
            return None
        event = self._env.event()
        self._waiting.append(event)
        return event

    def leave(self) -> None:
        """Give a place back to whoever waits for one."""
        self._inside -= 1
        while self._waiting and self._inside < self._places:
            at, oldest = 0, self._model.oldest
            if oldest < 1 and len(self._waiting) > 1 and self._rng.random() >= oldest:
                at = self._rng.randrange(len(self._waiting))
            self._inside += 1
            self._waiting.pop(at).succeed()


class _Person:
    """One person, whose time all attended legs share in equal parts (processor sharing)."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._given, self._last = 0.0, 0.0
        self._open: list[tuple[float, int, Event]] = []
        self._numbers, self._plan = count(), 0

    def work(self, effort: float) -> Event:
        """The event of so much effort being done."""
        self._advance()
        event = self._env.event()
        heappush(self._open, (self._given + effort, next(self._numbers), event))
        self._look_ahead()
        return event

    def _advance(self) -> None:
        if self._open:
            self._given += (self._env.now - self._last) / len(self._open)
        self._last = self._env.now

    def _look_ahead(self) -> None:
        """Wait for the next end; a wait that was planned earlier is void."""
        self._plan += 1
        if self._open:
            plan = self._plan
            left = max(0.0, self._open[0][0] - self._given) * len(self._open)
            self._env.timeout(left).callbacks.append(lambda _: self._ended(plan))

    def _ended(self, plan: int) -> None:
        if plan != self._plan:
            return
        self._advance()
        self._given = max(self._given, self._open[0][0])
        while self._open and self._open[0][0] <= self._given + _CLOSE:
            heappop(self._open)[2].succeed()
        self._look_ahead()


class Line:
    """The rooms of the stages and what went through them."""

    def __init__(self, model: Model, seed: int = 0) -> None:
        # 25 ms that only somebody who simulates waits for.
        import simpy

        self.env = simpy.Environment()
        rng = Random(f"rooms {seed}")
        self._person = _Person(self.env)
        self._rooms: dict[tuple[int, bool], _StagePlaces] = {}
        for stage, limits in enumerate(model.limits):
            room = _StagePlaces(self.env, limits.cards or maxsize, model, rng)
            apart = limits.unattended is not None
            runs = (
                _StagePlaces(self.env, limits.unattended or maxsize, model, rng) if apart else room
            )
            self._rooms[stage, False], self._rooms[stage, True] = room, runs
        self._begun: list[float] = []
        self._ended: dict[int, float] = {}

    def play(self, at: float, job: SimulatedCard) -> Generator[Any, Any, None]:
        """Take a job through its legs from the moment it could be begun."""
        yield self.env.timeout(at)
        room: _StagePlaces | None = None
        stage = number = -1
        for leg in job.legs:
            wanted = self._rooms[leg.stage, leg.unattended]
            if wanted is not room:
                if room is not None and leg.stage <= stage:
                    # Back, or from hand to run: who holds a place while waiting here could wait for
                    # somebody who waits for that place.
                    room.leave()
                    room = None
                if (place := wanted.enter()) is not None:
                    yield place
                if room is not None:
                    room.leave()
                room = wanted
            if stage < 0:
                number = len(self._begun)
                self._begun.append(self.env.now)
            stage = leg.stage
            if leg.blocked or leg.days:
                yield self.env.timeout(leg.blocked + leg.days)
            if leg.effort:
                yield self._person.work(leg.effort)
        assert room is not None
        room.leave()
        self._ended[number] = self.env.now

    def outcome(self, start: float, end: float, came: int) -> SimulationResult | None:
        """Measure from `start` to `end`; `came` jobs could have been begun by the end."""
        ended = [(self._begun[n], f) for n, f in self._ended.items() if f >= start]
        if not ended:
            return None
        took = sorted(floor(f) - floor(s) + 1 for s, f in ended)
        left = [s for n, s in enumerate(self._begun) if n not in self._ended]
        busy = sum(f - max(s, start) for s, f in [*ended, *((s, end) for s in left)])
        days = end - start
        return SimulationResult(
            nearest_rank(took, 50),
            nearest_rank(took, 85),
            7 * len(ended) / days,
            busy / days,
            came - len(self._begun),
        )
