from datetime import date

import pytest

from mlkanban.core.day_input import parse_day
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
