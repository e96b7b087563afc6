"""Which backups are kept, and when another one is due."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.backup_schedule import INTERVAL_MINUTES, due, kept

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
