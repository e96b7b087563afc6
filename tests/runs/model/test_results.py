"""What runs say together: held against numpy, mirrored where lower is better."""

import math
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlkanban.core.board import Outcome
from mlkanban.core.metrics import number_text
from mlkanban.display.run_text import in_order_of_state
from mlkanban.runs.model.configurations import grouped
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.results import Proposal, Results, remarks, results
from mlkanban.runs.model.run import Run, Task
from mlkanban.runs.model.state import RunState

METRIC = {"name": "auc", "direction": ">=", "target": 0.9}
LOSS = {"name": "loss", "direction": "<=", "target": 0.22}
LOWER = {"direction": "<="}
numbers = st.floats(-1e6, 1e6, allow_nan=False)


def runs(values, state: RunState = RunState.FINISHED) -> list[Run]:
    return [
        Run(
            f"r{at:03}", state, argv=("train", "--seed", str(at)),
            started=f"2026-03-20T09:{at:02}:00Z", metrics={"auc": value}, commit="c" * 40,
        )
        for at, value in enumerate(values)
    ]  # fmt: skip


def tried(*cases: tuple[object, float]) -> list[Run]:
    """Runs with a depth and the loss of each, the first of which started first."""
    return [
        Run(
            f"r{at:03}", RunState.FINISHED, argv=("train", f"depth={depth}", f"seed={at}"),
            started=f"2026-03-20T09:{at:02}:00Z", metrics={"loss": loss}, commit="c" * 40,
        )
        for at, (depth, loss) in enumerate(cases)
    ]  # fmt: skip


def best_id(found: Results) -> str:
    return found.best_run.id if found.best_run else ""


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
    assert values[int(best_id(found)[1:])] == max(values)


@given(st.lists(numbers, min_size=1, max_size=10), numbers, st.floats(0, 100))
def test_lower_is_better_is_the_mirror_image(values, target, noise) -> None:
    up = results(runs(values), METRIC | {"target": target, "noise": noise})
    mirrored = METRIC | {"direction": "<=", "target": -target, "noise": noise}
    down = results(runs([-value for value in values]), mirrored)
    assert up is not None
    assert down is not None
    assert (up.proposal, best_id(up)) == (down.proposal, best_id(down))


@given(st.lists(numbers, min_size=2, max_size=10), numbers, st.floats(0, 100))
def test_supported_means_that_mean_less_spread_and_interval_reach_the_target(
    values, target, noise
) -> None:
    found = results(runs(values), METRIC | {"target": target, "noise": noise})
    assert found is not None
    sd, n = np.std(values, ddof=1), len(values)
    low = np.mean(values) - max(sd, noise)
    if n > 2:
        quantile = stats.norm.ppf(0.975) if noise >= sd else stats.t.ppf(0.975, n - 1)
        low = min(low, np.mean(values) - max(sd, noise) / n**0.5 * quantile)
    if found.proposal is Proposal.SUPPORTED:
        assert low >= target - 1e-6
        assert len(set(values)) > 1
    else:
        assert low < target + 1e-6 or len(set(values)) == 1


def test_what_is_proposed() -> None:
    assert said([0.95]) is Proposal.OPEN, "one run says too little"
    assert said([0.93, 0.94]) is Proposal.SUPPORTED
    assert said([0.93, 0.94], noise=0.05) is Proposal.OPEN, "the noise is more than the spread"
    assert said([0.89, 0.93]) is Proposal.OPEN
    assert said([0.71, 0.72]) is Proposal.NOT_SUPPORTED
    assert said([0.71, 0.72], target=None) is None
    assert said([0.11, 0.12], direction="<=", target=0.2) is Proposal.SUPPORTED
    assert said([0.75, 1.25], target=0.5, noise=0.5) is Proposal.SUPPORTED, "to reach it is enough"


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
    assert found.summary == "auc 0.935 +- 0.007 (2 runs)"
    assert (found.proposal, found.why) == (
        Proposal.SUPPORTED,
        ">=0.9 is reached by more than the spread; with the true mean at the target, two runs say"
        " so in up to 1 of 5 cases",
    )  # fmt: skip
    one = results(runs([0.93]), METRIC)
    assert one is not None
    assert (one.proposal, one.why) == (Proposal.OPEN, "one run says too little about >=0.9")


def test_a_mean_is_of_runs_that_differ_in_their_seed_alone() -> None:
    found = results(tried((3, 0.30), (3, 0.31), (6, 0.20), (6, 0.21)), LOSS)
    assert found is not None
    assert [one.label for one in found.configurations] == ["depth 3", "depth 6"]
    assert [one.mean for one in found.configurations] == pytest.approx([0.305, 0.205])
    assert found.summary == "loss 0.205 +- 0.007 (2 runs, depth 6)"
    assert found.proposal is Proposal.SUPPORTED
    assert found.proposal_text == "supported by depth 6: 0.205 +- 0.007 (2 runs)"
    assert found.why == (
        "<=0.22 is reached by more than the spread; with both true means at the target, one of the"
        " two says so in up to 2 of 5 cases"
    )
    assert found.verdict == "supported: loss 0.205 +- 0.007 (2 runs, depth 6)"


def test_the_configuration_tried_last_speaks_and_a_better_one_is_named() -> None:
    found = results(tried((6, 0.20), (6, 0.21), (3, 0.30), (3, 0.31)), LOSS)
    assert found is not None
    assert found.latest.label == "depth 3"
    assert found.best is not None
    assert found.best.label == "depth 6"
    assert found.verdict == "supported: loss 0.205 +- 0.007 (2 runs, depth 6)"
    worse = results(tried((3, 0.30), (3, 0.31), (6, 0.40), (6, 0.41)), LOSS)
    assert worse is not None
    assert worse.proposal is Proposal.NOT_SUPPORTED
    assert worse.verdict == "not supported: loss 0.305 +- 0.007 (2 runs, depth 3)"
    alone = results(tried((3, 0.30), (3, 0.31), (6, 0.40)), LOSS)
    assert alone is not None
    assert alone.proposal is Proposal.OPEN, "one run says too little, even against the target"


@given(st.lists(st.floats(0, 1), min_size=5, max_size=40, unique=True))
def test_many_configurations_tried_once_are_a_search_and_no_verdict(values) -> None:
    found = results(tried(*enumerate(values)), LOSS)
    assert found is not None
    assert found.is_search
    assert found.proposal is Proposal.OPEN
    assert found.why.startswith(f"{len(values)} trials, best ")
    assert found.why.endswith(": repeat it with two more seeds; the best of many is lucky")
    assert number_text(min(values), LOSS) in found.why


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


def test_the_name_of_a_configuration_begins_with_what_tells_most() -> None:
    some = [
        Run(
            f"r{at}", RunState.FINISHED, argv=("t", f"alpha={at * 3 % 5}", f"zeta={at}"),
            metrics={"auc": 0.9 - at / 100}, commit="c" * 40, started=f"2026-03-20T09:0{at}:00Z",
        )
        for at in range(5)
    ]  # fmt: skip
    found = results(some, METRIC)
    assert found is not None
    assert [one.label for one in found.configurations][:2] == ["zeta 0  alpha 0", "zeta 1  alpha 3"]


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
    assert DEFAULT.may_differ(name)


@pytest.mark.parametrize(
    "name", ["lr", "depth", "argument 2", "n_seeds_used", "folder", "model", "dir"]
)
def test_names_of_parameters_that_make_another_configuration(name) -> None:
    assert not DEFAULT.may_differ(name)


def test_other_names_make_other_repeats() -> None:
    other = Repeats(("Data-Shard", "*_rank", "loader.path"))
    fits = ("shard", "data-shard", "node_rank", "train.loader.path", "loader.path", "seed")
    assert [other.may_differ(name) for name in fits] == [
        False, True, True, True, True, False,
    ]  # fmt: skip
    assert other.mark
    assert not DEFAULT.mark


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


def said_of(runs: list[Run], metric: dict[str, object]) -> list[str]:
    return remarks(runs, metric, results(runs, metric))


FAILED_STATES = (RunState.FAILED, RunState.KILLED, RunState.LOST)


@pytest.mark.parametrize("state", FAILED_STATES)
def test_what_did_not_finish_is_no_result_and_is_told(state) -> None:
    assert results(runs([0.97, 0.97], state), METRIC) is None
    assert said_of(runs([0.97, 0.97], state), METRIC) == [
        f"only finished runs count: left out 2 {state} (auc 0.97, 0.97)"
    ]
    good = [replace(run, id=f"{run.id}b") for run in runs([0.8, 0.81])]
    found = results([*good, *runs([0.97, 0.98], state)], METRIC)
    assert found is not None
    assert (found.values, best_id(found)) == ((0.8, 0.81), "r001b")
    assert found.proposal is Proposal.NOT_SUPPORTED


@pytest.mark.parametrize(
    ("says", "counts"),
    [("FINISHED", True), ("COMPLETE", True), ("finished", True), ("", True), ("RUNNING", False),
     ("FAILED", False), ("KILLED", False), ("crashed", False), ("PRUNED", False)],
)  # fmt: skip
def test_a_run_of_a_tracker_counts_when_that_says_that_it_finished(says, counts) -> None:
    some = [replace(run, says=says) for run in runs([0.95], RunState.TRACKED)]
    assert (results(some, METRIC) is not None) is counts


def test_equal_seeds_count_once() -> None:
    twice = [replace(run, argv=("train", "--seed", "1", f"--out=o{at}"))
             for at, run in enumerate(runs([0.93, 0.94]))]  # fmt: skip
    found = results(twice, METRIC)
    assert found is not None
    assert (found.values, found.proposal) == ((0.94,), Proposal.OPEN)
    assert said_of(twice, METRIC) == [
        "equal seeds count once, the newest run of each: 1 run has a seed that ran again"
    ]
    by_shard = Repeats(("shard", "seed", "out"))
    assert remarks(twice, METRIC, results(twice, METRIC, by_shard)) == [
        "equal repeats count once, the newest of each: 1 run has a newer one"
    ]
    other_fold = [replace(run, argv=("train", "--seed=1", f"--fold={run.id}")) for run in twice]
    without = [replace(run, argv=("train",)) for run in twice]
    for some in (other_fold, without):
        found = results(some, METRIC)
        assert found is not None
        assert found.latest.n == 2
        assert said_of(some, METRIC) == []


def test_another_folder_or_dataset_is_another_configuration() -> None:
    one, two = runs([0.93, 0.94])
    folders = results([replace(one, folder="a"), replace(two, folder="b")], METRIC)
    assert folders is not None
    assert [c.label for c in folders.configurations] == ["folder a", "folder b"]
    top = results([one, replace(two, folder="b")], METRIC)
    assert top is not None
    assert [c.label for c in top.configurations] == ["folder .", "folder b"]
    data = results([replace(one, dataset="v1"), replace(two, dataset="v2")], METRIC)
    assert data is not None
    assert [c.label for c in data.configurations] == ["dataset v1", "dataset v2"]


def test_without_a_commit_the_code_may_differ() -> None:
    found = results([replace(run, commit="") for run in runs([0.93, 0.94])], METRIC)
    assert found is not None
    assert found.why.endswith("no commit of the runs is known, so their code may differ")


def test_what_was_started_in_a_run_has_its_code() -> None:
    above = Run("a", RunState.FINISHED, argv=("sweep",), commit="d" * 40, dirty=True, folder="x")
    inner = [replace(run, parent="a", commit="") for run in runs([0.93, 0.94])]
    found = results([above, *inner], METRIC)
    assert found is not None
    assert {(run.commit, run.folder) for run in found.runs} == {("d" * 40, "x")}
    assert found.why.endswith("the runs had uncommitted changes, so their code may differ")


def test_noise_is_called_noise() -> None:
    def why(values, **metric) -> str:
        found = results(runs(values), METRIC | metric)
        assert found is not None
        return found.why

    assert why([0.915, 0.916], noise=0.05) == ">=0.9 lies within the noise (0.05)"
    assert why([0.99, 0.98], noise=0.05) == ">=0.9 is reached by more than the noise (0.05)"
    assert why([0.8, 0.81], noise=0.05) == ">=0.9 is missed by more than the noise (0.05)"
    assert why([0.89, 0.93]) == ">=0.9 lies within the spread"


def test_equality_is_not_more_than() -> None:
    def why(*values, **metric) -> str:
        found = results(runs(values), METRIC | metric)
        assert found is not None
        return f"{found.proposal_text}; {found.why}"

    assert why(1.0, 1.25, 1.0, 0.75, target=0.5, noise=0.5) == (
        "supported; >=0.5 is reached by just the noise (0.5)"
    )


@pytest.mark.parametrize("metric", [{}, {"noise": 0.01}], ids=["no noise", "noise"])
@pytest.mark.parametrize("value", [0.95, 0.8])
@pytest.mark.parametrize("many", [2, 3])
def test_runs_with_one_value_may_be_one_observation(metric, value, many) -> None:
    """Whether they name seeds or not: a seed that the code does not use changes nothing."""
    found = results(runs([value] * many), METRIC | metric)
    assert found is not None
    assert (found.proposal, found.why) == (
        Proposal.OPEN, f"{many} runs gave {value} to the last digit: that may be one observation",
    )  # fmt: skip
    assert found.summary == f"auc {value} ({many} equal runs)"


def test_trials_that_were_computed_twice_are_still_a_search() -> None:
    once = [(depth, 0.3 + depth / 100) for depth in range(5)]
    found = results(tried(*once, *once), LOSS)
    assert found is not None
    assert (found.is_search, found.trials) == (True, 5)
    assert found.why == (
        "5 trials, best 0.3 (2 equal runs, depth 0): repeat it with two more seeds; the best of"
        " many is lucky"
    )


def test_how_often_two_runs_at_the_target_say_so() -> None:
    """The sentence says up to 1 in 5: 19.6 % for a normal distribution."""
    rng = random.Random(3)
    told = Counter(said([rng.gauss(0.9, 0.01) for _ in range(2)]) for _ in range(2_000))
    assert 0.16 < told[Proposal.SUPPORTED] / 2_000 < 0.23
    assert 0.16 < told[Proposal.NOT_SUPPORTED] / 2_000 < 0.23


@given(st.floats(0.5, 1), st.integers(-10, 10))
def test_no_value_is_rounded_over_the_target(target, units) -> None:
    value = target + units * 1e-9
    found = results(runs([value, value]), METRIC | {"target": target})
    assert found is not None
    shown = float(found.summary.split()[1])
    assert (shown >= target) == (value >= target)
    assert found.best_run is not None
    assert (float(found.text(found.best_run)) >= target) == (value >= target)


def test_a_search_says_what_to_repeat() -> None:
    found = results(tried(*enumerate([0.3, 0.4, 0.21, 0.5, 0.6])), LOSS)
    assert found is not None
    todo = "best 0.21 (depth 2): repeat it with two more seeds; the best of many is lucky"
    assert found.why == f"5 trials, {todo}"
    goalless = results(tried(*enumerate([0.3, 0.4, 0.21, 0.5, 0.6])), {"name": "loss"} | LOWER)
    assert goalless is not None
    assert (goalless.proposal, goalless.search_text) == (None, f"5 trials, {todo}")


@pytest.mark.parametrize(
    ("values", "baseline", "text"),
    [
        ([1234.56, 1234.60, 1234.52], None, "1234.56 +- 0.04"),
        ([123456.0, 123458.0], None, "123457 +- 1.4"),
        ([1234567.0, 1234568.0], None, "1234567.5 +- 0.7"),
        ([0.98765, 0.98769], 0.9877, "0.98767 +- 2.8e-05"),
        ([1234.6], None, "1235"),
        ([1234567.0], 1234566.0, "1234567"),
        ([0.935, 0.936], None, "0.9355 +- 0.0007"),
        ([0.0, 0.0], 0.5, "0"),
        ([0.92, 0.93, 0.91], None, "0.92 +- 0.01"),
    ],
)
def test_a_mean_has_the_digits_of_its_spread(values, baseline, text) -> None:
    found = results(runs(values), {"name": "auc", "baseline": baseline})
    assert found is not None
    assert found.latest.measured == text


def test_without_a_direction_nothing_is_the_best() -> None:
    some = tried(*enumerate([0.3, 0.4, 0.21, 0.5, 0.6]))
    found = results(some, {"name": "loss", "value": 0.5})
    assert found is not None
    assert (found.best, found.best_run) == (None, None)
    assert not any(map(found.is_best_run, some))
    assert found.search_text == (
        "5 trials, values from 0.21 to 0.6; the card does not say which are better"
    )
    by_tracker = results([replace(run, direction="<=") for run in some], {"name": "loss"})
    assert by_tracker is not None
    assert best_id(by_tracker) == "r002"


def test_the_best_of_a_search_is_by_its_mean() -> None:
    once = [(depth, 0.8 - depth / 100) for depth in range(5)]
    found = results(tried(*once, *((9, loss) for loss in (0.5, 0.51, 0.52, 0.53))), LOSS)
    assert found is not None
    assert found.search_text == "5 trials, best 0.515 +- 0.013 (4 runs, depth 9)"
    lucky = results(tried(*once, (1, 0.9), (1, 0.1), (5, 0.7)), {"name": "loss"} | LOWER)
    assert lucky is not None
    assert lucky.search_text.startswith("5 trials, best 0.597 +- ")


@pytest.mark.parametrize("broken", [(5,), (0, 1, 2, 3, 4, 5)])
def test_what_breaks_a_guard_is_not_to_be_repeated(broken) -> None:
    some = [
        replace(run, metrics={**run.metrics, "ms": 500.0 if at in broken else 40.0})
        for at, run in enumerate(tried(*((depth, 0.8 - depth / 100) for depth in range(6))))
    ]
    limit = {"name": "ms", "direction": "<=", "target": 50.0}
    found = results(some, LOSS, guards=[limit])
    assert found is not None
    assert found.search_text == (
        "6 trials, best 0.76 (depth 4) of those that break no guard: repeat it with two more seeds;"
        " the best of many is lucky"
        if len(broken) == 1
        else "6 trials, best 0.75 (depth 5), but ms is 500, not <=50"
    )


def test_a_difference_names_what_it_is_to() -> None:
    found = results(tried((3, 0.3), (6, 0.2), (9, 0.25)), LOSS)
    assert found is not None
    before = [found.comparison(one).other for one in found.configurations]
    assert [one and one.name for one in before] == [None, "depth 3", "depth 6"]


def why(cases, target: float) -> str:
    """Why it is open, where more is better."""
    metric = LOSS | {"direction": ">=", "target": target}
    found = results(tried(*cases), metric)
    assert found is not None
    assert found.proposal is Proposal.OPEN
    return found.why


def test_why_it_is_open_is_the_reason() -> None:
    others = [(1, 0.8), (2, 0.81)]
    assert why([*others, (3, 0.95), (3, 0.95), (3, 0.99)], 0.94) == (
        ">=0.94 lies within the 95 % interval of the mean"
    )
    one_lucky = [(3, 0.95 + at % 2 / 100) for at in range(9)] + [(3, 0.99)]
    assert why([*others, *one_lucky], 0.9455) == (
        "depth 3: 0.958 +- 0.012 (10 runs): without its best run (0.9544) it is not beyond"
        " >=0.9455 by the spread"
    )
    copies = [replace(run, argv=("train",)) for run in runs([0.91, 0.91])]
    found = results(copies, METRIC)
    assert found is not None
    assert (found.proposal, found.why) == (
        Proposal.OPEN, "2 runs gave 0.91 to the last digit: that may be one observation",
    )  # fmt: skip
    last_misses = [*((1, loss) for loss in (0.9, 0.95, 0.91, 0.96)), (2, 0.8), (2, 0.81)]
    assert why(last_misses, 0.92) == (
        "the configuration tried last misses >=0.92; depth 1: 0.93 +- 0.029 (4 runs):"
        " >=0.92 lies within the spread"
    )


def test_the_lucky_run_of_many_configurations_confirms_nothing() -> None:
    others = [(1, 0.3), (2, 0.3)]
    two = results(tried(*others, (3, 0.1), (3, 0.12)), LOSS)
    assert two is not None
    assert two.why == (
        "depth 3: 0.11 +- 0.014 (2 runs) is one of 3 configurations, and the best of many is"
        " lucky: repeat it with one more seed"
    )
    searched = results(tried(*((n, 0.3) for n in range(9)), (3, 0.1), (3, 0.12), (9, 0.1)), LOSS)
    assert searched is not None
    assert searched.why == (
        "9 trials, best 0.1 (depth 9): repeat it with two more seeds; the best of many is lucky"
    )
    again = results(tried(*((n, 0.3) for n in range(9)), (9, 0.1), (9, 0.12)), LOSS)
    assert again is not None
    assert again.why.endswith("is lucky: repeat it with one more seed")
    three = results(tried(*others, (3, 0.1), (3, 0.12), (3, 0.13)), LOSS)
    assert three is not None
    assert three.proposal_text == "supported by depth 3: 0.117 +- 0.015 (3 runs)"
    assert three.why == (
        "<=0.22 is reached by more than the spread, and without its best run too (0.125)"
    )
    lucky = results(tried(*others, (3, 0.01), (3, 0.22), (3, 0.23)), LOSS)
    assert lucky is not None
    assert lucky.proposal is Proposal.OPEN


@pytest.mark.parametrize("world", ["once", "twice", "best confirmed", "best three confirmed"])
def test_chance_alone_is_hardly_ever_supported(world) -> None:
    """Forty configurations, all one standard deviation below the target."""
    rng = random.Random(1)
    supported = 0
    for _ in range(200):
        cases = [(depth, rng.gauss(0, 1)) for depth in range(40)]
        if world == "twice":
            cases += [(depth, rng.gauss(0, 1)) for depth in range(40)]
        elif world != "once":
            best = sorted(cases, key=lambda case: case[1])[: 1 if world == "best confirmed" else 3]
            cases += [(depth, rng.gauss(0, 1)) for depth, _ in best for _ in range(2)]
        found = results(tried(*cases), LOSS | {"target": -1})
        assert found is not None
        supported += found.proposal is Proposal.SUPPORTED
    assert supported <= 0.05 * 200


@pytest.mark.parametrize(("many", "times"), [(40, 3), (10, 4), (1, 3)])
def test_the_best_of_many_at_the_target_is_hardly_ever_supported(many, times) -> None:
    """The true mean of all is the target: the bound is one-sided 2.5 % for the whole card."""
    rng = random.Random(2)
    supported, worlds = 0, 40 if many > 1 else 200
    for _ in range(worlds):
        cases = [(depth, rng.gauss(0, 1)) for depth in range(many) for _ in range(times)]
        found = results(tried(*cases), LOSS | {"target": 0})
        assert found is not None
        supported += found.proposal is Proposal.SUPPORTED
    assert supported <= 0.05 * worlds


def test_a_clear_best_of_many_is_supported_and_another_needs_fresh_seeds() -> None:
    others = [(depth, 0.3 + at / 100) for depth in range(40) for at in range(3)]
    best = [(99, 0.19), (99, 0.2), (99, 0.21), (99, 0.2)]
    found = results(tried(*others, *best), LOSS)
    assert found is not None
    assert found.proposal is Proposal.OPEN
    assert found.why == (
        "depth 99: 0.2 +- 0.008 (4 runs): the best of 41 that were repeated may be luck: use"
        " fresh seeds"
    )
    again = results(tried(*others, *best, *best), LOSS)
    assert again is not None
    assert again.proposal is Proposal.SUPPORTED


def test_the_noise_of_the_card_counts_where_few_runs_are_alike_by_luck() -> None:
    cases = tried((2, 0.905), (2, 0.9051))
    found = results(cases, LOSS | {"baseline": 0.9, "noise": 0.01})
    assert found is not None
    known = found.comparison(found.latest).baseline
    half = stats.norm.ppf(0.975) * 0.01 / 2**0.5
    assert known == pytest.approx((0.00505, 0.00505 - half, 0.00505 + half))


def test_what_runs_report_under_another_name_is_told() -> None:
    trials = [
        Run(f"optuna:s/{at}", RunState.TRACKED, says="COMPLETE", metrics={"value": 0.1})
        for at in range(40)
    ]
    assert said_of(trials, LOSS) == ["40 trials report `value`, the card's target is `loss`"]
    assert said_of([replace(trials[0], id="mlflow:1")], LOSS) == [
        "1 MLflow run reports `value`, the card's target is `loss`"
    ]
    assert said_of(tried((3, 0.1)), LOSS) == []


def test_the_best_run_is_looked_for_once(monkeypatch) -> None:
    found = results(tried(*((n, 0.3 + n) for n in range(20))), LOSS)
    assert found is not None
    first = found.best_run
    monkeypatch.setattr(type(found), "runs", property(lambda self: pytest.fail("again")))
    assert found.best_run is first


@pytest.mark.parametrize(
    ("many", "values"),
    [(1, "0.1"), (4, "0.1, 0.2, 0.3, 0.4"), (5, "0.1, 0.2, 0.3, 0.4, .."),
     (9, "0.1, 0.2, 0.3, 0.4, ..")],
)  # fmt: skip
def test_of_what_is_left_out_four_values_are_told(many: int, values: str) -> None:
    failed = runs([at / 10 for at in range(1, many + 1)], RunState.FAILED)
    assert said_of(failed, METRIC) == [
        f"only finished runs count: left out {many} failed (auc {values})"
    ]


@pytest.mark.parametrize(("many", "names"), [(3, "`a0`, `a1`, `a2`"), (4, "`a0`, `a1`, `a2`, ..")])
def test_of_other_metrics_three_are_named(many: int, names: str) -> None:
    other = [Run("r1", RunState.FINISHED, metrics={f"a{n}": 1.0 for n in range(many)})]
    assert said_of(other, METRIC) == [f"1 run reports {names}, the card's target is `auc`"]


def test_a_configuration_is_compared_with_the_one_before_and_with_the_baseline() -> None:
    cases = tried((3, 0.30), (3, 0.31), (3, 0.32), (6, 0.20), (6, 0.22), (6, 0.23))
    found = results(cases, LOSS | {"baseline": 0.35})
    assert found is not None
    first, second = found.configurations
    compared = found.comparison(second)
    assert compared.before is not None
    assert compared.baseline is not None
    welch = stats.ttest_ind(second.values, first.values, equal_var=False).confidence_interval()
    assert compared.before.value == pytest.approx(second.mean - first.mean)
    assert compared.before[1:] == pytest.approx((welch.low, welch.high))
    student = stats.ttest_1samp(second.values, 0.35).confidence_interval()
    assert compared.baseline[1:] == pytest.approx((student.low - 0.35, student.high - 0.35))
    assert found.comparison(first).before is None, "nothing was tried before it"


def test_one_run_is_trusted_by_the_noise_of_the_card_or_not_at_all() -> None:
    cases = tried((3, 0.30), (6, 0.20))
    found = results(cases, LOSS | {"baseline": 0.35})
    assert found is not None
    assert found.comparison(found.latest).before == pytest.approx((-0.1, None, None))
    assert found.comparison(found.latest).baseline == pytest.approx((-0.15, None, None))
    found = results(cases, LOSS | {"baseline": 0.35, "noise": 0.01})
    assert found is not None
    _, before, baseline = found.comparison(found.latest)
    assert before is not None
    assert baseline is not None
    half = stats.norm.ppf(0.975) * 0.01
    assert before == pytest.approx((-0.1, -0.1 - half * 2**0.5, -0.1 + half * 2**0.5))
    assert baseline == pytest.approx((-0.15, -0.15 - half, -0.15 + half))


def test_runs_that_all_gave_one_value_do_not_make_it_certain() -> None:
    found = results(tried((3, 0.30), (3, 0.30), (3, 0.30)), LOSS | {"baseline": 0.35})
    assert found is not None
    baseline = found.comparison(found.latest).baseline
    assert baseline is not None
    assert baseline.low is None


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1)), min_size=1, max_size=25))
def test_only_runs_of_one_configuration_are_pooled(cases) -> None:
    found = results(tried(*cases), LOSS | {"baseline": 0.5})
    assert found is not None
    by_depth: dict[int, list[float]] = {}
    for depth, value in cases:
        by_depth.setdefault(depth, []).append(value)
    assert sorted(sorted(one.values) for one in found.configurations) == sorted(
        map(sorted, by_depth.values())
    )
    assert list(found.latest.values) == by_depth[cases[-1][0]]
    for one in found.configurations:
        assert one.mean == pytest.approx(np.mean(one.values))
        assert min(one.values) <= one.mean <= max(one.values)
        compared = found.comparison(one)
        assert compared.baseline is not None
        assert compared.baseline.value == pytest.approx(one.mean - 0.5)
        if one.n == 1:
            assert one.proposal is Proposal.OPEN, "one run is never called supported"
    if found.is_search and all(one.n < 3 for one in found.configurations):
        assert found.proposal is Proposal.OPEN, "the best of many is lucky"


@given(st.lists(st.floats(0, 1), min_size=4, max_size=6), st.integers(0, 3))
def test_from_five_trials_on_it_is_a_search(values, repeated) -> None:
    cases = [*enumerate(values), *((99, 0.1 + at) for at in range(repeated))]
    found = results(tried(*cases), LOSS)
    assert found is not None
    assert found.is_search == (len(values) + (repeated == 1) >= 5)
    if repeated < 3:
        assert found.proposal is not Proposal.SUPPORTED


def array(params: dict[str, str]) -> Run:
    """An array of five tasks, of which the fourth failed."""
    tasks = tuple(
        Task(at, RunState.FAILED if at == 4 else RunState.FINISHED, 60, "", {"auc": 0.9 + at / 100})
        for at in range(1, 6)
    )
    return Run(
        "a", RunState.FAILED, argv=("sbatch", "train.sh"), started="2026-03-20T09:00:00Z",
        task_count=5, tasks=tasks, task_params=params, commit="c" * 40,
    )  # fmt: skip


def test_an_array_of_seeds_is_as_many_repeats() -> None:
    found = results([array({"seed": "{}"})], METRIC)
    assert found is not None
    assert found.latest.values == pytest.approx((0.91, 0.92, 0.93, 0.95))
    assert found.proposal is Proposal.SUPPORTED
    assert found.best_run is not None
    assert (found.best_run.id, found.best_run.params) == ("a_5", {"seed": "5"})
    again = replace(array({"seed": "{}"}), id="b", started="2026-03-21T09:00:00Z")
    found = results([array({"seed": "{}"}), again], METRIC)
    assert found is not None
    assert (found.latest.n, found.latest.again) == (4, 4), "the same seeds once more"


def test_tasks_of_which_it_is_not_known_what_they_try_are_no_repeats() -> None:
    run = array({"array_task": "{}"})
    found = results([run], METRIC)
    assert found is not None
    assert [one.label for one in found.configurations] == [
        f"array_task {at}" for at in (1, 2, 3, 5)
    ]
    assert "add `array_task` to the setting repeat_parameters" in " ".join(
        remarks([run], METRIC, found)
    )
    declared = results([run], METRIC, Repeats(("array_task",)))
    assert declared is not None
    assert declared.latest.n == 4


def values_of(runs: list[Run]) -> list[float]:
    found = results(runs, {"name": "auc"})
    return sorted(found.values) if found else []


def inside(above: str, at: int, value: float, says: str = "FINISHED", **params: str) -> Run:
    """A run of a tracker that was started in another."""
    return Run(
        f"mlflow:{above}.{at}", RunState.TRACKED, says=says, parent=above, params=params,
        metrics={"auc": value}, started=f"2026-03-20T09:{at:02}:00Z",
    )  # fmt: skip


def test_runs_started_in_a_run_count_whether_or_not_that_reports_their_best() -> None:
    grid = [inside("r", at, 0.9 + at / 100, lr=lr, seed=str(at)) for at, lr in enumerate("112233")]
    silent = Run("r", RunState.FINISHED, argv=("python", "grid.py"), params={"model": "mlp"})
    for outer in (silent, replace(silent, metrics={"auc": 0.95})):
        found = results([outer, *grid], {"name": "auc", "direction": ">="})
        assert found is not None
        assert [one.n for one in found.configurations] == [2, 2, 2]
        assert found.best_run is not None
        assert found.best_run.id == grid[-1].id
    best = replace(silent, metrics={"auc": 0.95})
    assert values_of([best, grid[0]]) == [0.9], "an only one, too"
    failed = [replace(one, says="FAILED") for one in grid[1:]]
    assert values_of([best, grid[0], *failed]) == [0.9]
    assert values_of([best, *failed]) == [0.95], "where none counts the outer run does"


def test_of_runs_in_runs_the_innermost_count() -> None:
    outer = Run("r", RunState.FINISHED, metrics={"auc": 0.93}, tracked="mlflow:p")
    middle = replace(inside("mlflow:p", 1, 0.92, lr="1"), id="mlflow:m")
    seeds = [inside("mlflow:m", at, 0.9 + at / 100, lr="1", seed=str(at)) for at in (1, 2, 3)]
    assert values_of([outer, middle, *seeds]) == [0.91, 0.92, 0.93]
    assert values_of([outer, middle]) == [0.92]


def test_parts_of_a_run_without_parameters_of_their_own_are_no_runs_of_their_own() -> None:
    outer = Run("r", RunState.FINISHED, metrics={"auc": 0.93}, params={"lr": "1"})
    epochs = [inside("r", at, 0.9 + at / 100) for at in range(3)]
    same = [inside("r", at + 3, 0.9, lr="1") for at in range(2)]
    assert values_of([outer, *epochs, *same]) == [0.93], "one job, one result"
    assert values_of([replace(outer, metrics={}), *epochs]) == [0.9, 0.91, 0.92]


def test_runs_that_say_to_be_started_in_each_other_end_no_search_for_the_outer_one() -> None:
    one, other = inside("mlflow:b.2", 1, 0.9, lr="1"), inside("mlflow:a.1", 2, 0.8, lr="2")
    pair = [replace(one, id="mlflow:a.1"), replace(other, id="mlflow:b.2")]
    assert len(values_of(pair)) <= 2
    assert len(in_order_of_state(pair)) == 2


def test_what_is_left_out_is_told_by_our_own_state_first() -> None:
    """A tracker says FINISHED of what exits with 3 behind its `with`."""
    failed = Run("r", RunState.FAILED, exit=3, says="FINISHED", metrics={"auc": 0.895})
    killed = [replace(failed, id="k", state=RunState.KILLED, says="RUNNING")]
    pruned = inside("x", 1, 0.5, "PRUNED")
    [told] = said_of([failed, *killed, pruned], METRIC)
    assert told.startswith("only finished runs count: left out 1 failed, 1 killed, 1 pruned (auc ")


def test_of_equal_runs_none_is_called_the_best() -> None:
    cases = tried((1, 0.1), (1, 0.1), (1, 0.2))
    equal, unequal = results(cases[:2], LOSS), results(cases, LOSS)
    assert equal is not None
    assert unequal is not None
    assert [*map(equal.is_best_run, cases[:2])] == [False, False]
    assert [*map(unequal.is_best_run, cases)] == [True, False, False]


def test_the_best_breaks_no_guard() -> None:
    limit = {"name": "ms", "direction": "<=", "target": 50.0}
    cases = tried((1, 0.1), (1, 0.11), (2, 0.2), (2, 0.21))

    def found(*ms: float) -> Results:
        some = [
            replace(run, metrics={**run.metrics, "ms": value})
            for run, value in zip(cases, ms, strict=True)
        ]
        made = results(some, LOSS, guards=[limit])
        assert made is not None
        return made

    held = found(40, 40, 40, 40)
    assert held.best is not None
    assert held.best.label == "depth 1"
    broken = found(90, 90, 40, 40)
    assert broken.best is not None
    assert (broken.best.label, best_id(broken)) == ("depth 2", cases[2].id)
    assert broken.better_breaks_guards
    assert not held.better_breaks_guards
    none = found(90, 90, 90, 90)
    assert (none.best, none.best_run) == (None, None)


@pytest.mark.parametrize(
    ("value", "outcome", "proposed", "contradicted"),
    [
        (0.1, Outcome.SHIPPED, True, False),
        (0.1, Outcome.LEARNED, False, True),
        (0.1, Outcome.ABANDONED, False, False),
        (0.5, Outcome.SHIPPED, False, True),
        (0.5, Outcome.LEARNED, True, False),
        (0.22, Outcome.LEARNED, False, False),
    ],
)
def test_a_verdict_is_proposed_that_agrees_with_the_outcome(
    value: float, outcome: Outcome, proposed: bool, contradicted: bool
) -> None:
    found = results(tried((1, value), (1, value + 0.01), (1, value - 0.01)), LOSS)
    assert found is not None
    assert bool(found.verdict_on(outcome)) is proposed
    assert found.contradicts(outcome) is contradicted


def test_what_may_be_a_seed_in_the_name_of_a_folder_is_for_the_person_to_say() -> None:
    def run(name: str, **params: str) -> Run:
        return Run(f"tensorboard:/{name}", RunState.TRACKED, params=params, metrics={"auc": 0.9})

    names = [run("r-s1", directory="r", s="1"), run("r-s2", directory="r", s="2")]
    metric = {"name": "auc"}
    [remark] = remarks(names, metric, results(names, metric))
    assert remark == (
        "r-s1, r-s2 count separately; if the number is their seed, add `s` to the setting"
        " repeat_parameters"
    )
    for other in (run("x-s2", directory="x", s="2"), run("r", lr="1", s="2")):
        assert remarks([names[0], other], metric, None) == []
