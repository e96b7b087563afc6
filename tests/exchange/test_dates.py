from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mlkanban.exchange.dates import DAY_FIRST, MONTH_FIRST, DateReader, is_form

ROME = ZoneInfo("Europe/Rome")


def read(*texts: str, format: str = "") -> list[datetime | None]:
    dates = DateReader(ROME, format)
    for text in texts:
        assert dates.learn(text), text
    assert not dates.unclear
    return [dates.read(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15T10:32:11+01:00",
        "2026-01-15T10:32:11.000+0100",
        "2026-01-15 10:32:11",
        "2026-01-15 09:32:11 UTC",
        "2026-01-15 10:32:11 +0100",
        "20260115T093211Z",
        "1/15/2026 10:32:11 AM",
        "15/01/2026 10:32:11",
        "15.01.2026 10:32:11",
        "15/Jan/26 10:32:11",
        "15-Jan-2026 10:32:11",
        "Jan 15, 2026, 10:32:11 AM",
        "January 15, 2026 10:32:11",
        "Thu Jan 15 2026 09:32:11 GMT+0000 (Coordinated Universal Time)",
        "Thu, 15 Jan 2026 09:32:11 GMT",
        "1768469531",
        "1768469531000",
    ],
)
def test_forms_of_dates(text) -> None:
    # The reference: what `date -u -d "2026-01-15 10:32:11 +0100"` prints.
    assert read(text) == [datetime(2026, 1, 15, 9, 32, 11, tzinfo=UTC)]


def test_another_date_of_the_file_decides_which_number_is_the_day() -> None:
    assert read("02/03/2026", "15/03/2026")[0] == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert read("02/03/2026", "03/15/2026")[0] == datetime(2026, 2, 2, 23, tzinfo=UTC)


def test_a_file_that_decides_nothing_is_unclear_until_somebody_says_it() -> None:
    dates = DateReader(ROME)
    unclear = []
    for text in ("05/05/2026", "02/03/2026 09:00"):  # the first is the same day either way
        assert dates.learn(text)
        unclear.append(dates.unclear)
    assert unclear == ["", "02/03/2026 09:00"]
    assert read("02/03/2026", format=DAY_FIRST) == [datetime(2026, 3, 1, 23, tzinfo=UTC)]
    assert read("02/03/2026", format=MONTH_FIRST) == [datetime(2026, 2, 2, 23, tzinfo=UTC)]
    assert read("2.3.26", format="%m.%d.%y") == [datetime(2026, 2, 2, 23, tzinfo=UTC)]


def test_what_is_no_date_or_contradicts_the_others() -> None:
    for text in ("yesterday", "", "32/01/2026", "2026-13-01", "Jan 15"):
        assert not DateReader(ROME).learn(text), text
    dates = DateReader(ROME)
    assert dates.learn("15/01/2026")
    assert not dates.learn("01/15/2026")
    assert not DateReader(ROME, "%d/%m/%Y").learn("15.01.2026")
    assert DateReader(ROME).read("0001-01-01") is None


@pytest.mark.parametrize("form", ["%Y%Y", "%d.%m.%Y %d", "%", "%Q", "Y", "%H:%M"])
def test_what_is_no_form_of_a_date(form) -> None:
    assert not is_form(form)
    assert is_form("%d.%m.%Y")
