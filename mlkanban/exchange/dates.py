"""Dates as other tools write them: ISO 8601, `15/Jan/26 10:32 AM`, `1/15/2026`, `15.01.2026`,
`Mon Jan 05 2026 09:00:00 GMT+0000`, seconds since 1970.

Which of the two numbers of `02/03/2026` is the day is seen from the other dates of the same file;
where none of them decides it, the file is refused until somebody says it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

from mlkanban.core.timestamps import FIRST_YEAR, LAST_YEAR
from mlkanban.errors import BadInput
from mlkanban.exchange.text_file import bad

DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
ORDERS = (DAY_FIRST, MONTH_FIRST)
_TIMES = (
    "", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", " %H:%M:%S.%f",
)  # fmt: skip
_FIXED = (
    "%d/%b/%y", "%d/%b/%Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %b %y", "%d %B %Y", "%b %d %Y",
    "%B %d %Y", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y",
)  # fmt: skip
_BY_ORDER = {
    DAY_FIRST: ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y"),
    MONTH_FIRST: ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"),
}
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?[, ]\s*", re.IGNORECASE)
_IN_PARENTHESES = re.compile(r"\s*\([^)]*\)\s*$")
_ZONE = re.compile(
    r"(?<=[0-9PpMm])\s*(?:(?:UTC|GMT|Z)$|(?:UTC|GMT)?\s*([+-])([0-9]{2}):?([0-9]{2})$)"
)
_EPOCH = re.compile(r"[0-9]{10}(?:[0-9]{3})?")


class UnclearDates(BadInput):
    """Dates that can be read in two ways, such as `example`: somebody has to say which number is
    the day."""

    def __init__(self, file: Path, example: str) -> None:
        error = bad(
            file, 0, f"{example!r} can be read in two ways.",
            f"Say which number is the day: --format {DAY_FIRST} or {MONTH_FIRST}.",
        )  # fmt: skip
        super().__init__(error.message, error.hint)
        self.example = example


class DateReader:
    """Reads the dates of one file. `learn` every date first, then `read` them.

    `format` is a form of `strptime`, DAY_FIRST, MONTH_FIRST or '' to find out. What has no zone is
    read in `zone`.
    """

    def __init__(self, zone: ZoneInfo, format: str = "") -> None:
        self._zone = zone
        self._format = "" if format in ORDERS else format
        self._orders = [format] if format in ORDERS else list(ORDERS)
        self._last: dict[str, str] = {}
        self._either = ""

    @property
    def unclear(self) -> str:
        """A date that can be read in two ways, if no other one decides which; else ''."""
        return self._either if len(self._orders) > 1 else ""

    def assume(self, order: str) -> None:
        """Read dates that can be read in two ways with the day or the month first."""
        self._orders = [order]

    def learn(self, text: str) -> bool:
        """Whether a text is a date that can be read beside those learned before."""
        if self._whole(text) is not None:
            return True
        if self._format:
            return False
        found = {order: self._parse(text, order) for order in self._orders}
        possible = [order for order in self._orders if found[order] is not None]
        if not possible:
            return False
        self._orders = possible
        if len(set(found.values())) > 1 and not self._either:
            self._either = text
        return True

    def read(self, text: str) -> datetime | None:
        """The instant, in UTC; None for what is no date, or lies outside the years that count."""
        found = self._whole(text) if text else None
        if found is None and text and not self._format:
            found = self._parse(text, self._orders[0])
        if found is None:
            return None
        try:
            if found.tzinfo is None:
                found = found.replace(tzinfo=self._zone)
            found = found.astimezone(UTC)
        except OverflowError:
            return None
        return found if FIRST_YEAR <= found.year <= LAST_YEAR else None

    def _whole(self, text: str) -> datetime | None:
        """A date whose form was named, or that can be read in one way alone."""
        text = text.strip()
        if self._format:
            try:
                return datetime.strptime(text, self._format)
            except ValueError:
                pass
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(int(text[:10]), UTC)
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None

    def _parse(self, text: str, order: str) -> datetime | None:
        text, zone = _without_zone(text)
        try:
            found = datetime.fromisoformat(text)
            return found if zone is None else found.replace(tzinfo=zone)
        except ValueError:
            pass
        for form in self._forms(order):
            try:
                found = datetime.strptime(text, form)
            except ValueError:
                continue
            self._last[order] = form
            return found if zone is None else found.replace(tzinfo=zone)
        return None

    def _forms(self, order: str) -> Iterator[str]:
        """All forms, first the one that was right last."""
        if order in self._last:
            yield self._last[order]
        for day, time in product((*_FIXED, *_BY_ORDER[order]), _TIMES):
            yield day + time


def _without_zone(text: str) -> tuple[str, timezone | None]:
    """A date without the name of its day and without its zone, and the zone."""
    text = _WEEKDAY.sub("", _IN_PARENTHESES.sub("", text.strip()))
    zone: timezone | None = None
    match = _ZONE.search(text)
    if match and ":" in text[: match.start()]:
        text = text[: match.start()]
        zone = UTC
        if match[1]:
            ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
            zone = timezone(ahead if match[1] == "+" else -ahead) if ahead < _DAY else None
    return " ".join(text.replace(",", " ").split()), zone


_DAY = timedelta(days=1)


def is_form(text: str) -> bool:
    """Whether a text can be the form of a date for `strptime`."""
    try:
        now = datetime(2026, 12, 31, 13, 59, 58)
        return "%" in text and datetime.strptime(now.strftime(text), text).year == now.year
    except (ValueError, re.error):  # the latter for a part that is named twice
        return False
