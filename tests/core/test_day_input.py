from datetime import date, timedelta

import pytest

from mlkanban.core.day_input import day_ahead, parse_day
from mlkanban.errors import UsageProblem

WEDNESDAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("", None), ("none", None), ("today", 4), ("tomorrow", 5), ("3d", 7), ("2W", 18),
        ("wed", 11), ("thu", 5), ("Thurs", 5), (" tuesday ", 10), ("2026-03-31", 31),
    ],
)  # fmt: skip
def test_days_the_way_people_type_them(typed: str, day: int | None) -> None:
    assert parse_day(typed, WEDNESDAY) == (day and WEDNESDAY.replace(day=day))


@pytest.mark.parametrize("typed", ["month", "money", "friend", "th", "satan", "12", "wednesdays"])
def test_what_only_begins_like_a_day_is_none(typed: str) -> None:
    with pytest.raises(UsageProblem, match="is no day"):
        parse_day(typed, WEDNESDAY)


@pytest.mark.parametrize("today", range(2, 9))  # Monday to Sunday
def test_a_weekday_is_the_next_one_and_never_today(today: int) -> None:
    here = date(2026, 3, today)
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for number, name in enumerate(names):
        ahead = next(here + timedelta(n) for n in range(1, 8)
                     if (here + timedelta(n)).weekday() == number)  # fmt: skip
        assert {parse_day(name[:many], here) for many in range(3, len(name) + 1)} == {ahead}
        with pytest.raises(UsageProblem):
            parse_day(name[:2], here)


@pytest.mark.parametrize(
    ("typed", "ahead"),
    [("0d", 0), ("1d", 1), ("0w", 0), ("1w", 7), ("10w", 70), ("9999d", 9999), ("1D", 1)],
)
def test_a_span_is_counted_from_today(typed: str, ahead: int) -> None:
    assert parse_day(typed, WEDNESDAY) == WEDNESDAY + timedelta(days=ahead)


@pytest.mark.parametrize("typed", ["10000d", "d", "1", "-1d", "1m", "1 d"])
def test_what_is_no_span_is_no_day(typed: str) -> None:
    with pytest.raises(UsageProblem, match="is no day"):
        parse_day(typed, WEDNESDAY)


def test_a_day_ahead_is_tomorrow_or_later() -> None:
    assert day_ahead("1d", WEDNESDAY) == WEDNESDAY + timedelta(days=1)
    assert day_ahead("2026-03-05", WEDNESDAY) == date(2026, 3, 5)
    for typed in ("today", "0d", "2026-03-04", "2026-03-03", "", "none"):
        with pytest.raises(UsageProblem, match="does not lie ahead"):
            day_ahead(typed, WEDNESDAY)


@pytest.mark.parametrize(
    ("typed", "day"),
    [("03-04", "2026-03-04"), ("03-03", "2027-03-03"), ("12-04", "2026-12-04"),
     ("02-29", "2028-02-29")],
)  # fmt: skip
def test_a_month_and_a_day_are_the_next_ones(typed, day) -> None:
    assert parse_day(typed, WEDNESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize("typed", ["02-30", "13-01", "00-10"])
def test_a_month_and_a_day_that_do_not_exist_are_refused(typed) -> None:
    with pytest.raises(UsageProblem, match="is no day"):
        parse_day(typed, WEDNESDAY)
