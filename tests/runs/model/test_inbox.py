"""Runs that wait for a decision: in which order they are shown, and what they are called."""

import pytest

from mlkanban.errors import NotFound, UsageProblem
from mlkanban.runs.model.inbox import experiments, find
from mlkanban.runs.model.tracker_run import Tracked, short


def test_the_newest_come_first_by_experiment() -> None:
    runs = [
        Tracked("mlflow:a", experiment="x", started="2026-01-01T00:00:00.000000Z", where="/m"),
        Tracked("mlflow:b", experiment="y", started="2026-01-04T00:00:00.000000Z", where="/m"),
        Tracked("mlflow:c", experiment="x", started="2026-01-03T00:00:00.000000Z", where="/m"),
        Tracked("mlflow:d", experiment="x", where="/other"),
        Tracked("optuna:s/0@01234567", experiment="s", about="2026-01-02 00:00:00.5", where="/o"),
        Tracked("mlflow:e", experiment="x", where="/other"),
    ]
    found = experiments(runs)
    assert [[run.ref for run in one.runs] for one in found] == [
        ["mlflow:b"],
        ["mlflow:c", "mlflow:a"],
        ["optuna:s/0@01234567"],
        ["mlflow:e", "mlflow:d"],
    ]
    assert [one.name for one in found][:1] == ["MLflow, y"]


@pytest.mark.parametrize(
    ("ref", "typed"),
    [
        ("optuna:a@b/3@01abcdef", "optuna:a@b/3"),
        ("optuna:a/3", "optuna:a/3"),
        ("wandb:20261128_105248-ivppthpp", "wandb:ivppthpp"),
        ("wandb:20261128_105248-seed-1", "wandb:seed-1"),
        ("mlflow:0123@01234567", "mlflow:0123@01234567"),
        ("tensorboard:/a@01234567", "tensorboard:/a@01234567"),
    ],
)
def test_what_only_tells_files_apart_need_not_be_typed(ref: str, typed: str) -> None:
    assert short(ref) == typed
    one = Tracked(ref)
    assert find([one, Tracked("mlflow:other")], typed) is one
    with pytest.raises(NotFound):
        find([one], typed[:-1])


def test_a_name_of_several_is_refused_unless_it_is_the_whole_of_one() -> None:
    runs = [Tracked("optuna:s/1@01234567"), Tracked("optuna:s/1@89abcdef")]
    with pytest.raises(UsageProblem, match="01234567 or optuna:s/1@89abcdef"):
        find(runs, "optuna:s/1")
    assert find([*runs, Tracked("optuna:s/1")], "optuna:s/1").ref == "optuna:s/1"


def test_an_experiment_is_called_by_its_tracker_and_counted() -> None:
    many = [Tracked("wandb:a", where="/w")] * 1000
    (named,) = experiments([Tracked("mlflow:a", experiment="x", where="/m")])
    (unnamed,) = experiments(many)
    assert (named.name, named.count, named.where) == ("MLflow, x", "1 run", "/m")
    assert (unnamed.name, unnamed.count, unnamed.group) == ("W&B", "1,000 runs", "wandb:/w:")


def test_of_many_that_fit_three_are_named() -> None:
    runs = [Tracked(f"optuna:s/1@0123456{n}") for n in range(5)]
    with pytest.raises(UsageProblem) as several:
        find(runs, "optuna:s/1")
    assert several.value.message.count(" or ") == 2
