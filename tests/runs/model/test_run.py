"""A run as a card keeps it, whoever wrote it."""

import json
from dataclasses import fields
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.display.run_table import result_lines, run_details, run_rows
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run, is_typed
from mlkanban.runs.model.state import RunState
from mlkanban.text import keepable

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
NAMES = [one.name for one in fields(Run)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def test_a_run_is_kept_as_it_is() -> None:
    run = Run(
        "x", RunState.FAILED, "seen", ("python", "t.py"), "gpu1", 7, "why", "bug",
        "2026-03-20T10:00:00Z", "2026-03-20T11:00:00Z", "abc", True, 2, "so", "SLURM job 7", 60,
        True, {"auc": 0.9}, ("last",), "n", "RUNNING", "/m.db", "mlflow:1",
        {"lr": "0.1"}, ("loss=nan",), "r1", 30,
    )  # fmt: skip
    assert Run.of_field("x", json.loads(json.dumps(run.to_field()))) == run
    assert Run.of_field("x", Run("x").to_field()) == Run("x")


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_a_log_from_elsewhere_says_can_be_shown(value) -> None:
    run = Run.of_field("x", value)
    assert run is not None
    found = results([run, run], {"name": "auc", "target": 0.9})
    run_rows([run], found, UTC, NOW, evidence=True)
    run_details(run, 70)
    result_lines([run, run], found, UTC, NOW)
    assert Brief.read(Brief.of([run, run]).packed).runs == 2


def test_numbers_too_large_are_none() -> None:
    metrics = {"a": 10**400, "b": float("nan"), "c": "1", "d": 1}
    run = Run.of_field("x", {"metrics": metrics, "gpus": 10**400})
    assert run is not None
    assert (run.metrics, run.gpus) == ({"d": 1.0}, None)


ODD = st.text(st.sampled_from("a\0\ud800\udfff\n\x1b"))


@given(ODD, ODD)
def test_what_is_kept_any_board_can_keep(name, text) -> None:
    run = Run("x", argv=(text,), last=(text,), metrics={name: 1.0}, params={name: text}, why=text)
    kept = run.to_field()
    texts = [*kept.get("argv", ()), *kept.get("last", ()), *kept["metrics"], kept.get("why", "")]
    texts += [part for pair in kept["params"].items() for part in pair]
    assert all(map(keepable, texts))


def test_none_is_not_unknown() -> None:
    run = Run("x", RunState.FINISHED, exit=0, gpus=0, elapsed=0)
    assert Run.of_field("x", json.loads(json.dumps(run.to_field()))) == run


def test_a_value_that_no_run_reported_was_typed() -> None:
    metric = {"name": "auc", "value": 0.9}
    reported = [Run("a", metrics={"auc": 0.8}), Run("b", metrics={"auc": 0.9})]
    assert not is_typed(reported, metric)
    assert is_typed(reported[:1], metric)
    assert is_typed(reported, {"name": "f1", "value": 0.9})
    assert not is_typed([], metric), "there is nothing it could be told apart from"
    for none in (None, {}, {"name": "auc"}, {"name": "auc", "value": None}):
        assert not is_typed(reported[:1], none)
