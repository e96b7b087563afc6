"""The days a number is about."""

from datetime import date, timedelta

from mlkanban.records import record


@record(frozen=True, slots=True)
class Window:
    """Calendar days from `first` to `last`, both included; without a first day all up to the last.

    `name` is how it was asked for: `90d`, `all`, or two days; `days` the number of days, where it
    was asked for by that.
    """

    first: date | None
    last: date
    name: str
    days: int | None = None

    @classmethod
    def back(cls, days: int | None, last: date) -> "Window":
        """The last `days` days, or all of them."""
        if days is None:
            return cls(None, last, "all")
        return cls(last - timedelta(days=days - 1), last, f"{days}d", days)

    @classmethod
    def between(cls, first: date | None, last: date) -> "Window":
        """From one day to another; ValueError when they lie the wrong way round."""
        if first is None:
            return cls(None, last, f"to {last}")
        if first > last:
            raise ValueError(f"{first} comes after {last}")
        return cls(first, last, f"{first} to {last}")

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and day <= self.last


@record(frozen=True, slots=True)
class Scope:
    """What every number says of itself: its window, the day it was counted, the zone of days, and
    of which cards alone it is (`only`: a query, '' for all)."""

    window: Window
    as_of: date
    timezone: str
    only: str = ""
