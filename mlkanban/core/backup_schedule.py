"""The schedule of automatic backups: keep many recent ones and few old ones."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

INTERVAL_MINUTES = 30
"""The least age of the newest backup before another one is made."""
NEWEST, DAILY, WEEKLY, MONTHLY = 4, 12, 10, 9
_INTERVAL = timedelta(minutes=INTERVAL_MINUTES)


def split_ahead(made: Iterable[datetime], now: datetime) -> tuple[list[datetime], list[datetime]]:
    """Instants the clock has passed, and instants ahead of it: the clock was wrong when those
    backups were made, so their dates do not say which is newest. Clocks may differ a little."""
    past: list[datetime] = []
    ahead: list[datetime] = []
    for at in made:
        (ahead if at - now >= _INTERVAL else past).append(at)
    return past, ahead


def due(changed: datetime, made: Iterable[datetime], now: datetime) -> bool:
    """Whether a store last changed at `changed`, with backups from these instants, needs another
    backup. The clock of its file system may be ahead of `now`."""
    clock = max(changed, now)
    newest = max(split_ahead(made, clock)[0], default=None)
    return newest is None or (changed > newest and clock - newest >= _INTERVAL)


def kept(made: Iterable[datetime]) -> set[datetime]:
    """The instants (UTC) of the backups to keep: the newest few, and the last one of each of the
    newest days, weeks and months that have any."""
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
