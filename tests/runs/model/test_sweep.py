"""Which runs of a card belong together: those of a script that starts several."""

from dataclasses import replace
from datetime import UTC, datetime

from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.sweep import failures_text, newest_sweep, not_over_at


def run(name: str, made: str, ended: str = "", state: RunState | None = None) -> Run:
    """A run that came, and ended, at these times of a day."""
    state = state or (RunState.FINISHED if ended else RunState.RUNNING)
    return Run(
        f"20260320-080000-0000000{name}", state, made=f"2026-03-20T{made}Z",
        ended=f"2026-03-20T{ended}Z" if ended else "",
    )  # fmt: skip


def names(runs: list[Run]) -> str:
    return "".join(run.id[-1] for run in runs)


FAILED, LOST = RunState.FAILED, RunState.LOST
SWEEP = [
    run("c", "09:00:15"), run("b", "09:00:08", "09:00:09"),
    run("a", "09:00:00", "09:00:01", FAILED),
]  # fmt: skip
"""Newest first, as the runs of a card are listed."""


def test_runs_that_came_soon_after_each_other_belong_together() -> None:
    assert names(newest_sweep(SWEEP)) == "abc"
    assert newest_sweep([]) == []


def test_what_was_over_before_they_came_does_not_count() -> None:
    failed = run("0", "08:00:00", "08:59:40", FAILED)
    assert names(newest_sweep([*SWEEP, failed])) == "abc"


def test_what_was_going_on_when_they_came_counts() -> None:
    before = [run("1", "08:00:00"), run("0", "07:00:00", "09:30:00", FAILED)]
    assert names(newest_sweep([*SWEEP, *before])) == "01abc"


def test_a_run_that_somebody_starts_after_a_look_is_alone() -> None:
    again = run("d", "09:00:40", "09:01:00")
    assert names(newest_sweep([again, *SWEEP[1:]])) == "d"


def started(name: str, at: str, ended: str, state: RunState = RunState.FINISHED) -> Run:
    """A run that did not wait in a queue."""
    return Run(
        f"20260320-080000-0000000{name}", state, started=f"2026-03-20T{at}Z",
        ended=f"2026-03-20T{ended}Z",
    )  # fmt: skip


def test_a_run_that_began_after_the_failed_one_had_ended_mends_it() -> None:
    failed = started("a", "09:00:00", "09:00:01", FAILED)
    mended = started("b", "09:00:02", "09:00:03")
    assert names(newest_sweep([mended, failed])) == "b"
    assert failures_text([mended, failed]) == ""
    goes_on = run("0", "08:59:58")
    assert names(newest_sweep([mended, failed, goes_on])) == "0b"


def test_runs_started_side_by_side_belong_together() -> None:
    failed = started("a", "09:00:00", "09:00:03", FAILED)
    beside = started("b", "09:00:02", "09:00:09")
    assert names(newest_sweep([beside, failed])) == "ab"


def test_runs_queued_slowly_belong_together_while_one_goes_on() -> None:
    slow = [
        run("c", "09:00:40", "09:01:20"), run("b", "09:00:20", "09:01:00", FAILED),
        run("a", "09:00:00", "09:00:30", FAILED),
    ]  # fmt: skip
    assert names(newest_sweep(slow)) == "abc"
    assert failures_text(slow) == "2 of 3 runs started together failed: 0000000a, 0000000b"
    next_day = run("d", "21:00:00", "21:10:00")
    assert names(newest_sweep([next_day, *slow])) == "d"


def test_a_run_of_a_tracker_is_none_of_them() -> None:
    tracked = run("e", "09:00:20", "09:00:30", RunState.TRACKED)
    assert names(newest_sweep([tracked, *SWEEP])) == "abc"
    assert failures_text([tracked]) == ""


def test_a_run_that_was_not_queued_came_when_it_started() -> None:
    alone = Run("20260320-080000-00000009", FAILED, started="2026-03-20T09:00:10Z")
    assert names(newest_sweep([SWEEP[0], alone])) == "c"
    goes_on = run("b", "09:00:08")
    assert names(newest_sweep([alone, goes_on])) == "b9"


def test_those_that_had_not_ended_by_a_time_are_found() -> None:
    at = datetime(2026, 3, 20, 9, 0, 5, tzinfo=UTC)
    assert names(not_over_at(SWEEP, at)) == "bc"


def test_how_many_of_them_failed_is_said_with_their_names() -> None:
    assert failures_text(SWEEP) == "1 of 3 runs started together failed: 0000000a"
    many = [run(f"{at}", f"09:00:0{at}", "09:01:00", LOST) for at in range(6)]
    assert failures_text(many) == (
        "6 of 6 runs started together failed: 00000000, 00000001, 00000002, 00000003, .."
    )
    assert failures_text(SWEEP[:2]) == ""
    assert failures_text(SWEEP[2:]) == "", "of a single one the state says it"


def test_runs_of_different_scripts_are_not_started_together() -> None:
    def of(name: str, at: str, command: str, ended: str = "") -> Run:
        state = FAILED if ended else RunState.RUNNING
        return replace(run(name, at, ended, state), argv=tuple(command.split()))

    several = [
        of("c", "09:00:06", "sbatch train.sh --seed 2"),
        of("b", "09:00:03", "sbatch --time=0:01 --wrap sleep", "09:00:04"),
        of("a", "09:00:00", "sbatch train.sh --seed 1"),
    ]
    assert failures_text(several) == ""
    alike = [several[0], replace(several[1], argv=several[0].argv), several[2]]
    assert failures_text(alike).startswith("1 of 3 runs started together failed")
