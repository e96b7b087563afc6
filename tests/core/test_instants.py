from datetime import UTC, datetime, timedelta, timezone

from mlkanban.core.instants import instant


def test_an_instant_is_utc_and_sorts_as_text() -> None:
    east = timezone(timedelta(hours=2))
    assert instant(datetime(2026, 3, 1, 1, 30, tzinfo=east)) == "2026-02-28T23:30:00.000000Z"
    assert instant(datetime(2026, 3, 1, 0, 0, 0, 70, UTC)) == "2026-03-01T00:00:00.000070Z"
    assert instant(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"
