"""What runs say together: held against numpy, mirrored where lower is better."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.runs.figures import Proposal, figures, sparkline
from mlkanban.core.runs.judging import RunState
from mlkanban.core.runs.model import Run

METRIC = {"name": "auc", "direction": ">=", "target": 0.9}
numbers = st.floats(-1e6, 1e6, allow_nan=False)


def runs(values, state: RunState = RunState.FINISHED) -> list[Run]:
    return [
        Run(f"r{at:03}", state, started=f"2026-03-20T09:{at:02}:00Z", metrics={"auc": value})
        for at, value in enumerate(values)
    ]


def said(values, **metric) -> Proposal | None:
    found = figures(runs(values), METRIC | metric)
    assert found is not None
    return found.proposal


@given(st.lists(numbers, min_size=1, max_size=40))
def test_mean_and_spread_are_those_of_numpy(values) -> None:
    found = figures(reversed(runs(values)), METRIC)
    assert found is not None
    assert found.values == tuple(values)
    assert found.mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    if len(values) == 1:
        assert found.sd is None
    else:
        assert found.sd == pytest.approx(np.std(values, ddof=1), rel=1e-6, abs=1e-6)
    assert values[int(found.best[1:])] == max(values)


@given(st.lists(numbers, min_size=1, max_size=10), numbers, st.floats(0, 100))
def test_lower_is_better_is_the_mirror_image(values, target, noise) -> None:
    up = figures(runs(values), METRIC | {"target": target, "noise": noise})
    mirrored = METRIC | {"direction": "<=", "target": -target, "noise": noise}
    down = figures(runs([-value for value in values]), mirrored)
    assert up is not None
    assert down is not None
    assert (up.proposal, up.best) == (down.proposal, down.best)


@given(st.lists(numbers, min_size=2, max_size=10), numbers, st.floats(0, 100))
def test_supported_means_that_the_mean_less_its_spread_reaches_the_target(
    values, target, noise
) -> None:
    found = figures(runs(values), METRIC | {"target": target, "noise": noise})
    assert found is not None
    low = np.mean(values) - max(np.std(values, ddof=1), noise)
    if found.proposal is Proposal.SUPPORTED:
        assert low >= target - 1e-6
    else:
        assert low < target + 1e-6


def test_what_is_proposed() -> None:
    assert said([0.95]) is Proposal.OPEN, "one run says too little"
    assert said([0.93, 0.94]) is Proposal.SUPPORTED
    assert said([0.93, 0.94], noise=0.05) is Proposal.OPEN, "the noise is more than the spread"
    assert said([0.89, 0.93]) is Proposal.OPEN
    assert said([0.71, 0.72]) is Proposal.NOT_SUPPORTED
    assert said([0.71, 0.72], target=None) is None
    assert said([0.11, 0.12], direction="<=", target=0.2) is Proposal.SUPPORTED
    assert said([0.9, 0.9]) is Proposal.SUPPORTED, "to reach it is enough"


def test_only_runs_that_ended_and_reported_the_metric_count() -> None:
    some = [*runs([0.9]), Run("x", RunState.FINISHED, metrics={"loss": 0.1})]
    some += runs([0.1], RunState.RUNNING)
    found = figures(some, METRIC)
    assert found is not None
    assert found.values == (0.9,)
    assert figures(some, None) is None
    assert figures(some, {"name": "f1"}) is None
    assert figures(runs([math.inf]), METRIC) is None
    beyond = figures(runs([1.7e308, 0.9, -1.7e308, 1.7e308]), METRIC)
    assert beyond is not None
    assert beyond.values == (0.9,), "the sum of the others is no number"


def test_what_is_said_of_few_runs() -> None:
    found = figures(runs([0.93, 0.94]), METRIC)
    assert found is not None
    assert found.said == "auc 0.935 +- 0.0071 (2 runs)"
    assert (found.proposal, found.why) == (
        Proposal.SUPPORTED, ">=0.9 is reached by more than the spread",
    )  # fmt: skip
    one = figures(runs([0.93]), METRIC)
    assert one is not None
    assert (one.proposal, one.why) == (Proposal.OPEN, "one run says too little about >=0.9")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=60), st.booleans())
def test_a_sparkline_has_a_bar_for_a_value_and_the_highest_for_the_most(values, ascii) -> None:
    drawn = sparkline(values, ascii=ascii)
    shown = values[-40:]
    assert len(drawn) == (len(shown) if len(values) > 1 else 0)
    assert not ascii or drawn.isascii()
    order = "_.-=^" if ascii else "▁▂▃▄▅▆▇█"
    heights = [order.index(bar) for bar in drawn]
    for one, height in zip(shown, heights, strict=False):
        assert all(height >= other for v, other in zip(shown, heights, strict=True) if one > v)


def test_a_sparkline_of_equal_values_is_flat() -> None:
    assert sparkline([1.0, 2.0, 3.0], ascii=True) == "_-^"
    assert sparkline([0.5, 0.5]) == "▅▅"
    assert sparkline([0.5]) == ""
