"""What runs used, and how much of a budget that is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mlkanban.core.budget import Budget, Unit
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.usage import (
    Spending,
    Usage,
    gpu_hours,
    length,
    shortly,
    spending,
    usage,
    usage_text,
)

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def run(name: str = "r", gpus: int | None = 2, ended: str = "2026-03-20T11:00:00Z") -> Run:
    state = RunState.FINISHED if ended else RunState.RUNNING
    return Run(name, state, started="2026-03-20T10:00:00Z", ended=ended, gpus=gpus)


def test_gpu_hours_are_gpus_by_time_up_to_now() -> None:
    assert usage([run(), run(ended="")], NOW) == Usage(2.0 + 4.0, 0)
    assert usage([run(gpus=None), run(gpus=0)], NOW) == Usage(0.0, 1)
    gone = Run("x", RunState.LOST, started="2026-03-20T10:00:00Z", gpus=4)
    assert usage([gone], NOW) == Usage(0.0, 1)


def test_a_scheduler_counts_the_time_of_all_tasks_and_waiting_is_no_use() -> None:
    assert usage([replace(run(), elapsed=3 * 3600)], NOW) == Usage(6.0, 0)
    assert usage([replace(run(ended=""), state=RunState.QUEUED)], NOW) == Usage(0.0, 0)


def test_what_was_used_in_words() -> None:
    assert usage_text(Usage(3.14, 1)) == "3.1 gpu-h (1 run of unknown gpu-hours not counted)"
    assert usage_text(Usage(14.04, 2)) == "14 gpu-h (2 runs of unknown gpu-hours not counted)"
    assert usage_text(Usage(0.125, 0)) == "0.12 gpu-h"
    assert usage_text(Usage(0.0, 2)) == ""


def test_a_budget_is_told_and_warned_of_from_80_percent_on() -> None:
    hour = run(gpus=4)
    for runs, said, warning in (
        ([hour] * 7, "28 of 40 gpu-h", ""),
        ([hour] * 8, "32 of 40 gpu-h", "80 % used, 32 of 40 gpu-h"),
        ([hour] * 11, "44 of 40 gpu-h", "110 % used, 44 of 40 gpu-h"),
    ):
        spent = spending("40 gpu-h", runs, NOW)
        assert spent is not None
        assert (str(spent), spent.warning) == (said, warning)
        assert spent.summary == (f"! {warning}" if warning else said)


def test_runs_of_unknown_gpus_are_said_and_a_budget_of_runs_counts_them() -> None:
    runs = [run(), run(gpus=None), run(ended="")]
    assert str(spending("9 gpu-h", runs, NOW)) == (
        "6 of 9 gpu-h (1 run of unknown gpu-hours not counted)"
    )
    assert str(spending("12 runs", runs, NOW)) == "3 of 12 runs"
    assert spending("", runs, NOW) is None


BEGUN, ENDED = "2026-03-20T10:00:00Z", "2026-03-20T11:00:00Z"
R = RunState


@pytest.mark.parametrize(
    ("run", "seconds", "hours"),
    [
        # How long it ran, and what its two GPUs used; it is two hours after its start.
        (Run("r", R.FINISHED, started=BEGUN, ended=ENDED, gpus=2), 3600, 2.0),
        (Run("r", R.RUNNING, started=BEGUN, gpus=2), 7200, 4.0),
        (Run("r", R.RUNNING, started=BEGUN, gpus=2, waited=1800), 5400, 3.0),
        (Run("r", R.FINISHED, started=BEGUN, ended=ENDED, gpus=2, waited=0), 3600, 2.0),
        (Run("r", R.FINISHED, started=BEGUN, ended=ENDED, gpus=2, waited=7200), -3600, 0.0),
        (Run("r", R.LOST, started=BEGUN, gpus=2), None, None),
        (Run("r", R.RUNNING, gpus=2), None, None),
        (Run("r", R.FINISHED, started=BEGUN, ended=ENDED), 3600, None),
        (Run("r", R.FINISHED, started=BEGUN, ended=ENDED, gpus=0), 3600, 0.0),
        (Run("r", R.LOST, gpus=0), None, 0.0),
        (Run("r", R.QUEUED, started=BEGUN, gpus=2), None, 0.0),
        (Run("r", R.QUEUED, gpus=2, elapsed=0), None, 0.0),
        (Run("r", R.QUEUED, gpus=2, elapsed=1800), 1800, 1.0),
        (Run("r", R.QUEUED, elapsed=1800), 1800, None),
        # By the count of its scheduler where there is one.
        (Run("r", R.FINISHED, started=BEGUN, ended=ENDED, gpus=2, elapsed=0), 3600, 0.0),
        (Run("r", R.RUNNING, started=BEGUN, gpus=2, elapsed=900), 7200, 0.5),
        # A job that never began used nothing.
        (Run("r", R.KILLED, job="7", ended=ENDED, gpus=2), None, 0.0),
        (Run("r", R.FINISHED, job="7", started=BEGUN, ended=ENDED, gpus=2), None, 2.0),
        (Run("r", R.RUNNING, job="7", started=BEGUN, gpus=2), 7200, 4.0),
        (Run("r", R.FINISHED, job="7", started=BEGUN, ended=ENDED, gpus=2, elapsed=60), 3600,
         1 / 30),
    ],
)  # fmt: skip
def test_the_length_of_a_run_and_its_gpu_hours(run: Run, seconds, hours) -> None:
    ran = length(run, NOW)
    assert (None if ran is None else ran.total_seconds()) == seconds
    used = gpu_hours(run, NOW)
    assert used == (None if hours is None else pytest.approx(hours))
    assert usage([run, run], NOW) == Usage(2 * (used or 0), 2 * (used is None))


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"), (0.004, "0"), (0.006, "0.01"), (0.1, "0.1"), (0.17, "0.17"), (0.99, "0.99"),
        (1, "1"), (1.04, "1"), (1.05, "1.1"), (3.14, "3.1"), (9.94, "9.9"), (9.96, "10"),
        (10, "10"), (10.4, "10"), (14.6, "15"),
    ],
)  # fmt: skip
def test_a_number_of_hours_in_few_cells(number: float, shown: str) -> None:
    assert shortly(number) == shown


@pytest.mark.parametrize(
    ("used", "warning"),
    [(0.0, ""), (31.99, ""), (32.0, "80 % used"), (39.99, "99 % used"), (40.0, "100 % used")],
)
def test_what_is_not_used_up_is_never_called_so(used: float, warning: str) -> None:
    spent = Spending(Budget(40, Unit.GPU_HOURS), used)
    assert spent.share == used / 40
    assert spent.unknown == 0
    assert spent.warning.partition(",")[0] == warning


def test_the_tasks_of_an_array_at_work_use_gpus_beside_those_that_ended() -> None:
    going = replace(
        run(ended=""), elapsed=3600, task_count=9, at_work=3, at_work_since="2026-03-20T11:00:00Z"
    )
    assert gpu_hours(going, NOW) == 2 * (1 + 3)
    assert gpu_hours(replace(going, at_work=0), NOW) == 2
    assert length(going, NOW) == timedelta(hours=2)
    over = replace(going, state=RunState.FINISHED, ended="2026-03-20T11:30:00Z", at_work=0)
    assert length(over, NOW) == timedelta(hours=1.5)
    assert gpu_hours(replace(over, elapsed=None), NOW) is None, "of one task it is not known"
