"""Queries about the runs of a card."""

import pytest

from mlkanban.errors import BadQuery
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.run_query import run_matcher
from mlkanban.runs.model.state import RunState

RUNS = [
    Run("a", RunState.FINISHED, argv=("t.py", "--lr", "1e-3", "--opt.name=adam"), host="gpu-01",
        metrics={"val_auc": 0.9}),
    Run("b", RunState.FAILED, argv=("t.py", "--lr", "1e-2", "--opt.name=sgd"),
        why="out of memory (exit 1)", exit=1),
    Run("c", RunState.FINISHED, params={"lr": "0.0001"}, metrics={"val_auc": 0.95}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abc"), ("state:failed", "b"), ("-state:failed", "ac"), ("lr<1e-2", "ac"),
        ("lr:1e-3", "a"), ("lr=0.001", "a"), ("val_auc>=.95", "c"), ("memory", "b"),
        ("opt.name:ada", "a"), ("opt.name=ada", ""), ("state:failed or lr<=1e-4", "bc"),
        ("host:gpu lr<1", "a"), ("exit:1", "b"), ("LR>5e-3", "b"), ("(memory or gpu-01)", "ab"),
    ],
)  # fmt: skip
def test_what_is_found(query: str, found: str) -> None:
    matches = run_matcher(query, RUNS)
    assert "".join(run.id for run in RUNS if matches(run)) == found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("lrr:3", "Did you mean lr?"), ("lr<many", "not a number"), ("lr:", "needs a value"),
        ("(lr:1", "not closed"), ("colour:red", "There are: state"),
    ],
)  # fmt: skip
def test_a_bad_query_says_what_is_wrong(query: str, said: str) -> None:
    with pytest.raises(BadQuery) as error:
        run_matcher(query, RUNS)
    assert said in error.value.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # A setting that is a number in some runs and a word in others.
        ("lr<1", "abc"), ("lr>=0", "abc"), ("lr:auto", "d"), ("lr=AUTO", "d"), ("lr:aut", "d"),
        ("lr=aut", ""), ("lr:0.01", "b"), ("lr<=0.001", "ac"), ("lr>0.001", "b"),
        # An address is text, wherever it stands.
        ("http://host", "d"), ("failed or http://host", "bd"), ("finished http://host", ""),
    ],
)  # fmt: skip
def test_numbers_are_compared_and_words_are_looked_for(query: str, found: str) -> None:
    runs = [
        *RUNS,
        Run("d", RunState.RUNNING, argv=("t.py", "http://host/x"), params={"lr": "auto"}),
    ]
    matches = run_matcher(query, runs)
    assert "".join(run.id for run in runs if matches(run)) == found


def test_runs_of_trackers_are_found_by_what_these_say() -> None:
    runs = [
        Run(f"optuna:s/{at}", RunState.TRACKED, says=says)
        for at, says in enumerate(("COMPLETE", "PRUNED", "FAIL", "RUNNING"))
    ]

    def found(query: str) -> list[str]:
        matches = run_matcher(query, runs)
        return [run.says for run in runs if matches(run)]

    assert found("state:pruned") == ["PRUNED"]
    assert found("state:failed") == ["FAIL"]
    assert found("state:tracked") == ["COMPLETE", "PRUNED", "FAIL", "RUNNING"]
