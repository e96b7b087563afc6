"""What runs used, and how much of a budget that is."""

from dataclasses import replace
from datetime import UTC, datetime

from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.usage import Usage, spending, usage, usage_text

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
