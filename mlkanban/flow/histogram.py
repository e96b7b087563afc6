"""Which bars a histogram has."""

from collections.abc import Mapping
from dataclasses import dataclass

MOST_SINGLE = 30
COLUMNS = 80
"""Those of the chart that bins are made for where nothing else is known of it."""


@dataclass(frozen=True, slots=True)
class Bin:
    """How many values lie between two whole numbers, both included; the last bin has no end."""

    first: int
    last: int | None
    count: int


def bins(counts: Mapping[int, int], columns: int) -> tuple[Bin, ...]:
    """Sort whole numbers (value -> how often) into bins of equal width for a chart of `columns`.

    Up to 30 distinct values a bin is one wide, otherwise max(1, ceil(range / (columns / 2))), the
    range counting both ends. Every bin has room for two columns: what lies beyond the last bin that
    has falls into it, which is why it is open-ended.
    """
    if not counts:
        return ()
    low, high = min(counts), max(counts)
    most = max(1, columns // 2)
    width = 1 if len(counts) <= MOST_SINGLE else -(-(high - low + 1) // most)
    amount = min(most, (high - low) // width + 1)
    totals = [0] * amount
    for value, count in counts.items():
        totals[min((value - low) // width, amount - 1)] += count
    starts = range(low, low + amount * width, width)
    return tuple(
        Bin(start, start + width - 1 if start < starts[-1] else None, total)
        for start, total in zip(starts, totals, strict=True)
    )
