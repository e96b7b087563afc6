"""Launch words are told apart from hyper-parameters, by one rule for command lines and trackers."""

import pytest

from mlkanban.runs.model.launch_words import (
    is_launch_word,
    launch_names,
    parameter_sets,
)
from mlkanban.runs.model.overview import importances, overview, telling_differences
from mlkanban.runs.model.parameter_axes import search_space
from mlkanban.runs.model.repeats import Repeats
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState


@pytest.mark.parametrize(
    ("command", "parameters", "launch"),
    [
        ("python train.py --lr 3e-4 --seed 1 --device cuda:0 --out runs/a",
         {"lr": "3e-4"},
         {"python": "python", "script": "train.py", "seed": "1", "device": "cuda:0",
          "out": "runs/a"}),
        ("torchrun --nproc-per-node 2 --standalone train.py --batch_size 64 --num-workers 4",
         {"batch_size": "64"},
         {"program": "torchrun", "nproc-per-node": "2", "standalone": "train.py",
          "num-workers": "4"}),
        ("accelerate launch --mixed_precision fp16 train.py --depth 6",
         {"depth": "6"},
         {"wrapper": "accelerate launch", "mixed_precision": "fp16", "script": "train.py"}),
        ("python -u -m pkg.train optim.lr=0.1 trainer.devices=4 hydra.run.dir=/x -m seed=1,2",
         {"optim.lr": "0.1"},
         {"python": "python", "u": "yes", "script": "pkg.train", "trainer.devices": "4",
          "hydra.run.dir": "/x", "m": "yes", "seed": "1,2"}),
        ("./train.sh 0.01 /data/train.csv --config configs/a.yaml --data s3://b/x --model a/b",
         {"argument 1": "0.01", "config": "configs/a.yaml", "model": "a/b", "data": "s3://b/x"},
         {"script": "./train.sh", "argument 2": "/data/train.csv"}),
        ("train --path-length 3 --max-depth 4 --profile x --log-lr 2 --nodes 64 --dist_weight .1"
         " --save_loss 1 --resume_lr .1 --print_x 1 --rank 8 -m .9 -v 3 --train_file x.csv"
         " --data_path /data/b --cache 1 --root 3 --log_interval 10 -m",
         {"path-length": "3", "max-depth": "4", "profile": "x", "log-lr": "2", "nodes": "64",
          "dist_weight": ".1", "save_loss": "1", "resume_lr": ".1", "print_x": "1", "rank": "8",
          "m": ".9 yes", "v": "3", "train_file": "x.csv", "data_path": "/data/b", "cache": "1",
          "root": "3"},
         {"program": "train", "log_interval": "10"}),
        ("train -v --resume a.pt", {}, {"program": "train", "v": "yes", "resume": "a.pt"}),
    ],
)  # fmt: skip
def test_a_command_line_has_hyper_parameters_and_launch_words(
    command: str, parameters: dict[str, str], launch: dict[str, str]
) -> None:
    run = Run("r", argv=tuple(command.split()))
    assert parameter_sets(run) == (parameters, launch)


def test_the_same_rule_holds_for_what_a_tracker_keeps() -> None:
    run = Run(
        "r", params={"lr": "0.1", "n_jobs": "4", "random_state": "3", "C": "1.0", "seed": "2"}
    )
    assert parameter_sets(run).parameters == {"lr": "0.1", "C": "1.0"}


def test_the_setting_that_names_repeats_names_launch_words() -> None:
    assert not is_launch_word("split", "a")
    assert is_launch_word("split", "a", Repeats(("split",)))


def test_a_name_is_a_launch_word_where_each_run_with_it_says_so() -> None:
    runs = [Run("1", argv=("t", "--store", "/a")), Run("2", argv=("t", "--store", "mnist"))]
    assert launch_names(runs[:1]) == {"program", "store"}
    assert launch_names(runs) == {"program"}, "one of them is no place"


def test_launch_words_stand_apart_and_have_no_importance() -> None:
    runs = [
        Run(
            str(at), RunState.FINISHED, started=f"2026-03-20T09:{at:02}:00Z",
            argv=("python", "t.py", "--device", f"cuda:{at % 2}", "--lr", f"{at}", f"--seed={at}"),
            metrics={"auc": at / 10 + at % 2},
        )
        for at in range(8)
    ]  # fmt: skip
    found = results(runs, {"name": "auc", "direction": ">="})
    differing = telling_differences(runs, "auc")
    assert ([*differing.parameters], {*differing.launch}) == (["lr"], {"device", "seed"})
    assert differing.row(3) == ({"lr": "3"}, {"device": "cuda:1", "seed": "3"})
    rows = overview(runs, found)
    assert [one.name for one in importances(rows)] == ["lr"]
    assert (rows[0].differs, rows[0].launch) == ({"lr": "7"}, {})
    assert rows[0].name == "lr 7"


def test_a_launch_word_is_drawn_where_somebody_asks_for_it() -> None:
    runs = [
        Run(
            str(at), RunState.FINISHED, started=f"2026-03-20T09:{at:02}:00Z",
            argv=("torchrun", "--nproc_per_node", f"{2**at}", "t.py"), metrics={"auc": at / 10},
        )
        for at in range(4)
    ]  # fmt: skip
    found = results(runs, {"name": "auc", "direction": ">="})
    space = search_space(overview(runs, found), found)
    assert space is not None
    assert (space.axes, space.importances) == ((), ())
    axis = space.axis("nproc_per_node")
    assert axis is not None
    assert sorted(axis.texts) == ["1", "2", "4", "8"]
