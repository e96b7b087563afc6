"""A search: what became of its trials, and how its best value grew."""

from dataclasses import replace

from mlkanban.runs.model.outcome_counts import outcome_counts
from mlkanban.runs.model.results import remarks, results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.search import SearchTrial as Trial
from mlkanban.runs.model.search import search_history
from mlkanban.runs.model.state import RunState

LOSS = {"name": "loss", "direction": "<="}


def trial(number: int, value: float | None, says: str = "COMPLETE", study: str = "s") -> Run:
    return Run(
        f"optuna:{study}/{number}@0123abcd", RunState.TRACKED, says=says, experiment=study,
        params={"lr": f"{number}"}, metrics={} if value is None else {"loss": value},
        where="/o.db", started=f"2026-03-20T09:{number:02}:00Z", parent="r",
    )  # fmt: skip


OUTER = Run("r", RunState.FINISHED, argv=("python", "study.py"), metrics={"loss": 0.2})
TRIALS = [
    trial(0, 0.5), trial(1, None, "PRUNED"), trial(2, 0.3), trial(10, 0.4), trial(3, 0.3),
    trial(4, None, "FAIL"), trial(11, 0.2), trial(12, None, "RUNNING"),
]  # fmt: skip


def test_the_best_value_so_far_over_the_numbers_of_the_study() -> None:
    runs = [OUTER, *TRIALS]
    history = search_history(runs, results(runs, LOSS))
    assert history is not None
    assert history.trials == (
        Trial(0, 0.5, 0.5), Trial(2, 0.3, 0.3), Trial(3, 0.3, 0.3), Trial(10, 0.4, 0.3),
        Trial(11, 0.2, 0.2),
    )  # fmt: skip
    assert (history.total, history.best.number) == (8, 11)
    up = {"name": "loss", "direction": ">="}
    mirrored = search_history(runs, results(runs, up))
    assert mirrored is not None
    assert [one.best for one in mirrored.trials] == [0.5] * 5
    assert mirrored.best.number == 0


def test_runs_of_no_study_are_numbered_as_they_began() -> None:
    runs = [replace(one, id=f"mlflow:{99 - at}", says="FINISHED") for at, one in enumerate(TRIALS)]
    history = search_history(runs, results(runs, LOSS))
    assert history is not None
    assert [one.number for one in history.trials] == [1, 3, 4, 6, 7]
    assert history.word == "run"


def test_a_search_whose_configurations_were_repeated_has_a_history() -> None:
    seeds = [
        replace(
            one,
            id=one.id.replace("optuna:s", f"optuna:{study}"),
            params={**one.params, "seed": study},
            metrics={name: value + shift for name, value in one.metrics.items()},
        )
        for study, shift in (("s", 0.0), ("t", 0.001))
        for one in TRIALS
    ]
    found = results(seeds, LOSS)
    assert found is not None
    assert not found.is_search
    history = search_history(seeds, found)
    assert history is not None
    assert (len(history.trials), history.total, history.word) == (10, 16, "run")


def test_few_configurations_or_no_direction_are_no_search() -> None:
    few = TRIALS[:4]
    assert search_history(few, results(few, LOSS)) is None
    assert search_history(TRIALS, results(TRIALS, {"name": "loss"})) is None
    assert search_history(TRIALS, None) is None


def test_what_became_of_the_trials_is_counted() -> None:
    other = [trial(at, 0.1, study="t") for at in range(2)]
    alike = [Run(f"mlflow:{at}", RunState.TRACKED, says="FINISHED") for at in range(3)]
    assert [*outcome_counts([OUTER, *TRIALS, *other, *alike])] == [
        "s (Optuna): 5 complete, 1 pruned, 1 failed, 1 running"
    ], "where all ended alike nothing is to be said"
    killed = [replace(alike[0], says="KILLED", id="mlflow:9"), *alike]
    assert [*outcome_counts(killed)] == ["MLflow: 3 finished, 1 killed"]
    silent = [Run(f"tensorboard:/{at}", RunState.TRACKED) for at in range(2)]
    assert [*outcome_counts([*silent, TRIALS[0]])] == []
    assert remarks(TRIALS, None, None)[:1] == [
        "s (Optuna): 5 complete, 1 pruned, 1 failed, 1 running"
    ]
