from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from mlkanban.core.timestamps import instant, moment, tick


def test_an_instant_is_utc_and_sorts_as_text() -> None:
    east = timezone(timedelta(hours=2))
    assert instant(datetime(2026, 3, 1, 1, 30, tzinfo=east)) == "2026-02-28T23:30:00.000000Z"
    assert instant(datetime(2026, 3, 1, 0, 0, 0, 70, UTC)) == "2026-03-01T00:00:00.000070Z"
    assert instant(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"


def test_a_moment_lies_where_every_zone_has_a_time_for_it() -> None:
    assert moment("2026-03-01T00:00:00Z") == datetime(2026, 3, 1, tzinfo=UTC)
    assert moment("2200-12-31 23:59") == datetime(2200, 12, 31, 23, 59, tzinfo=UTC)
    for text in ("9999-12-31T23:59:59Z", "0001-01-01", "1969-12-31", "2201-01-01", "soon", ""):
        assert moment(text) is None, text


WALLS = st.lists(st.integers(min_value=0, max_value=10**14), min_size=1, max_size=60)


def test_a_first_stamp_is_the_wall_clock() -> None:
    assert tick("", 1_700_000_000_123) == "001700000000123.000000"


@given(WALLS)
def test_stamps_grow_as_text_whatever_the_clock_does(walls: list[int]) -> None:
    stamps = [""]
    for wall in walls:
        stamps.append(tick(stamps[-1], wall))
    assert all(one < other for one, other in pairwise(stamps))
    assert {len(stamp) for stamp in stamps[1:]} == {22}


@given(st.integers(min_value=-5, max_value=5))
@example(0)
@example(1)
def test_a_million_stamps_of_one_millisecond_still_sort(away: int) -> None:
    last = "001700000000000.999999"
    after = tick(last, 1_700_000_000_000 + away)
    assert last < after < tick(after, 0)


def test_a_clock_that_is_right_again_is_followed() -> None:
    ahead = tick("", 5_000)
    held = tick(ahead, 1_000)
    assert held == "000000000005000.000001"
    assert tick(held, 6_000) == "000000000006000.000000"
