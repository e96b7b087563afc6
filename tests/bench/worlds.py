"""Made-up boards of which is known how they work: cards as pairs of days, begun and finished."""

from collections.abc import Callable, Iterator
from math import cos, exp, pi
from random import Random
from typing import NamedTuple

DAYS = 720
YOUNG_DAYS = 60
_WEEK = 7


class World(NamedTuple):
    """Committed cards by the days, as numbers, on which they were begun, finished and abandoned,
    None for what did not happen. `last` is the last whole day."""

    name: str
    cards: list[tuple[int, int | None, int | None]]
    last: int

    @property
    def first(self) -> int:
        return min(start for start, _, _ in self.cards)

    @property
    def counts(self) -> list[int]:
        """Finished cards of each day from the first on."""
        counts = [0] * (self.last - self.first + 1)
        for _, finish, _ in self.cards:
            if finish is not None and finish <= self.last:
                counts[finish - self.first] += 1
        return counts


def worlds(seed: int) -> Iterator[World]:
    """One board of each kind."""
    for name, rate in _RATES.items():
        rng = Random(f"{name} {seed}")
        days = YOUNG_DAYS if name == "young" else DAYS
        yield _world(name, rate(rng), days, rng)


def _world(name: str, rate: Callable[[int], float], days: int, rng: Random) -> World:
    cards: list[tuple[int, int | None, int | None]] = []
    for day in range(days + 60):
        for _ in range(_poisson(rate(day), rng)):
            # Most take some days, a few take weeks.
            begun = max(0, day - int(rng.lognormvariate(1.6, 0.8)))
            if begun <= days:
                cards.append((begun, day if day <= days else None, None))
    return World(name, cards or [(0, None, None)], days)


def _poisson(mean: float, rng: Random) -> int:
    count, left = 0, rng.random()
    bound = exp(-mean)
    while left > bound:
        count += 1
        left *= rng.random()
    return count


def _steady(rng: Random) -> Callable[[int], float]:
    return lambda day: 1.2


def _weekly(rng: Random) -> Callable[[int], float]:
    return lambda day: 0.1 if day % _WEEK > 4 else 1.6


def _trend(rng: Random) -> Callable[[int], float]:
    return lambda day: 0.5 + 2.0 * day / DAYS


def _bursts(rng: Random) -> Callable[[int], float]:
    high = {day for day in range(DAYS + 60) if rng.random() < 0.08}
    return lambda day: 7.0 if day in high else 0.4


def _regimes(rng: Random) -> Callable[[int], float]:
    levels = [rng.choice((0.3, 0.8, 1.5, 2.5)) for _ in range(40)]
    ends = [0]
    while ends[-1] < DAYS + 60:
        ends.append(ends[-1] + rng.randint(20, 90))
    return lambda day: levels[sum(end <= day for end in ends) % len(levels)]


def _holidays(rng: Random) -> Callable[[int], float]:
    first = rng.randint(60, 150)
    return lambda day: 0.0 if day >= first and (day - first) % 180 < 14 else 1.4


def _solo(rng: Random) -> Callable[[int], float]:
    return lambda day: 0.25 + 0.1 * cos(2 * pi * day / 90)


def _young(rng: Random) -> Callable[[int], float]:
    level = rng.choice((0.4, 0.8, 1.5))
    return lambda day: level


_RATES: dict[str, Callable[[Random], Callable[[int], float]]] = {
    "poisson": _steady,
    "weekly": _weekly,
    "trend": _trend,
    "bursts": _bursts,
    "regimes": _regimes,
    "holidays": _holidays,
    "solo": _solo,
    "young": _young,
}
