"""A hybrid logical clock: sorts events of one store and of several, even when clocks are off.

Source: Kulkarni et al., "Logical Physical Clocks" (2014). Text form `<ms, 15 digits>.<count, 6>`.
"""

_MOST = 999_999


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
