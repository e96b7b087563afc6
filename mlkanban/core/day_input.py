"""Days as people type them."""

import re
from datetime import date, timedelta

from mlkanban.errors import UsageProblem

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def day_ahead(text: str, today: date) -> date:
    """A day after today, typed like any other; UsageProblem for other days."""
    day = parse_day(text, today)
    if day is None or day <= today:
        raise UsageProblem(f"{text.strip() or 'Nothing'} does not lie ahead.", "Type 3d or fri.")
    return day


def parse_day(text: str, today: date) -> date | None:
    """Parse `2026-12-01`, `12-01` (the next one, today too), `today`, `tomorrow`, `3d`, `2w`, `fri`
    (the next one); None for `` or `none`.

    The hint of UsageProblem shows what can be typed.
    """
    word = text.strip().lower()
    if word in ("", "none"):
        return None
    if word in ("today", "tomorrow"):
        return today + timedelta(days=word == "tomorrow")
    if span := re.fullmatch(r"(\d{1,4})([dw])", word):
        return today + timedelta(days=int(span[1]) * (7 if span[2] == "w" else 1))
    for number, name in enumerate(_WEEKDAYS):
        if len(word) >= 3 and name.startswith(word):
            return today + timedelta(days=(number - today.weekday()) % 7 or 7)
    try:
        if re.fullmatch(r"\d\d-\d\d", word):
            return _next(word, today)
        return date.fromisoformat(word)
    except ValueError as error:
        raise UsageProblem(
            f"{text!r} is no day.", "Type 2026-12-01, 3d, 2w, fri, tomorrow, or none."
        ) from error


def _next(month_and_day: str, today: date) -> date:
    """The next day with this month and day; ValueError if no year has it."""
    date.fromisoformat(f"2000-{month_and_day}")  # a leap year
    for year in range(today.year, today.year + _LEAP_YEARS_APART):
        try:
            day = date.fromisoformat(f"{year}-{month_and_day}")
        except ValueError:  # February 29
            continue
        if day >= today:
            return day
    raise ValueError(month_and_day)


_LEAP_YEARS_APART = 9
"""At most eight years lie between two leap years."""


def day_text(day: date, today: date) -> str:
    """A day in a sentence: `Fri 12-04`, with the year where it is another one."""
    return f"{day:%a %m-%d}" if day.year == today.year else f"{day:%a %Y-%m-%d}"
