"""Figures over sessions of triage."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.charts.layouts import layout
from mlkanban.charts.pictures import triage as picture
from mlkanban.core.triage_session import VERBS, TriageSession
from mlkanban.display.number_text.triage import figures, summary, to_json
from mlkanban.flow.triage import triage
from tests.flow.logs import WORKFLOW, at, rows, sample


def session(day, seconds=120, skipped=0, undone=0, overrides=0, left=(), **decided):
    return TriageSession(
        "all", at(day), seconds, 10, decided, skipped, undone, overrides, tuple(left), 0
    )  # fmt: skip


def counted(*sessions, day=21.0, days=None):
    return triage(replace(sample([], day=day, days=days), sessions=sessions))


FIVE = (
    session(1, 60, accepted=4, snoozed=1, overrides=1),
    session(2, 240, accepted=2, archived=3, undone=2, skipped=3),
    session(9, 300, completed=4),
    session(16, 30, snoozed=1, left=["a", "b"]),
    session(16.5, 600, accepted=2, snoozed=3, left=["a"]),
)


def test_the_figures() -> None:
    some = counted(*FIVE)
    assert (some.n, some.decisions, some.minutes, some.skipped) == (5, 20, 20.5, 3)
    assert some.per_minute == 20 / 20.5
    assert some.snooze_rate == 5 / 20
    assert some.override_rate == 1 / 8
    assert some.undo_rate == 2 / 22
    assert some.median_minutes == 4
    assert [(w.first, len(w.sessions), w.decisions, w.minutes) for w in some.weeks] == [
        (date(2025, 12, 29), 2, 10, 5), (date(2026, 1, 5), 1, 4, 5),
        (date(2026, 1, 12), 2, 6, 10.5), (date(2026, 1, 19), 0, 0, 0),
    ]  # fmt: skip


def test_they_are_said() -> None:
    said = summary(counted(*FIVE))
    assert said.lines == (
        "5 sessions: 20 decisions in 20 minutes, 3 cards skipped",
        "1.0 decisions a minute | half of the sessions took 4.0 minutes or less",
        "snoozed 25 % | over a limit 12 % of those moved on | taken back 9 %",
        "the last on 2026-01-16 21:00: 5 of 10 decided in 10 minutes, 1 left",
    )
    assert rows(said)[0] == ("2025-12-29", "2", "10", "5")
    last = to_json(counted(*FIVE))["last"]
    assert last is not None
    assert last["left"] == ["a"]


def test_of_a_few_sessions_there_is_no_median() -> None:
    some = counted(*FIVE[:4])
    assert some.median_minutes is None
    assert "half" not in " ".join(summary(some).lines)


def test_a_session_of_no_decision_has_no_rates() -> None:
    some = counted(session(1, seconds=0, skipped=2))
    assert {some.per_minute, some.snooze_rate, some.override_rate, some.undo_rate} == {None}
    assert "snoozed - |" in summary(some).lines[2]
    assert figures(some)[2] == ("a minute", "-")


def test_without_sessions_there_is_a_sentence_and_no_picture() -> None:
    some = counted()
    assert summary(some).lines == ("No triage session in this window; i on the board begins one.",)
    assert summary(some).table is None
    assert picture(some) is None
    assert to_json(some)["last"] is None


def test_only_those_of_the_window_that_were_known_count() -> None:
    assert counted(*FIVE, day=16, days=8).n == 2
    assert counted(*FIVE, day=21, days=3).n == 0


SESSIONS = st.lists(
    st.builds(
        session,
        st.floats(1, 40).map(lambda day: round(day, 2)),
        st.integers(0, 4000),
        st.integers(0, 30),
        st.integers(0, 30),
        **{verb: st.integers(0, 40) for verb in VERBS},
    ),
    max_size=12,
)


@given(SESSIONS, st.integers(1, 40), st.one_of(st.none(), st.integers(1, 40)))
def test_every_session_is_in_one_week_and_no_week_is_missing(sessions, day, days) -> None:
    some = counted(*sessions, day=day, days=days)
    last = WORKFLOW.day(at(day))
    wanted = [
        s for s in sessions
        if s.began <= at(day) and (days is None or WORKFLOW.day(s.began) > last - timedelta(days))
    ]  # fmt: skip
    assert sorted(s.began for week in some.weeks for s in week.sessions) == sorted(
        s.began for s in wanted
    )
    assert sum(week.decisions for week in some.weeks) == some.decisions
    firsts = [week.first for week in some.weeks]
    assert all(after - first == timedelta(7) for first, after in pairwise(firsts))
    assert all(first.weekday() == 0 for first in firsts)
    if wanted:
        assert firsts[-1] <= last < firsts[-1] + timedelta(7)
    for rate in (some.snooze_rate, some.undo_rate):
        assert rate is None or 0 <= rate <= 1
    assert all(len(line) <= 78 and line.isascii() for line in summary(some).lines)
    spec = picture(some)
    if spec is not None:
        layout(spec, 60, 15)


def test_the_median_of_many_sessions_is_the_one_in_the_middle() -> None:
    assert counted(*(session(1, 60 * n) for n in range(1, 101))).median_minutes == 50


def test_each_rate_is_of_its_own_whole() -> None:
    some = counted(
        session(1, seconds=90, accepted=3, snoozed=1, overrides=1, undone=2, skipped=4),
        session(2, seconds=30, accepted=1, snoozed=3),
    )
    assert (some.n, some.decisions, some.minutes, some.per_minute) == (2, 8, 2.0, 4.0)
    assert (some.snooze_rate, some.override_rate, some.undo_rate) == (0.5, 0.25, 0.2)
    assert (some.skipped, some.median_minutes) == (4, None)
    (week, *_) = some.weeks
    assert (week.decisions, week.minutes) == (8, 2.0)
    five = counted(*(session(n, seconds=60 * n, accepted=1) for n in range(1, 6)))
    assert five.median_minutes == 3
    still = counted(session(1, seconds=0))
    assert (still.per_minute, still.snooze_rate, still.override_rate, still.undo_rate) == (
        None, None, None, None,
    )  # fmt: skip
