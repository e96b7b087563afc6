"""Percentiles that can be read aloud: "85 % took N days or less" is literally true. Shares in whole
percents that add up."""

from collections.abc import Sequence

PERCENTILES = (50, 70, 85, 95)

_GATES = ((50, 5), (85, 10), (100, 20))


def needed(p: int) -> int:
    """Return how many values the p-th percentile asks for: 5 up to 50, 10 up to 85, else 20."""
    return next(count for top, count in _GATES if p <= top)


def nearest_rank(ordered: Sequence[int], p: int) -> int:
    """Return the p-th percentile (1..100) of values in ascending order, at least one.

    Nearest rank in whole numbers: the smallest value v such that at least p % of the values are
    <= v. Interpolation and a floor index make that sentence false; ceil(p / 100 * n) in floating
    point is one too high at p = 55, n = 100.
    """
    return ordered[(p * len(ordered) + 99) // 100 - 1]


def percentiles(ordered: Sequence[int]) -> dict[int, int | None]:
    """Return the percentiles of values in ascending order, None where there are too few."""
    return {p: nearest_rank(ordered, p) if len(ordered) >= needed(p) else None for p in PERCENTILES}


def whole_percents(shares: Sequence[float], total: int | None = None) -> list[int]:
    """Return shares (0..1) of one whole in whole percents that add up to what the shares do, or to
    `total` where that is what is said of all of them: by the largest remainder, the first of equal
    ones."""
    exact = [round(100 * share, 9) for share in shares]
    rounded = [int(percent) for percent in exact]
    most = sorted(range(len(exact)), key=lambda at: round(rounded[at] - exact[at], 9))
    whole = round(sum(exact)) if total is None else total
    for at in most[: max(0, whole - sum(rounded))]:
        rounded[at] += 1
    return rounded
