from datetime import UTC, datetime, timedelta, timezone

from mlkanban.core.timestamps import instant, moment


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
