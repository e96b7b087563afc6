"""Runs that wait for a decision: in which order they are shown, and what they are called."""

from dataclasses import replace
from typing import Any

import pytest

from mlkanban.errors import NotFound, UsageProblem
from mlkanban.runs.model.inbox import (
    LocalRun,
    experiments,
    find,
    with_likely_run,
)
from mlkanban.runs.model.metric_order import in_order_of_interest
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


HERE = LocalRun(
    "20260301-100000-075ac6fb", "v3", "/w/project", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"
)
WRITTEN = Tracked(
    "tensorboard:/w/project/runs/a", started="2026-03-01T10:10:00Z", ended="2026-03-01T10:20:00Z",
    where="/w/project/runs",
)  # fmt: skip


def test_what_names_no_run_is_likely_of_the_one_in_whose_folder_and_time_it_was_written() -> None:
    [run] = with_likely_run([WRITTEN], [HERE])
    assert (run.within, run.within_card) == (HERE.id, "v3")
    assert run.within_text == "written during run 075ac6fb of v3"
    study = Tracked("optuna:s/1", started=WRITTEN.started, where="/w/project/optuna.db")
    assert with_likely_run([study], [HERE])[0].within == HERE.id
    other = replace(WRITTEN, ref="tensorboard:/w/project/runs/b")
    beside = [run.beside for run in with_likely_run([WRITTEN, other, study], [HERE])]
    assert beside == [True, True, False]


@pytest.mark.parametrize(
    "change",
    [
        {"started": "2026-03-01T09:59:00Z"}, {"ended": "2026-03-01T11:01:00Z"}, {"started": ""},
        {"ref": "tensorboard:/w/project2/a"}, {"tags": {"mlkanban.card": "v3"}},
        {"tags": {"mlkanban.run": "x"}}, {"ref": "slurm:1"},
    ],
)  # fmt: skip
def test_what_was_written_elsewhere_or_names_a_run_is_not(change: dict[str, Any]) -> None:
    assert with_likely_run([replace(WRITTEN, **change)], [HERE])[0].within == ""


def test_of_two_runs_in_one_folder_and_time_it_is_of_neither() -> None:
    assert with_likely_run([WRITTEN], [HERE, HERE._replace(id="other")])[0].within == ""
    before = HERE._replace(id="other", ended="2026-03-01T10:15:00Z")
    assert with_likely_run([WRITTEN], [HERE, before])[0].within == HERE.id


def test_metrics_that_cards_are_for_come_first_and_derived_ones_last() -> None:
    names = ["epoch", "train/loss", "acc", "val/acc"]
    assert in_order_of_interest(names) == ["val/acc", "acc", "train/loss", "epoch"]
    names = ["loss", "loss.max", "loss.min", "p.max", "train/loss", "val_auc", "val_auc.max"]
    assert in_order_of_interest(names, {"val_auc"}) == [
        "val_auc", "loss", "p.max", "train/loss", "loss.max", "loss.min", "val_auc.max",
    ]  # fmt: skip
