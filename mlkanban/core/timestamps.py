"""Instants in the form that the store keeps."""

from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""What lies outside is a slip of the pen, and close to where a calendar of years 1 to 9999 ends."""


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
