"""From which value to which a picture of a search reaches: a few values that are far worse than the
others would leave these no room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

_REACH = 4.0
"""So many times as far from the best value as the median is, a value may be in the picture."""
_LOWER = 2.5
"""The picture of all values is so many times as high before any is left out."""
_MOST_FOR_LEVELS = 3.0
"""A level may make the picture of the values so many times as high."""


def readable_range(values: Sequence[float], *, lower: bool) -> tuple[float, float]:
    """The least and the greatest of the values that are to be in a picture: all of them, or without
    those that are so much worse that the others could not be told apart. The better half is always
    in it, the best value too; `lower` is whether less is better."""
    sign = 1.0 if lower else -1.0
    ordered = sorted(sign * value for value in values)
    best, worst = ordered[0], ordered[-1]
    # Halved first: the span of two huge numbers has no end.
    limit = best / 2 + _REACH * (median(ordered) / 2 - best / 2)
    kept = max((value for value in ordered if value / 2 <= limit), default=worst)
    if kept == best or worst / 2 - best / 2 < _LOWER * (kept / 2 - best / 2):
        kept = worst
    return (best, kept) if lower else (-kept, -best)


def with_levels(low: float, high: float, levels: Iterable[float]) -> tuple[float, float]:
    """The same range with those of the levels, such as a target, in it that leave the values a
    third of the picture, the nearest first."""
    reach = _MOST_FOR_LEVELS * (high / 2 - low / 2)
    least, most = low, high
    for level in sorted(levels, key=lambda level: max(low - level, level - high)):
        wider = min(least, level), max(most, level)
        if low == high or wider[1] / 2 - wider[0] / 2 <= reach:
            least, most = wider
    return least, most
