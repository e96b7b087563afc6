"""A row of numbers as bars in a line of text."""

from collections.abc import Sequence

_MOST_BARS = 40


def sparkline(values: Sequence[float], bars: str) -> str:
    """Values as bars in a line, from the lowest of `bars` to the highest, the newest of very many;
    '' for fewer than two."""
    shown = values[-_MOST_BARS:]
    if len(shown) < 2:
        return ""
    low, high = min(shown), max(shown)
    # Scaled before they are subtracted: the span of two huge numbers has no end.
    scale = max(abs(low), abs(high)) or 1.0
    span = high / scale - low / scale
    if not span:
        return bars[len(bars) // 2] * len(shown)
    return "".join(
        bars[min(len(bars) - 1, int((value / scale - low / scale) / span * len(bars)))]
        for value in shown
    )
