"""Which parameters runs differ in, however their command lines are written."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.configurations import labels
from mlkanban.runs.model.parameters import GIVEN, differing, is_word, parameters
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.tracker_run import Tracked

NAMES = st.sampled_from(["lr", "seed", "model.depth", "batch_size"])
VALUES = st.sampled_from(["3e-4", "-0.5", "1", "resnet", "a b"])
SETTINGS = st.dictionaries(NAMES, VALUES, min_size=1)


def runs(*argvs: list[str]) -> list[Run]:
    return [Run(str(at), argv=tuple(argv)) for at, argv in enumerate(argvs)]


def test_the_ways_to_write_a_parameter_are_one() -> None:
    same = {"python": "python", "script": "t.py", "lr": "3e-4", "amp": GIVEN}
    for words in (["--lr", "3e-4", "--amp"], ["--lr=3e-4", "--amp"], ["+lr=3e-4", "-amp"]):
        assert parameters(["python", "t.py", *words]) == same
    assert parameters(["t", "--bias", "-0.5", "--", "x"]) == {
        "program": "t", "bias": "-0.5", "argument 1": "x",
    }  # fmt: skip
    assert parameters(["t", "--data", "a", "--data=b"])["data"] == "a b"


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("python3.11 a.py x", {"python": "python3.11", "script": "a.py", "argument 1": "x"}),
        ("/v/bin/python -u -m a.b x=1", {"python": "/v/bin/python", "u": GIVEN, "script": "a.b"}),
        ("env S=1 python a.py rdb 5",
         {"wrapper": "env", "S": "1", "python": "python", "script": "a.py", "argument 1": "rdb",
          "argument 2": "5"}),
        ("uv run a.py --lr 1", {"wrapper": "uv run", "script": "a.py", "lr": "1"}),
        ("torchrun --nproc 2 a.py", {"wrapper": "torchrun", "nproc": "2", "script": "a.py"}),
        ("python -m torch.distributed.run --nproc_per_node 2 a.py x --lr 1",
         {"python": "python", "wrapper": "torch.distributed.run", "nproc_per_node": "2",
          "script": "a.py", "argument 1": "x", "lr": "1"}),
        ("python a.py --betas 0.9 0.999 --lr 1",
         {"python": "python", "script": "a.py", "betas": "0.9 0.999", "lr": "1"}),
        ("python a.py --x 30 60 9e1 -c 1 2", {"x": "30 60 9e1", "c": "1", "argument 1": "2"}),
        ("python a.py --x a 5 --lr .1 rdb", {"x": "a", "argument 1": "5", "lr": ".1"}),
        ("./train.sh data.csv", {"script": "./train.sh", "argument 1": "data.csv"}),
        ("python", {"python": "python"}), ("python -c pass", {"python": "python", "c": "pass"}),
        ("train a.csv 1 2 3 python", {"program": "train", "argument 5": "python"}),
    ],
)  # fmt: skip
def test_what_starts_a_command_line_has_names(command: str, named: dict[str, str]) -> None:
    found = parameters(command.split())
    assert {name: found.get(name) for name in named} == named
    assert all(
        is_word(n) == (n not in ("S", "u", "c", "lr", "nproc", "x", "betas", "nproc_per_node"))
        for n in found
    )


def test_words_are_held_against_the_words_at_their_place() -> None:
    found = differing(runs(["train", "a.csv", "--lr", "1"], ["train", "b.csv", "--lr", "1"]))
    assert found == {"argument 1": ("a.csv", "b.csv")}


def test_what_is_not_known_differs_in_nothing() -> None:
    assert differing(runs(["t", "--lr", "1"], [])) == {}
    assert differing(runs(["t", "--lr", "1"], [], ["t"])) == {"lr": ("1", "", "")}


def test_what_a_tracker_keeps_counts_among_the_runs_it_knows() -> None:
    plain = Run("a", argv=("t", "--lr", "1"))
    seen = [Run(str(at), params={"lr": "0.1", "depth": str(at)}) for at in (1, 2)]
    assert differing([plain, *seen]) == {"depth": ("", "1", "2")}


@given(st.lists(SETTINGS, min_size=1, max_size=4), st.data())
def test_only_what_differs_is_there_and_all_of_that(sets, data) -> None:
    def written(name: str, value: str) -> list[str]:
        ways = [[f"--{name}", value], [f"--{name}={value}"], [f"{name}={value}"]]
        return data.draw(st.sampled_from(ways))

    argvs = [[word for name, value in one.items() for word in written(name, value)] for one in sets]
    wanted = {
        name: tuple(one.get(name, "") for one in sets)
        for name in {name for one in sets for name in one}
        if len({one.get(name) for one in sets}) > 1
    }
    assert differing(runs(*argvs)) == wanted


@given(st.lists(st.lists(st.text(max_size=6), max_size=5), max_size=4))
def test_any_command_line_can_be_held_against_others(argvs) -> None:
    for values in differing(runs(*argvs)).values():
        assert len(values) == len(argvs)
        assert len(set(values)) > 1


def test_a_tracker_keeps_no_secret_and_not_too_much() -> None:
    params = {"api_key": "abc", "lr": "0.1", "url": "https://me:pw@host/", "long": "x" * 999}
    kept = Tracked("mlflow:1", params=params | {str(at): "" for at in range(500)}).as_run().params
    assert len(kept) == 100
    kept = Tracked("mlflow:1", params=params).as_run().params
    assert (kept["api_key"], kept["lr"], kept["url"]) == ("***", "0.1", "https://***@host/")
    assert len(kept["long"]) == 100


def test_a_word_that_is_named_elsewhere_is_not_said_twice() -> None:
    some = [
        Run(str(at), argv=("python", "t.py", lr), params={"lr": lr}) for at, lr in enumerate("14")
    ]
    assert differing(some) == {"lr": ("1", "4")}
    plain = [replace(run, params={}) for run in some]
    assert labels([[run] for run in plain]) == ["1", "4"]


def test_numbers_of_trackers_are_rounded_as_long_as_they_differ() -> None:
    def shown(*values: str, exact: bool = False) -> tuple[str, ...]:
        return differing([Run(v, params={"lr": v}) for v in values], exact=exact)["lr"]

    both = ("0.30000000000000004", "0.00031415926535")
    assert shown(*both, exact=True) == both, "for scripts"

    assert shown("0.30000000000000004", "0.00031415926535") == ("0.3", "0.0003142")
    assert shown("0.30000000000000004", "0.3") == ("0.30000000000000004", "0.3")
    assert shown("12345678", "v1.23456789") == ("12345678", "v1.23456789")


def test_the_commit_that_a_tracker_keeps_is_that_of_the_run() -> None:
    seen = Tracked("mlflow:1", tags={"mlflow.source.git.commit": "a" * 40})
    assert seen.as_run().commit == "a" * 40
    assert Tracked("mlflow:1").as_run().commit == ""


def test_an_option_takes_the_word_after_it_unless_that_names_one() -> None:
    for words, values in (
        (["--a", "--b"], {"a": GIVEN, "b": GIVEN}), (["--a", "b=1"], {"a": GIVEN, "b": "1"}),
        (["--a"], {"a": GIVEN}), (["--a", "--", "b"], {"a": GIVEN, "program": "b"}),
        (["--a="], {"a": ""}), (["-1"], {"program": "-1"}), (["--a", "-1"], {"a": "-1"}),
        (["a", "b", "a"], {"program": "a", "argument 1": "b", "argument 2": "a"}),
        (["~x=1", "--x", "2"], {"x": "1 2"}), ([], {}),
    ):  # fmt: skip
        assert parameters(words) == values


def test_only_long_decimal_numbers_are_rounded() -> None:
    def shown(*values: str) -> tuple[str, ...]:
        return differing([Run(v, params={"lr": v}) for v in values])["lr"]

    assert shown("0.123456", "1") == ("0.123456", "1")
    assert shown("0.1234567", "1") == ("0.1235", "1")
    assert shown("-0.1234567e-5", "1") == ("-1.235e-06", "1")
    assert shown("0.12341111", "0.12342222") == ("0.12341", "0.12342")
    assert shown("0.99908232", "0.99910728", "0.5") == ("0.99908", "0.99911", "0.5")


def test_what_tells_sbatch_when_and_where_is_no_parameter() -> None:
    options = ["--array=1-3", "-t", "60", "--gres=gpu:2", "-o", "x.out"]
    assert parameters(["sbatch", *options, "train.sh", "--time", "7", "-a", "b"]) == {
        "wrapper": "sbatch", "gres": "gpu:2", "script": "train.sh", "time": "7", "a": "b",
    }  # fmt: skip
    waited = parameters(["sbatch", "--wait", "train.sh", "--time", "7"])
    assert waited == {"program": "sbatch", "wait": "train.sh", "time": "7"}
    assert parameters(["train", "--array=3"]) == {"program": "train", "array": "3"}
