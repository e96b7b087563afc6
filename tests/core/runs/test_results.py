"""What runs say together: held against numpy, mirrored where lower is better."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.runs import repeats
from mlkanban.core.runs.configurations import grouped
from mlkanban.core.runs.model import Run
from mlkanban.core.runs.results import Proposal, results, sparkline
from mlkanban.core.runs.state import RunState

METRIC = {"name": "auc", "direction": ">=", "target": 0.9}
LOSS = {"name": "loss", "direction": "<=", "target": 0.22}
numbers = st.floats(-1e6, 1e6, allow_nan=False)


def runs(values, state: RunState = RunState.FINISHED) -> list[Run]:
    return [
        Run(
            f"r{at:03}", state, argv=("train", "--seed", str(at)),
            started=f"2026-03-20T09:{at:02}:00Z", metrics={"auc": value},
        )
        for at, value in enumerate(values)
    ]  # fmt: skip


def tried(*cases: tuple[object, float]) -> list[Run]:
    """Runs with a depth and the loss of each, the first of which started first."""
    return [
        Run(
            f"r{at:03}", RunState.FINISHED, argv=("train", f"depth={depth}", f"seed={at}"),
            started=f"2026-03-20T09:{at:02}:00Z", metrics={"loss": loss},
        )
        for at, (depth, loss) in enumerate(cases)
    ]  # fmt: skip


def said(values, **metric) -> Proposal | None:
    found = results(runs(values), METRIC | metric)
    assert found is not None
    return found.proposal


@given(st.lists(numbers, min_size=1, max_size=40))
def test_mean_and_spread_are_those_of_numpy(values) -> None:
    found = results(reversed(runs(values)), METRIC)
    assert found is not None
    assert found.values == tuple(values)
    [only] = found.configurations
    assert only.mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    if len(values) == 1:
        assert only.sd is None
    else:
        assert only.sd == pytest.approx(np.std(values, ddof=1), rel=1e-6, abs=1e-6)
    assert values[int(found.best_run.id[1:])] == max(values)


@given(st.lists(numbers, min_size=1, max_size=10), numbers, st.floats(0, 100))
def test_lower_is_better_is_the_mirror_image(values, target, noise) -> None:
    up = results(runs(values), METRIC | {"target": target, "noise": noise})
    mirrored = METRIC | {"direction": "<=", "target": -target, "noise": noise}
    down = results(runs([-value for value in values]), mirrored)
    assert up is not None
    assert down is not None
    assert (up.proposal, up.best_run.id) == (down.proposal, down.best_run.id)


@given(st.lists(numbers, min_size=2, max_size=10), numbers, st.floats(0, 100))
def test_supported_means_that_the_mean_less_its_spread_reaches_the_target(
    values, target, noise
) -> None:
    found = results(runs(values), METRIC | {"target": target, "noise": noise})
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
    found = results(some, METRIC)
    assert found is not None
    assert found.values == (0.9,)
    assert results(some, None) is None
    assert results(some, {"name": "f1"}) is None
    assert results(runs([math.inf]), METRIC) is None
    beyond = results(runs([1.7e308, 0.9, -1.7e308, 1.7e308]), METRIC)
    assert beyond is not None
    assert beyond.values == (0.9,), "the sum of the others is no number"


def test_what_is_said_of_few_runs() -> None:
    found = results(runs([0.93, 0.94]), METRIC)
    assert found is not None
    assert found.summary == "auc 0.935 +- 0.0071 (2 runs)"
    assert (found.proposal, found.why) == (
        Proposal.SUPPORTED, ">=0.9 is reached by more than the spread",
    )  # fmt: skip
    one = results(runs([0.93]), METRIC)
    assert one is not None
    assert (one.proposal, one.why) == (Proposal.OPEN, "one run says too little about >=0.9")


def test_a_mean_is_of_runs_that_differ_in_their_seed_alone() -> None:
    found = results(tried((3, 0.30), (3, 0.31), (6, 0.20), (6, 0.21)), LOSS)
    assert found is not None
    assert [one.label for one in found.configurations] == ["depth 3", "depth 6"]
    assert [one.mean for one in found.configurations] == pytest.approx([0.305, 0.205])
    assert found.summary == "loss 0.205 +- 0.0071 (2 runs, depth 6)"
    assert found.proposal is Proposal.SUPPORTED
    assert found.why == "the best of 2 configurations reaches <=0.22 by more than its spread"
    assert found.verdict == "supported: loss 0.205 +- 0.0071 (2 runs, depth 6)"


def test_the_configuration_tried_last_speaks_and_a_better_one_is_named() -> None:
    found = results(tried((6, 0.20), (6, 0.21), (3, 0.30), (3, 0.31)), LOSS)
    assert found is not None
    assert found.latest.label == "depth 3"
    assert found.best.label == "depth 6"
    assert found.verdict == "supported: loss 0.205 +- 0.0071 (2 runs, depth 6)"
    worse = results(tried((3, 0.30), (3, 0.31), (6, 0.40), (6, 0.41)), LOSS)
    assert worse is not None
    assert worse.proposal is Proposal.NOT_SUPPORTED
    assert worse.verdict == "not supported: loss 0.305 +- 0.0071 (2 runs, depth 3)"
    alone = results(tried((3, 0.30), (3, 0.31), (6, 0.40)), LOSS)
    assert alone is not None
    assert alone.proposal is Proposal.OPEN, "one run says too little, even against the target"


@given(st.lists(st.floats(0, 1), min_size=5, max_size=40, unique=True))
def test_many_configurations_tried_once_are_a_search_and_no_verdict(values) -> None:
    found = results(tried(*enumerate(values)), LOSS)
    assert found is not None
    assert found.is_search
    assert found.proposal is Proposal.OPEN
    assert f"{len(values)} configurations with one run each are a search" in found.why
    assert f"{min(values):.4g}" in found.why


def test_what_was_run_has_to_be_known_to_be_repeated() -> None:
    unknown = [replace(run, argv=()) for run in runs([0.93, 0.94])]
    found = results(unknown, METRIC)
    assert found is not None
    assert [one.n for one in found.configurations] == [1, 1]
    assert found.proposal is Proposal.OPEN
    by_tracker = [replace(run, params={"lr": "0.1", "seed": run.id}) for run in unknown]
    known = results(by_tracker, METRIC)
    assert known is not None
    assert known.proposal is Proposal.SUPPORTED


def test_other_code_is_another_configuration() -> None:
    one, two = runs([0.93, 0.94])
    found = results([replace(one, commit="a" * 40), replace(two, commit="b" * 40)], METRIC)
    assert found is not None
    assert [c.label for c in found.configurations] == ["commit aaaaaaa", "commit bbbbbbb"]
    changed = results([replace(run, commit="a" * 40, dirty=True) for run in (one, two)], METRIC)
    assert changed is not None
    assert changed.proposal is Proposal.SUPPORTED
    assert changed.why.endswith("the runs had uncommitted changes, so their code may differ")


@pytest.mark.parametrize(
    "name",
    ["seed", "random-state", "random_state", "trainer.seed", "data_seed", "seed_everything",
     "Fold", "run_name", "output-dir", "hydra.run.dir", "log_dir"],
)  # fmt: skip
def test_names_of_parameters_in_which_repeats_differ(name) -> None:
    assert repeats.tells_repeats_apart(name)


@pytest.mark.parametrize(
    "name", ["lr", "depth", "word 2", "n_seeds_used", "folder", "model", "dir"]
)
def test_names_of_parameters_that_make_another_configuration(name) -> None:
    assert not repeats.tells_repeats_apart(name)


def test_other_names_make_other_repeats(monkeypatch) -> None:
    monkeypatch.setattr(repeats, "_in_force", [("Data-Shard", "*_rank", "loader.path")])
    fits = ("shard", "data-shard", "node_rank", "train.loader.path", "loader.path", "seed")
    assert [repeats.tells_repeats_apart(name) for name in fits] == [
        False, True, True, True, True, False,
    ]  # fmt: skip
    assert repeats.mark()


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


@pytest.mark.parametrize(
    ("words", "repeats"),
    [
        (["--ckpt", "***"], False),
        (["data/***"], False),
        (["sh", "-c", "train --ckpt ***"], False),
        (["--hf-token", "***"], True),
        (["-e", "HF_TOKEN=***"], True),
        (["https://***@host.example/data"], True),
        (["sh", "-c", "TOKEN=*** train --token ***"], True),
    ],
)
def test_runs_are_repeats_only_if_what_is_hidden_is_a_credential(words, repeats) -> None:
    both = [
        Run(f"r{at}", RunState.FINISHED, argv=("train", *words, f"--seed={at}")) for at in (1, 2)
    ]
    assert len(grouped(both)) == (1 if repeats else 2)


def test_a_credential_makes_no_configuration() -> None:
    with_key = Run("r1", RunState.FINISHED, argv=("train", "--lr=1", "--token", "***"))
    without = Run("r2", RunState.FINISHED, argv=("train", "--lr=1"))
    assert len(grouped([with_key, without])) == 1
