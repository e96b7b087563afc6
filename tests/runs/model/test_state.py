"""What became of a run: the strongest evidence wins, and what cannot be known is not failed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.state import (
    AT_WORK,
    FAILED,
    HEART_STOPPED_SECONDS,
    NOT_ANSWERED,
    STANDINGS,
    STARTS_WITHIN_SECONDS,
    UNSEEN,
    WAITING,
    Judgement,
    PidScope,
    RunState,
    Seen,
    judge,
)

HERE = PidScope("box", "boot", "ns")
RUNNING = Seen(here=HERE, at=HERE, age=100, heartbeat=3, supervisor=True, child=True)
GONE = {"supervisor": False, "child": False}
TIMED_OUT = Judgement(RunState.FAILED, "sacct says TIMEOUT")
COMPLETED = Judgement(RunState.FINISHED, "sacct says COMPLETED", 0)

seen = st.builds(
    Seen,
    here=st.just(HERE),
    at=st.sampled_from(
        [
            HERE,
            PidScope("gpu2", "b", "n"),
            PidScope("box", "other", "ns"),
            PidScope("box", "boot", "x"),
        ]
    ),
    age=st.sampled_from([0.0, STARTS_WITHIN_SECONDS - 1, STARTS_WITHIN_SECONDS + 1]),
    heartbeat=st.sampled_from([0.0, HEART_STOPPED_SECONDS + 1]),
    end_written=st.booleans(),
    exit=st.sampled_from([None, 0, 1, 137]),
    rc=st.sampled_from([None, 0, 1, 137]),
    supervisor=st.sampled_from([None, True, False]),
    child=st.sampled_from([None, True, False]),
    group=st.booleans(),
    stop_asked_by=st.sampled_from(["", "ada"]),
)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, RunState.RUNNING),
        ({"supervisor": False}, RunState.ORPHAN),
        ({"supervisor": False, "child": False, "group": True}, RunState.ORPHAN),
        ({"child": False}, RunState.RUNNING),
        ({"child": False, "group": True}, RunState.RUNNING),
        ({"supervisor": False, "child": False}, RunState.LOST),
        ({"supervisor": False, "child": False, "rc": 0}, RunState.FINISHED),
        ({"supervisor": False, "child": False, "rc": 3}, RunState.FAILED),
        ({"supervisor": False, "child": False, "rc": 3, "stop_asked_by": "ada"}, RunState.KILLED),
        ({"end_written": True, "exit": 0}, RunState.FINISHED),
        ({"end_written": True, "exit": None}, RunState.LOST),
        ({"end_written": True, "exit": 0, "rc": 1}, RunState.FINISHED),
        ({"supervisor": None, "child": None, "age": 1}, RunState.STARTING),
        ({"supervisor": None, "child": None, "age": STARTS_WITHIN_SECONDS + 1}, RunState.LOST),
        ({"at": PidScope("gpu2", "b", "n")}, RunState.UNKNOWN),
        (
            {"at": PidScope("gpu2", "b", "n"), "heartbeat": HEART_STOPPED_SECONDS + 1},
            RunState.STALE,
        ),
        ({"at": PidScope("gpu2", "b", "n"), "rc": 0}, RunState.FINISHED),
        ({"at": PidScope("box", "other", "ns")}, RunState.LOST),
        ({"adopted": True, "supervisor": None}, RunState.RUNNING),
        ({"adopted": True, "supervisor": None, "child": False}, RunState.LOST),
        ({"adopted": True, "at": PidScope("gpu2", "b", "n"), "heartbeat": 1e6}, RunState.UNKNOWN),
        (GONE | {"waits": True}, RunState.UNKNOWN),
        (GONE | {"scheduler": TIMED_OUT}, RunState.FAILED),
        (GONE | {"scheduler": TIMED_OUT, "rc": 0}, RunState.FINISHED),
        (GONE | {"scheduler": COMPLETED}, RunState.LOST),
        ({"scheduler": TIMED_OUT}, RunState.RUNNING),
        (
            {"at": PidScope("gpu2", "b", "n"), "heartbeat": 1e6, "scheduler": TIMED_OUT},
            RunState.FAILED,
        ),
        ({"at": PidScope("box", "boot", "x")}, RunState.UNKNOWN),
    ],
)
def test_each_piece_of_evidence(changes, state) -> None:
    found = judge(replace(RUNNING, **changes))
    assert found.state is state
    assert found.evidence


@given(seen)
def test_failed_and_finished_are_only_said_with_an_exit_status(one: Seen) -> None:
    found = judge(one)
    if found.state is RunState.FINISHED:
        assert found.exit == 0
    if found.state is RunState.FAILED:
        assert found.exit not in (None, 0)
    if found.exit is not None:
        assert found.exit == (one.exit if one.end_written else one.rc)


@given(seen)
def test_no_evidence_claims_an_exit_status_that_is_not_known(one: Seen) -> None:
    found = judge(one)
    if found.state in (RunState.LOST, RunState.KILLED) and found.exit is None:
        assert "wrote how it ended" not in found.evidence
        assert "exit status" in found.evidence


@given(seen)
def test_what_its_supervisor_wrote_is_never_doubted(one: Seen) -> None:
    known = replace(one, end_written=True)
    assert judge(known) == judge(
        replace(
            RUNNING, end_written=True, exit=one.exit, stop_asked_by=one.stop_asked_by, at=one.at
        )
    )


@given(seen)
def test_a_living_process_here_is_never_over_without_a_status(one: Seen) -> None:
    alive = replace(one, at=HERE, child=True, end_written=False, rc=None)
    assert not judge(alive).state.ended


@given(seen)
def test_numbers_of_processes_elsewhere_mean_nothing(one: Seen) -> None:
    away = replace(one, at=PidScope("gpu2", "boot", "ns"))
    assert judge(away) == judge(replace(away, supervisor=True, child=True, group=True))


@pytest.mark.parametrize(
    ("heartbeat", "state"),
    [(0, RunState.UNKNOWN), (179.5, RunState.UNKNOWN), (180, RunState.UNKNOWN),
     (180.5, RunState.STALE)],
)  # fmt: skip
def test_a_run_elsewhere_is_stale_after_three_minutes_without_a_sign(heartbeat, state) -> None:
    there = replace(RUNNING, at=PidScope("gpu2", "b", "n"), heartbeat=heartbeat)
    assert judge(there).state is state


@pytest.mark.parametrize(
    ("age", "state"),
    [(0, RunState.STARTING), (59.5, RunState.STARTING), (60, RunState.LOST)],
)
def test_a_run_without_a_process_is_starting_for_a_minute(age, state) -> None:
    assert judge(replace(RUNNING, supervisor=None, child=None, age=age)).state is state


@pytest.mark.parametrize("state", RunState)
def test_each_state_waits_works_is_unseen_or_ended(state: RunState) -> None:
    kinds = [state in WAITING, state in AT_WORK, state in UNSEEN, state.ended]
    assert kinds.count(True) == 1
    assert state.ended or state not in FAILED
    assert (state in STANDINGS) is (state is not RunState.TRACKED)


def test_a_process_that_does_not_take_its_turn_is_named() -> None:
    given = replace(RUNNING, supervisor=None, child=None, turn_given=True)
    for age, evidence in ((4, "it is being started"), (6, NOT_ANSWERED)):
        assert judge(replace(given, age=age)) == Judgement(RunState.STARTING, evidence)
