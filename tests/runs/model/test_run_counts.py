"""How many runs a card has is the same everywhere: the run around others is counted beside them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mlkanban.display.run_table import result_lines
from mlkanban.runs.model.overview import run_counts
from mlkanban.runs.model.results import remarks, results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState

ACC = {"name": "acc", "direction": ">="}


def nested(name: str, says: str, **params: str) -> Run:
    return Run(
        f"mlflow:{name}", RunState.TRACKED, says=says, experiment="grid", parent="mlflow:0",
        params=params, metrics={"acc": 0.9} if says == "FINISHED" else {}, where="/m.db",
        started=f"2026-03-20T09:0{name}:00Z",
    )  # fmt: skip


OUTER = Run(
    "mlflow:0", RunState.TRACKED, says="FINISHED", experiment="grid", where="/m.db",
    started="2026-03-20T09:00:00Z", metrics={"acc": 0.9},
)  # fmt: skip
RUNS = [OUTER, nested("1", "FINISHED", C="1"), nested("2", "FAILED", C="2")]


def test_the_run_around_others_is_counted_beside_them() -> None:
    assert run_counts(RUNS) == (2, 1, "run", 0)
    assert run_counts(RUNS[:1]) == (1, 0, "run", 0), "alone it is a run like any other"


def test_what_became_of_runs_leaves_the_one_around_them_out() -> None:
    assert remarks(RUNS, ACC, None)[0] == "grid (MLflow): 1 finished, 1 failed"


def test_the_command_line_counts_them_so_too() -> None:
    now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    lines = result_lines(RUNS, results(RUNS, ACC), ZoneInfo("UTC"), now, metric=ACC)
    assert lines[0] == "2 runs + 1 outer run"
