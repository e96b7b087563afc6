"""Which parameters of runs tell most of their metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import correlation

from mlkanban.runs.model.parameters import is_word
from mlkanban.runs.model.repeats import DEFAULT, Repeats


def most_telling_first(
    unlike: Mapping[str, Sequence[str]], means: Sequence[float | None], repeats: Repeats = DEFAULT
) -> dict[str, Sequence[str]]:
    """Parameters with their values by configuration, sorted by how much of the order of the means
    they account for; those in which repeats differ, and words without a name, come last."""

    def place(one: tuple[str, Sequence[str]]) -> tuple[bool, bool, float]:
        name, values = one
        return is_word(name), repeats.may_differ(name), -share_told(values, means)

    return dict(sorted(unlike.items(), key=place))


def share_told(values: Sequence[str], means: Sequence[float | None]) -> float:
    """From 0 to 1: of numbers the rank correlation with the means, squared; of other values the
    share of the variance of the ranks that lies between them, less what chance would give."""
    known = [(v, mean) for v, mean in zip(values, means, strict=True) if mean is not None]
    n = len(known)
    if n < 3:
        return 0.0
    rho = rank_correlation(*zip(*known, strict=True))
    if rho is not None:
        return rho**2
    ranks = _ranks([mean for _, mean in known])
    groups: dict[str, list[float]] = {}
    for (value, _), rank in zip(known, ranks, strict=True):
        groups.setdefault(value, []).append(rank)
    middle = sum(ranks) / n
    total = sum((rank - middle) ** 2 for rank in ranks)
    if not total or len(groups) == n:
        return 0.0
    between = sum(len(some) * (sum(some) / len(some) - middle) ** 2 for some in groups.values())
    return max(0.0, 1 - (1 - between / total) * (n - 1) / (n - len(groups)))


def rank_correlation(values: Sequence[str], means: Sequence[float]) -> float | None:
    """Spearman's correlation of numbers with the means, 0 where one side has only one value; None
    of other values."""
    numbers = [number for number in map(_number, values) if number is not None]
    return _correlation(_ranks(numbers), _ranks(means)) if len(numbers) == len(values) else None


def _number(text: str) -> float | None:
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
