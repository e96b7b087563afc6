"""Instants in the form that the store keeps, and the stamps that order events.

Stamps come from a hybrid logical clock, which sorts events of one store and of several even when
clocks are off. Source: Kulkarni et al., "Logical Physical Clocks" (2014). Text form
`<ms, 15 digits>.<count, 6>`.
"""

from datetime import UTC, datetime, timedelta

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""What lies outside is a slip of the pen, and close to where a calendar of years 1 to 9999 ends."""
_MOST_PER_MS = 999_999

AHEAD = timedelta(hours=1)
"""A stamp further ahead of this clock than an hour comes from a clock that is wrong: what it
stamped is taken in, but does not pull this clock along."""


def instant(moment: datetime) -> str:
    """An aware datetime in the form of the store: ISO 8601, UTC, microseconds, sortable as text."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime | None:
    """The instant that a text names, UTC where it has no zone; None when it names none, or one
    outside `FIRST_YEAR` to `LAST_YEAR`, which may not exist in another zone."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def bound(wall_ms: int) -> str:
    """The latest stamp that a clock at `wall_ms` will follow."""
    return f"{wall_ms + AHEAD // timedelta(milliseconds=1):015d}.{_MOST_PER_MS:06d}"


def tick(last: str, wall_ms: int) -> str:
    """The stamp after `last` ('': none yet) at wall time `wall_ms`; always greater than `last`."""
    if not last:
        return f"{wall_ms:015d}.000000"
    ms, count = int(last[:15]), int(last[16:])
    if count == _MOST_PER_MS:
        ms, count = ms + 1, -1
    if wall_ms > ms:
        return f"{wall_ms:015d}.000000"
    return f"{ms:015d}.{count + 1:06d}"


def far_behind(at: str, other: str) -> bool:
    """Whether an instant is so far before another one that the other's clock was wrong."""
    return datetime.fromisoformat(at) + AHEAD < datetime.fromisoformat(other)
