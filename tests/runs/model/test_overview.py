"""All runs of a card by configuration, in the order a person asks for."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from mlkanban.runs.model.importance import (
    beyond_chance,
    contributions,
    most_telling_first,
    rank_correlation,
)
from mlkanban.runs.model.overview import (
    Order,
    best_of,
    importances,
    in_order,
    overview,
    telling_differences,
)
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run, Task
from mlkanban.runs.model.state import RunState

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def run(at: int, lr: str, value: float | None, hours: int = 1) -> Run:
    state = RunState.FINISHED if value else RunState.FAILED
    return Run(
        f"r{at}", state, argv=("t", f"lr={lr}", f"seed={at}"),
        commit="abc", started=f"2026-03-1{at}T00:00:00Z", ended=f"2026-03-1{at}T{hours:02}:00:00Z",
        metrics={"auc": value} if value else {},
    )  # fmt: skip


RUNS = [
    run(0, "1", 0.9),
    run(1, "2", 0.8, 9),
    run(2, "1", 0.92),
    run(3, "3", None),
    run(4, "1", 0.9),
]


def listed(order: Order, *, lower: bool = False) -> list[str]:
    found = results(RUNS, {"name": "auc", "direction": "<=" if lower else ">="})
    rows = in_order(overview(RUNS, found), order, NOW, lower=lower)
    return [row.differs["lr"] for row in rows]


def test_all_runs_are_listed_whatever_became_of_them() -> None:
    rows = overview(RUNS, results(RUNS, {"name": "auc", "direction": ">="}))
    assert {row.differs["lr"]: [run.id for run in row.runs] for row in rows} == {
        "1": ["r4", "r2", "r0"], "2": ["r1"], "3": ["r3"],
    }  # fmt: skip
    assert [row.key for row in rows] == ["r0", "r3", "r1"]
    assert [row.result.n if row.result else 0 for row in rows] == [3, 0, 1]


def test_orders() -> None:
    assert listed(Order.METRIC) == ["1", "2", "3"]
    assert listed(Order.METRIC, lower=True) == ["2", "1", "3"]
    assert listed(Order.NEWEST) == ["1", "3", "2"]
    assert listed(Order.MOST_RUNS) == ["1", "3", "2"]
    assert listed(Order.LONGEST) == ["2", "1", "3"]


def test_only_a_configuration_with_runs_enough_is_the_best() -> None:
    assert best_of(results(RUNS, {"name": "auc", "direction": ">="})) is not None
    assert best_of(results(RUNS[:3], {"name": "auc", "direction": ">="})) is None


def test_the_parameter_that_tells_most_comes_first() -> None:
    rng = Random(5)
    lr = [rng.uniform(1e-5, 1e-2) for _ in range(40)]
    kind = [rng.choice("ab") for _ in range(40)]
    noise = [rng.random() for _ in range(40)]
    name = [f"run-{at}" for at in range(40)]
    means = [value * 100 + (0.6 if k == "a" else 0) for value, k in zip(lr, kind, strict=True)]
    unlike = {
        "argument 1": kind, "name": name, "noise": list(map(str, noise)), "kind": kind,
        "lr": list(map(str, lr)),
    }  # fmt: skip
    assert abs(spearmanr(lr, means)[0]) > abs(spearmanr(noise, means)[0])
    in_order = [*most_telling_first(unlike, means, frozenset(["name"]))]
    assert in_order == ["lr", "kind", "noise", "argument 1", "name"]


def test_without_means_parameters_stay_as_they_were() -> None:
    unlike = {"b": ["1", "2"], "a": ["3", "4"]}
    assert [*most_telling_first(unlike, [None, 0.5], frozenset())] == ["b", "a"]


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 9)), min_size=3, max_size=12).filter(
        lambda pairs: all(len({pair[at] for pair in pairs}) > 1 for at in (0, 1))
    )
)
def test_the_rank_correlation_is_that_of_scipy(pairs) -> None:
    numbers, means = zip(*pairs, strict=True)
    expected = spearmanr(numbers, means).statistic
    assert rank_correlation([str(n) for n in numbers], means) == pytest.approx(expected, abs=1e-9)


def _search(seed: int, n: int = 50) -> dict[str, tuple[str, ...]]:
    rng = Random(seed)
    return {
        "dropout": tuple(str(rng.random()) for _ in range(n)),
        "optimizer": tuple(rng.choice(("adam", "sgd")) for _ in range(n)),
        "lr": tuple(str(10 ** rng.uniform(-5, -1)) for _ in range(n)),
    }


@pytest.mark.parametrize("seed", range(5))
def test_an_optimum_inside_the_range_tells_most_and_a_useless_parameter_nothing(seed: int) -> None:
    unlike = _search(seed)
    means = tuple(abs(math.log10(float(lr)) + 3) for lr in unlike["lr"])
    assert next(iter(most_telling_first(unlike, means, frozenset()))) == "lr"
    assert contributions((unlike["lr"],), means)[0].share > 0.7
    assert beyond_chance(tuple(unlike.values()), means) == (False, False, True)


def test_noise_is_beyond_chance_as_seldom_as_the_test_says() -> None:
    rng, found = Random(7), 0
    for seed in range(100):
        means = tuple(rng.random() for _ in range(20))
        found += any(beyond_chance(tuple(_search(seed, 20).values()), means))
    assert found <= 10, "5 of 100 are expected"


def _planted(seed: int, n: int = 60) -> tuple[tuple[tuple[str, ...], ...], tuple[float, ...]]:
    """A study of 60 trials in which lr matters much, depth little, and two parameters nothing."""
    rng = Random(seed)
    lr = [rng.uniform(-5, -1) for _ in range(n)]
    depth = [rng.randint(2, 10) for _ in range(n)]
    means = tuple(
        0.08 * (a + 3) ** 2 + 0.05 * abs(b - 6) + rng.gauss(0, 0.05)
        for a, b in zip(lr, depth, strict=True)
    )
    noise = tuple(str(rng.random()) for _ in range(n)), tuple(rng.choice("abc") for _ in range(n))
    return (tuple(str(10**a) for a in lr), tuple(map(str, depth)), *noise), means


def test_a_parameter_that_matters_less_is_found_beside_a_strong_one() -> None:
    found = [beyond_chance(*_planted(seed)) for seed in range(60)]
    lr, depth, decay, act = (sum(column) for column in zip(*found, strict=True))
    assert lr == 60
    assert depth >= 54, "the strong one hides it from one test of all"
    assert sum(decay or act for *_, decay, act in found) <= 8, "3 of 60 are expected"
    assert decay + act <= 8


def test_what_is_beyond_chance_has_the_greater_share_and_all_shares_are_of_one_whole() -> None:
    for seed in range(20):
        parameters, means = _planted(seed)
        found, beyond = contributions(parameters, means), beyond_chance(parameters, means)
        assert sum(share for _, share in found) <= 1
        within = [share for at, share in found if not beyond[at]]
        assert all(share > max(within, default=0) for at, share in found if beyond[at]), seed
    columns = {str(at): values for at, values in enumerate(parameters)}
    assert [*most_telling_first(columns, means, frozenset())] == [str(at) for at, _ in found]


def test_many_configurations_are_judged_like_few() -> None:
    unlike = _search(1, 1600)
    means = tuple(float(v) + Random(at).random() for at, v in enumerate(unlike["dropout"]))
    assert beyond_chance(tuple(unlike.values()), means) == (True, False, False)


@pytest.mark.parametrize(
    ("values", "means", "tells"),
    [
        ("12", (1, 2), 0), ("123", (1, 2, None), 0), ("123", (1, 2, 3), 1), ("123", (3, 2, 1), 1),
        ("111", (1, 2, 3), 0), ("123", (2, 2, 2), 0), ("abc", (1, 2, 3), 0),
        ("aab", (2, 2, 2), 0), ("aabb", (1, 1, 5, 5), 1), ("abab", (1, 1, 5, 5), 0),
        # Ranks 0, 1 and 2, 3: of 5 in all, 4 lie between; less what chance would give.
        ("aabb", (1, 2, 3, 4), 1 - (1 - 4 / 5) * 3 / 2), ("aab", (1, 2, 9), 1 - (1 - 0.75) * 2),
    ],
)  # fmt: skip
def test_a_word_tells_as_much_as_lies_between_its_values(values, means, tells) -> None:
    known = [(v, mean) for v, mean in zip(values, means, strict=True) if mean is not None]
    words, numbers = zip(*known, strict=True)
    assert contributions((words,), numbers)[0].share == pytest.approx(tells)


def test_an_array_is_one_row_unless_its_tasks_try_different_things() -> None:
    tasks = tuple(Task(at, RunState.FINISHED, 60, "", {"auc": 0.9}) for at in (1, 2, 3))
    metric = {"name": "auc", "direction": ">=", "target": 0.8}
    run = Run("a", RunState.FINISHED, argv=("sbatch", "t.sh"), tasks=tasks, task_count=3)
    for params, rows in ({"seed": "{}"}, ["a"]), ({"lr": "{}"}, ["a_3", "a_2", "a_1"]):
        runs = [replace(run, task_params=params)]
        found = overview(runs, results(runs, metric))
        assert [one.id for row in found for one in row.runs] == rows
        assert all(row.result is not None for row in found)


def test_parameters_are_ranked_by_what_they_tell_of_the_metric() -> None:
    runs = [
        Run(
            f"r{at}", RunState.FINISHED, commit="abc", started=f"2026-03-1{at}T00:00:00Z",
            argv=("t", f"lr=1e-{at}", f"depth={at * 7 % 5}", f"opt={'ab'[at % 2]}"),
            metrics={"auc": 0.9 - at / 100},
        )
        for at in range(6)
    ]  # fmt: skip
    rows = overview(runs, results(runs, {"name": "auc", "direction": ">="}))
    found = importances(rows)
    assert found[0].name == "lr"
    assert (found[0].share, found[0].correlation, found[0].n) == (1.0, 1.0, 6)
    [opt] = [one for one in found if one.name == "opt"]
    assert opt.correlation is None, "words have no order"
    assert [one.beyond_chance for one in found] == [True, False, False]
    few = runs[:4]
    assert importances(overview(few, results(few, {"name": "auc", "direction": ">="}))) == []


def test_the_run_around_a_search_is_not_held_against_its_trials() -> None:
    around = Run("r0", RunState.FINISHED, argv=("python", "s.py"), started="2026-03-11T00:00:00Z")
    trials = [
        Run(
            f"mlflow:{at}", RunState.TRACKED, says="FINISHED", parent="r0",
            params={"lr": f"0.{at}", "act": "relu"}, metrics={"auc": 0.9 + at / 100},
            started=f"2026-03-11T0{at}:00:00Z",
        )
        for at in (1, 2)
    ]  # fmt: skip
    taken_out = Run("r9", RunState.KILLED, argv=("x", "bad"), made="2026-03-12T00:00:00Z")
    runs = [taken_out, *trials, around]
    assert telling_differences(runs, "auc") == ({"lr": ("", "0.1", "0.2", "")}, {})
    rows = overview(runs, results(runs, {"name": "auc"}))
    assert {*rows[0].differs} == {"lr"}


def test_a_configuration_without_parameters_is_the_default_one() -> None:
    plain = replace(run(1, "1", 0.9), argv=("python", "s.py"))
    found = results([plain, replace(run(2, "2", 0.8), argv=("python", "s.py", "lr=2"))], METRIC)
    assert found is not None
    assert [one.name for one in found.configurations] == ["default", "lr 2"]
    unknown = results([replace(plain, argv=(), name="night")], METRIC)
    assert unknown is not None
    assert unknown.latest.name == "night"


METRIC = {"name": "auc", "direction": ">="}
