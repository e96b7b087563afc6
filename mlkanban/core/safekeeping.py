"""Which backups are kept: many of late, few of long ago."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

EVERY = timedelta(minutes=30)
"""How old the newest backup is at least when another one is made."""
NEWEST, DAILY, WEEKLY, MONTHLY = 4, 12, 10, 9


def due(changed: datetime, newest: datetime | None, now: datetime) -> bool:
    """Whether a store that was changed last at `changed` wants another backup."""
    return newest is None or (changed > newest and now - newest >= EVERY)


def kept(made: Iterable[datetime]) -> set[datetime]:
    """Of backups made at these instants (UTC) those to keep: the newest few, and the last one of
    each of the newest days, weeks and months in which there are any."""
    newest_first = sorted(set(made), reverse=True)
    keep = set(newest_first[:NEWEST])
    spans: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (DAILY, lambda at: at.date()),
        (WEEKLY, lambda at: at.isocalendar()[:2]),
        (MONTHLY, lambda at: (at.year, at.month)),
    )
    for most, span in spans:
        last: dict[object, datetime] = {}
        for at in newest_first:
            last.setdefault(span(at), at)
        keep |= set(list(last.values())[:most])
    return keep
