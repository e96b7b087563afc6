"""One run of a model, by a discrete-event simulation (SimPy)."""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import accumulate
from math import floor
from random import Random
from sys import maxsize
from typing import Any

from mlkanban.flow.percentiles import nearest_rank
from mlkanban.flow.simulation.model import Model, SimulatedCard


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """What one run gave: percentiles of cycle time in calendar days with both ends, cards finished
    a week, mean work in progress, and cards that waited to be begun when it ended."""

    p50: float
    p85: float
    per_week: float
    wip: float
    waiting: float


def run(model: Model, seed: int) -> SimulationResult | None:
    """Play a model once; the same seed brings the same cards at the same times, whatever the
    limits. None when no card was finished."""
    rng = Random(seed)
    end = model.warm_up + model.days
    arrivals: list[tuple[float, SimulatedCard]] = []
    for at in accumulate(_gaps(model, rng)):
        if at >= end:
            break
        arrivals.append((at, rng.choice(model.jobs)))
    line = Line(model)
    for at, job in arrivals:
        line.env.process(line.play(at, job))
    line.env.run(until=end)
    return line.outcome(model.warm_up, end, len(arrivals))


def _gaps(model: Model, rng: Random) -> Generator[float, None, None]:
    while True:
        yield rng.choice(model.gaps)


class Line:
    """The rooms of the stages and what went through them."""

    def __init__(self, model: Model) -> None:
        # 25 ms that only somebody who simulates waits for.
        import simpy

        self.env = simpy.Environment()
        self._rooms: dict[tuple[int, bool], Any] = {}
        for stage, limits in enumerate(model.limits):
            room = simpy.Resource(self.env, limits.cards or maxsize)
            apart = limits.unattended is not None
            runs = simpy.Resource(self.env, limits.unattended or maxsize) if apart else room
            self._rooms[stage, False], self._rooms[stage, True] = room, runs
        self._begun: list[float] = []
        self._ended: dict[int, float] = {}

    def play(self, at: float, job: SimulatedCard) -> Generator[Any, Any, None]:
        """Take a job through its legs from the moment it could be begun."""
        yield self.env.timeout(at)
        room: Any = None
        place: Any = None
        stage = number = -1
        for leg in job.legs:
            wanted = self._rooms[leg.stage, leg.unattended]
            if wanted is not room:
                if room is not None and leg.stage <= stage:
                    # Back, or from hand to run: who holds a place while waiting here could wait for
                    # somebody who waits for that place.
                    room.release(place)
                    room = None
                request = wanted.request()
                yield request
                if room is not None:
                    room.release(place)
                room, place = wanted, request
            if stage < 0:
                number = len(self._begun)
                self._begun.append(self.env.now)
            stage = leg.stage
            yield self.env.timeout(leg.blocked + leg.days)
        room.release(place)
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
