"""A hybrid logical clock: sorts events of one store and of several, even when clocks are off.

Source: Kulkarni et al., "Logical Physical Clocks" (2014). Text form `<ms, 15 digits>.<count, 6>`.
"""

from datetime import datetime, timedelta

_MOST = 999_999

AHEAD = timedelta(hours=1)
"""A stamp further ahead of this clock than an hour comes from a clock that is wrong: what it
stamped is taken in, but does not pull this clock along."""


def bound(wall_ms: int) -> str:
    """The latest stamp that a clock at `wall_ms` will follow."""
    return f"{wall_ms + AHEAD // timedelta(milliseconds=1):015d}.{_MOST:06d}"


def tick(last: str, wall_ms: int) -> str:
    """The stamp after `last` ('': none yet) at wall time `wall_ms`; always greater than `last`."""
    if not last:
        return f"{wall_ms:015d}.000000"
    ms, count = int(last[:15]), int(last[16:])
    if count == _MOST:
        ms, count = ms + 1, -1
    if wall_ms > ms:
        return f"{wall_ms:015d}.000000"
    return f"{ms:015d}.{count + 1:06d}"


def far_behind(at: str, other: str) -> bool:
    """Whether an instant is so far before another one that the other's clock was wrong."""
    return datetime.fromisoformat(at) + AHEAD < datetime.fromisoformat(other)
