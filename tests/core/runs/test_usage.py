"""What runs used against what their card may use."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.runs.judging import RunState
from mlkanban.core.runs.model import Run
from mlkanban.core.runs.usage import Usage, budget_warning, parse_budget, usage, usage_text
from mlkanban.errors import UsageProblem

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def run(name: str = "r", gpus: int | None = 2, ended: str = "2026-03-20T11:00:00Z") -> Run:
    state = RunState.FINISHED if ended else RunState.RUNNING
    return Run(name, state, started="2026-03-20T10:00:00Z", ended=ended, gpus=gpus)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("20gpu-h", "20gpu-h"), (" 1.5 GPUh", "1.5gpu-h"), ("8runs", "8runs"), ("1 run", "1runs")],
)
def test_how_a_budget_is_written(written, kept) -> None:
    budget = parse_budget(written)
    assert str(budget) == kept
    assert parse_budget(kept) == budget


def test_no_budget() -> None:
    assert parse_budget("none") is parse_budget("  ") is None
    for wrong in ("20", "0runs", "1.5runs", "-3gpu-h", "much", "20 cpu-h", "9" * 40 + "runs"):
        with pytest.raises(UsageProblem, match=r"no (budget|number of runs)"):
            parse_budget(wrong)


@given(st.text(max_size=20))
def test_any_text_is_a_budget_or_is_refused_in_words(text) -> None:
    try:
        budget = parse_budget(text)
    except UsageProblem:
        return
    assert parse_budget(str(budget) if budget else "") == budget


def test_gpu_hours_are_gpus_by_time_up_to_now() -> None:
    assert usage([run(), run(ended="")], NOW) == Usage(2, 2.0 + 4.0, 0)
    assert usage([run(gpus=None), run(gpus=0)], NOW) == Usage(2, 0.0, 1)
    gone = Run("x", RunState.LOST, started="2026-03-20T10:00:00Z", gpus=4)
    assert usage([gone], NOW) == Usage(1, 0.0, 1)


def test_warnings() -> None:
    budget = parse_budget("10gpu-h")
    assert budget_warning(budget, Usage(1, 7.9)) == ""
    assert budget_warning(budget, Usage(1, 8.0)) == "Budget nearly used: 8 of 10 gpu-h."
    assert budget_warning(budget, Usage(1, 10.0)) == "Budget nearly used: 10 of 10 gpu-h."
    assert budget_warning(budget, Usage(3, 12.5, 2)) == (
        "Over budget: 12 of 10 gpu-h used, 2 runs of unknown gpus not counted."
    )
    assert budget_warning(parse_budget("8runs"), Usage(9)) == "Over budget: 9 of 8 runs used."
    assert budget_warning(None, Usage(9, 1000)) == ""


def test_what_was_used_in_words() -> None:
    assert usage_text(None, Usage(2, 3.14, 1)) == "3.1 gpu-h (1 run of unknown gpus not counted)"
    assert usage_text(parse_budget("8runs"), Usage(2, 3.1, 1)) == "2 of 8 runs"
    assert usage_text(None, Usage(2, 0.0, 2)) == ""
