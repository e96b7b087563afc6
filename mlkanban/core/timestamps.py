"""Instants the way the store keeps them."""

from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""What lies outside is a slip of the pen, and close to where a calendar of years 1 to 9999 ends."""


def instant(moment: datetime) -> str:
    """An aware datetime as the store keeps it: ISO 8601, UTC, microseconds, sortable as text."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime | None:
    """The point in time that a text names, UTC where it says no zone; None when it names none, or
    one outside `FIRST_YEAR` to `LAST_YEAR`, which may have no time in another zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
