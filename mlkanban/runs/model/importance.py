"""Which parameters of runs tell most of their metric."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from statistics import correlation
from typing import NamedTuple

from mlkanban.runs.model.parameters import is_word

_FEWEST = 3
"""Configurations from which on a parameter can tell anything."""
_IN_GROUP, _FEWEST_GROUPS, _MOST_GROUPS = 5, 3, 10
"""Numbers in a group of neighbours, and how many groups there are in spite of that."""
_SHUFFLES, _LEVEL = 99, 0.05
_MOST_SHUFFLED = 400
_MOST_STEPS = 10
"""Parameters each of which is compared by what those before it leave."""
_EQUAL = 1e-9
"""Strengths that are as good as equal."""


def most_telling_first(
    unlike: Mapping[str, Sequence[str]], means: Sequence[float | None], launch: Set[str]
) -> dict[str, Sequence[str]]:
    """Parameters with their values by configuration, in the order of their contributions to the
    means; words without a name come after the others, and last those whose names are launch
    words."""
    known = [at for at, mean in enumerate(means) if mean is not None]
    given = tuple(mean for mean in means if mean is not None)
    ordered: dict[str, Sequence[str]] = {}
    for kind in (False, False), (False, True), (True, False), (True, True):
        names = [name for name in unlike if (name in launch, is_word(name)) == kind]
        some = tuple(tuple(unlike[name][at] for at in known) for name in names)
        for at, _ in contributions(some, given):
            ordered[names[at]] = unlike[names[at]]
    return ordered


class Contribution(NamedTuple):
    """What a parameter, the number of which is given, adds to what those before it tell: from 0 to
    1, the share of the variance of the ranks of the means, less what chance would give."""

    parameter: int
    share: float


@lru_cache(maxsize=8)
def contributions(
    parameters: tuple[tuple[str, ...], ...], means: tuple[float, ...]
) -> tuple[Contribution, ...]:
    """What parameters, each with its values by configuration, tell of the means: the one that tells
    most first, each next one of what those before it leave. Of words that is what lies between
    their values; of numbers what lies between groups of neighbours of equal size, which sees a
    valley too, or on a line through their ranks, whichever is less likely by chance."""
    if len(means) < _FEWEST:
        return tuple(Contribution(at, 0.0) for at in range(len(parameters)))
    some = {at: _Parameter.of(values) for at, values in enumerate(parameters)}
    found: list[Contribution] = []
    left, part = _centred(means), 1.0
    while some:
        ranks = _centred(left)
        tells = {at: one.association(ranks) for at, one in some.items()}
        order = sorted(some, key=lambda at: -tells[at].strength)
        # What many parameters add to the first ones is next to nothing.
        for at in order[:1] if len(found) < _MOST_STEPS else order:
            found.append(Contribution(at, part * tells[at].share))
            left, part = some.pop(at).without(left), part * (1 - tells[at].share)
    return tuple(found)


@lru_cache(maxsize=8)
def beyond_chance(
    parameters: tuple[tuple[str, ...], ...], means: tuple[float, ...]
) -> tuple[bool, ...]:
    """Which parameters, each with its values by configuration, tell more of the means than the one
    that seems to tell most in 95 % of shuffles of them: a permutation test for all together. The
    strongest is tested alone, then the others with what it leaves of the means, as long as one is
    found: a strong parameter would hide a weaker one."""
    found: set[int] = set()
    if len(means) < _FEWEST:
        return tuple(False for _ in parameters)
    every = 1 + len(means) // _MOST_SHUFFLED  # the scale of strengths is the same for fewer
    whole = [_Parameter.of(values) for values in parameters]
    some = [_Parameter.of(values[::every]) for values in parameters] if every > 1 else whole
    left = _centred(means)
    while others := [at for at in range(len(whole)) if at not in found]:
        limit = _limit([some[at] for at in others], _centred(left[::every]))
        ranks = _centred(left)
        strengths = {at: whole[at].association(ranks).strength for at in others}
        strongest = max(others, key=strengths.__getitem__)
        if not strengths[strongest] > limit + _EQUAL:
            break
        found.add(strongest)
        left = whole[strongest].without(left)
    return tuple(at in found for at in range(len(whole)))


def _limit(parameters: Sequence[_Parameter], ranks: list[float]) -> float:
    """What the strongest association with shuffled ranks exceeds in 5 % of shuffles."""
    rng = random.Random(0)  # the same answer each time
    greatest = []
    for _ in range(_SHUFFLES):
        rng.shuffle(ranks)
        greatest.append(max(one.association(ranks).strength for one in parameters))
    return sorted(greatest, reverse=True)[int(_LEVEL * (_SHUFFLES + 1)) - 1]


class _Association(NamedTuple):
    """What a parameter tells: the share of variance, and how far that is above chance on a scale
    that is the same for few and many groups (a standard normal one, approximately)."""

    share: float
    strength: float


_NOTHING = _Association(0.0, -math.inf)


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter by configuration: its ranks about their middle, none of words, and the places of
    the configurations in each group."""

    ranks: Sequence[float]
    groups: Sequence[Sequence[int]]

    @classmethod
    def of(cls, values: Sequence[str]) -> _Parameter:
        n, numbers = (
            len(values),
            [number for number in map(as_number, values) if number is not None],
        )
        ordered = _ranks(numbers) if len(numbers) == n else []
        bins = max(_FEWEST_GROUPS, min(_MOST_GROUPS, n // _IN_GROUP))
        group_of: Sequence[object] = values
        if len(set(ordered)) > bins:
            group_of = [int(rank * bins / n) for rank in ordered]
        elif ordered:
            group_of = ordered
        places: dict[object, list[int]] = {}
        for at, group in enumerate(group_of):
            places.setdefault(group, []).append(at)
        return cls(_centred(numbers) if ordered else (), [*places.values()])

    def association(self, means: Sequence[float]) -> _Association:
        """What it tells of the ranks of the means, about their middle."""
        total = math.fsum(map(mul, means, means))
        found = self._shares(means, total) if total else ()
        return max(
            (_association(share, freedom, len(means)) for share, freedom in found),
            key=lambda found: found.strength,
            default=_NOTHING,
        )

    def without(self, means: Sequence[float]) -> list[float]:
        """What is left of the means once those of its groups are taken from them."""
        left = [*means]
        for places in self.groups if len(self.groups) < len(means) else ():
            middle = math.fsum(means[at] for at in places) / len(places)
            for at in places:
                left[at] = means[at] - middle
        return left

    def _shares(self, means: Sequence[float], total: float) -> Iterator[tuple[float, int]]:
        """Shares of variance, each with its degrees of freedom."""
        if spread := math.fsum(map(mul, self.ranks, self.ranks)):
            yield math.fsum(map(mul, self.ranks, means)) ** 2 / (spread * total), 1
        if 1 < len(self.groups) < len(means):
            sums = ((sum(means[at] for at in places), len(places)) for places in self.groups)
            yield math.fsum(some**2 / many for some, many in sums) / total, len(self.groups) - 1


def _association(share: float, freedom: int, n: int) -> _Association:
    """A share of variance less chance, and its strength: of Kruskal and Wallis's statistic, by the
    approximation of Wilson and Hilferty."""
    share = min(1.0, share)
    less_chance = max(0.0, 1 - (1 - share) * (n - 1) / (n - 1 - freedom))
    spread = 2 / (9 * freedom)
    strength = (((n - 1) * share / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return _Association(less_chance, strength)


def _centred(values: Sequence[float]) -> list[float]:
    middle = (len(values) - 1) / 2
    return [rank - middle for rank in _ranks(values)]


def rank_correlation(values: Sequence[str], means: Sequence[float]) -> float | None:
    """Spearman's correlation of numbers with the means, 0 where one side has only one value; None
    of other values."""
    numbers = [number for number in map(as_number, values) if number is not None]
    return _correlation(_ranks(numbers), _ranks(means)) if len(numbers) == len(values) else None


def as_number(text: str) -> float | None:
    """The number that a value of a parameter is, None for words."""
    try:
        return float(text)
    except ValueError:
        return None


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0, equal values with the mean of theirs."""
    order = sorted(values)
    many = Counter(order)
    first: dict[float, int] = {}
    for at, value in enumerate(order):
        first.setdefault(value, at)
    return [first[value] + (many[value] - 1) / 2 for value in values]


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's correlation; 0 where one side has only one value."""
    return correlation(one, other) if len(set(one)) > 1 < len(set(other)) else 0.0
