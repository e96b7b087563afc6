"""Which backups are kept, and when another one is due."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.backup_schedule import INTERVAL_MINUTES, due, kept, split_ahead

INTERVAL = timedelta(minutes=INTERVAL_MINUTES)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
instants = st.lists(
    st.integers(0, 600 * 48).map(lambda half_hours: NOW - half_hours * INTERVAL), max_size=200
)


@given(instants)
def test_a_few_of_each_age_are_kept_and_never_more(made: list[datetime]) -> None:
    keep = kept(made)
    assert keep <= set(made)
    assert len(keep) <= 4 + 12 + 10 + 9
    assert set(sorted(set(made))[-4:]) <= keep
    assert kept(keep) == keep, "thinning again removes no more"


def test_a_year_of_half_hours_leaves_days_weeks_and_months() -> None:
    keep = kept(NOW - number * INTERVAL for number in range(365 * 48))
    assert {NOW.date() - timedelta(days=back) for back in range(12)} <= {at.date() for at in keep}
    weeks = {at.isocalendar()[:2] for at in keep}
    assert {(NOW - timedelta(weeks=back)).isocalendar()[:2] for back in range(10)} <= weeks
    assert len({(at.year, at.month) for at in keep}) == 9
    assert len(keep) < 30


def test_a_backup_is_due_when_something_changed_and_the_last_is_old() -> None:
    minute = timedelta(minutes=1)
    assert due(NOW, [], NOW)
    assert not due(NOW, [NOW + minute], NOW + timedelta(days=9)), "nothing changed since"
    assert not due(NOW + minute, [NOW], NOW + 29 * minute)
    assert due(NOW + minute, [NOW], NOW + 30 * minute)


def test_what_is_dated_ahead_stops_no_backup() -> None:
    hour, year = timedelta(hours=1), timedelta(days=365)
    ahead = NOW + year
    assert due(NOW, [ahead], NOW)
    assert due(NOW, [ahead, NOW - hour], NOW)
    assert not due(NOW, [ahead, NOW - hour / 4], NOW)
    # A file server whose clock is ahead of this machine's dates all by its own.
    assert not due(NOW + year, [ahead - hour / 4], NOW)
    assert due(NOW + year, [ahead - hour], NOW)


def test_how_many_of_each_age_are_kept() -> None:
    monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
    every_year = [monday.replace(year=2026 - back) for back in range(20)]
    assert kept(every_year) == set(every_year[:12]), "as many as days: more than weeks or months"
    weekly = [monday - timedelta(weeks=back) for back in range(53)]
    # Twelve days; the last week of each of nine months, March to July: the newest of each.
    months = {(at.year, at.month): at for at in reversed(weekly)}
    newest = sorted(months.values(), reverse=True)[:9]
    assert kept(weekly) == {*weekly[:12], *newest}
    days = [monday - timedelta(days=back) for back in range(365)]
    weeks = {at.isocalendar()[:2]: at for at in reversed(days)}
    by_month = {(at.year, at.month): at for at in reversed(days)}
    assert kept(days) == {
        *days[:12], *sorted(weeks.values(), reverse=True)[:10],
        *sorted(by_month.values(), reverse=True)[:9],
    }  # fmt: skip
    minutes = [monday - timedelta(minutes=back) for back in range(9)]
    assert kept(minutes) == set(minutes[:4])


def test_a_clock_is_ahead_from_half_an_hour_on() -> None:
    moments = [NOW + timedelta(minutes=ahead) for ahead in (-1, 0, 29, 30, 31)]
    assert split_ahead(moments, NOW) == (moments[:3], moments[3:])


def test_a_store_changed_in_the_moment_of_its_backup_needs_no_other() -> None:
    assert not due(NOW, [NOW], NOW + timedelta(days=1))
    assert due(NOW + timedelta(microseconds=1), [NOW], NOW + timedelta(days=1))
