"""A budget is an amount and what it is of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.budget import Budget, Unit, budget_text, parse_budget
from mlkanban.errors import UsageProblem


@given(st.integers(1, 10**9 - 1) | st.decimals(1, 1000, places=2))
def test_what_is_kept_is_read_as_the_same(amount: object) -> None:
    budget = parse_budget(f" {amount} GPU-hours ")
    assert budget == Budget(float(str(amount)), Unit.GPU_HOURS)
    assert parse_budget(str(budget)) == budget


@pytest.mark.parametrize(
    ("written", "kept"),
    [("40gpu-h", "40 gpu-h"), ("40.50 gpu h", "40.5 gpu-h"), (".5gpuh", "0.5 gpu-h"),
     ("1 runs", "1 run"), ("12run", "12 runs"), ("none", ""), ("", "")],
)  # fmt: skip
def test_the_ways_to_write_it(written: str, kept: str) -> None:
    assert budget_text(written) == kept


@pytest.mark.parametrize(
    "text",
    ["40", "gpu-h", "0 runs", "0.001 gpu-h", "-1 runs", "1.5 runs", "1e3 runs", "9999999999 runs",
     "\u0664 runs", "1 run 2"],
)  # fmt: skip
def test_what_is_no_budget_is_refused_with_how_it_is_written(text: str) -> None:
    with pytest.raises(UsageProblem, match="40 gpu-h or 12 runs"):
        parse_budget(text)


def test_one_run_is_in_the_singular() -> None:
    assert [str(parse_budget(f"{amount}runs")) for amount in (1, 2)] == ["1 run", "2 runs"]
    assert str(parse_budget("1gpu-h")) == "1 gpu-h"
