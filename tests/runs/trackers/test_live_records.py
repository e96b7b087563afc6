"""What trackers have of a run that goes on: found by its tags, or in its folder while no other run
goes on there; nothing of it is stored."""

import itertools
import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.series import RunSeries
from mlkanban.runs.model.state import RunState
from mlkanban.runs.series_reader import SeriesReader
from tests.runs.trackers.files import WANDB_RUNS, database, logs, state, study, wandb

LABEL = "3fa9c21b:v1"
STARTED = "2026-03-01T00:00:00Z"
AUC: Mapping[str, Any] = {"name": "val_auc", "direction": ">=", "target": 0.9}
OWN = Run("20260301-000000-abcdef01", RunState.RUNNING, started=STARTED)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a run goes on."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("MLFLOW_TRACKING_URI", "OPTUNA_STORAGE", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    begin(tmp_path, OWN, folder)
    return folder


def begin(data: Path, run: Run, cwd: Path, **more: object) -> RunFolder:
    folder = RunFolder(data / "runs" / run.id)
    folder.make()
    record: Any = {"cwd": str(cwd), "label": LABEL, "started": run.started, **more}
    folder.write_start(record)
    return folder


def read(here: Path, metric: Mapping[str, Any] | None = AUC, run: Run = OWN) -> RunSeries:
    before = state(here)
    found = SeriesReader(here.parent).read(run, metric)
    assert state(here) == before
    return found


def values(found: RunSeries) -> list[float]:
    [series] = found.series.values()
    return [point.value for point in series.points]


# MLflow


def test_of_nested_runs_of_mlflow_the_newest_with_the_metric_is_shown_and_named(here: Path) -> None:
    path = database("m2", here / "mlflow.db")
    with sqlite3.connect(path) as conn:
        [(seed,)] = conn.execute("SELECT run_uuid FROM runs WHERE name = 'seed 1'")
        rows = conn.execute("SELECT run_uuid FROM runs").fetchall()
        tag = "INSERT INTO tags (run_uuid, key, value) VALUES (?, 'mlkanban.run', ?)"
        conn.executemany(tag, [(run, OWN.id) for (run,) in rows])
        conn.execute("UPDATE runs SET start_time = 5 WHERE run_uuid = ?", (seed,))
    found = read(here)
    assert values(found) == [0.8, 0.9, 0.917]
    assert found.series["val_auc"].about == f"run seed 1, one of {len(rows)}"
    with sqlite3.connect(path) as conn:
        outer, *inner = sorted((run for (run,) in rows), key=lambda run: run == seed)
        above = "INSERT INTO tags (run_uuid, key, value) VALUES (?, 'mlflow.parentRunId', ?)"
        conn.executemany(above, [(run, outer) for run in inner])
    assert read(here).series["val_auc"].about == "run seed 1, one of 2 nested runs"


def test_of_finished_nested_runs_of_mlflow_the_best_so_far_is_shown(here: Path) -> None:
    path = database("m3", here / "mlflow.db")
    with sqlite3.connect(path) as conn:
        conn.execute("DELETE FROM tags WHERE key IN ('mlkanban.run', 'mlflow.parentRunId')")
        [(outer, experiment)] = conn.execute("SELECT run_uuid, experiment_id FROM runs LIMIT 1")
        tag = "INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)"
        conn.execute(tag, (outer, "mlkanban.run", OWN.id))
        ends = [(0.8, "FINISHED"), (0.9, "FINISHED"), (0.99, "FAILED"), (0.7, "FINISHED")]
        for at, (value, status) in enumerate([*ends, (0.95, "RUNNING")]):
            conn.execute(
                "INSERT INTO runs (run_uuid, name, status, start_time, end_time, experiment_id,"
                " lifecycle_stage) VALUES (?, ?, ?, ?, ?, ?, 'active')",
                (f"n{at}", f"n{at}", status, at, 10_000 + at, experiment),
            )
            conn.execute(
                "INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)"
                " VALUES (?, 'val_auc', ?, 0, 0, 0)", (f"n{at}", value),
            )  # fmt: skip
            conn.execute(tag, (f"n{at}", "mlkanban.run", OWN.id))
            conn.execute(tag, (f"n{at}", "mlflow.parentRunId", outer))
    found = read(here)
    assert values(found) == [0.8, 0.9, 0.9]
    assert found.series["val_auc"].about == "best of 3 finished nested runs"
    assert found.series["val_auc"].best_so_far


# Optuna


def trials(path: Path, label: str = "") -> None:
    """Five trials of a run, one a day after another, two of them without a result."""
    study(path, 5, label)
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE trial_values SET value = 0.7 + 0.01 * trial_id")
        conn.execute("UPDATE trial_values SET value = 0.6 WHERE trial_id = 2")
        conn.execute("UPDATE trials SET state = 'PRUNED' WHERE trial_id = 3")
        conn.execute("UPDATE trials SET state = 'RUNNING' WHERE trial_id = 4")


@pytest.mark.parametrize("label", [LABEL, ""])
def test_of_a_study_the_best_so_far_is_shown_and_its_trials_are_counted(
    here: Path, label: str
) -> None:
    trials(here / "optuna.db", label)
    found = read(here)
    assert values(found) == [0.7, 0.71, 0.71]
    assert found.series["val_auc"].about == "best of 3 trials, trial 4 runs, 1 pruned"
    assert found.series["val_auc"].best_so_far


def test_where_the_study_calls_the_other_side_good_it_is_not_the_metric_of_the_card(
    here: Path,
) -> None:
    trials(here / "optuna.db", LABEL)
    found = read(here, {"name": "val_loss", "direction": "<="})
    assert [*found.series] == ["value"]


def test_trials_of_another_card_or_from_before_are_none_of_the_run(here: Path) -> None:
    trials(here / "optuna.db", "3fa9c21b:v2")
    assert read(here).series == {}
    with sqlite3.connect(here / "optuna.db") as conn:
        tag = f'"{LABEL}"'
        conn.execute("UPDATE study_user_attributes SET value_json = ?", (tag,))
        conn.execute("UPDATE trials SET datetime_start = '2026-02-28 10:00:00' WHERE trial_id < 2")
    assert read(here).series["val_auc"].about == "best of 1 trial, trial 4 runs, 1 pruned"


def test_a_journal_is_read_on(here: Path) -> None:
    path = here / "journal.log"
    at = "2026-03-01T10:00:00"
    entries: list[dict[str, Any]] = [
        {"op_code": 0, "study_name": "s", "directions": [2]},
        {"op_code": 2, "study_id": 0, "user_attr": {"mlkanban.card": LABEL}},
        {"op_code": 4, "study_id": 0, "datetime_start": at},
    ]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    reader = SeriesReader(here.parent)
    assert reader.read(OWN, AUC).series == {}
    done = {"op_code": 6, "trial_id": 0, "state": 1, "values": [0.8], "datetime_complete": at}
    with path.open("a") as file:
        file.write(json.dumps(done) + "\n")
    assert values(read(here)) == [0.8]


# TensorBoard


def events(here: Path, name: str, after_seconds: int) -> Path:
    """The folder of a run with events that was made so long after the start of ours."""
    at = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) + after_seconds
    return logs(here / "runs" / name, "tbx", f"{at}.host")


def test_event_files_made_since_the_start_are_shown(here: Path) -> None:
    events(here, "old", -3600)
    events(here, "resnet-s1", 10)
    events(here, "resnet-s1", -60)
    metric = {"name": "val/auc"}
    found = read(here, metric)
    assert [round(value, 3) for value in values(found)] == [0.8, 0.95, 0.917]
    assert found.series["val/auc"].about == ""
    events(here, "resnet-s2", 20)
    assert read(here, metric).series["val/auc"].about == "run resnet-s2, one of 2"


def test_a_run_without_the_metric_of_its_card_shows_another_one(here: Path) -> None:
    events(here, "a", 10)
    assert [*read(here).series] == ["val/auc"]
    assert [*read(here, None).series] == ["val/auc"]


def test_two_runs_in_one_folder_share_no_files_that_name_neither(here: Path) -> None:
    other = Run("20260301-000001-abcdef02", RunState.RUNNING, started=STARTED)
    folder = begin(here.parent, other, here)
    events(here, "a", 10)
    trials(here / "optuna.db")
    found = read(here)
    assert (found.series, "several runs go on in one folder" in found.why) == ({}, True)
    folder.write_end({"exit": 0})
    assert [*read(here).series] == ["val_auc"]


def test_a_run_that_was_lost_before_ours_began_does_not_share(here: Path) -> None:
    other = Run("20260228-000001-abcdef02", RunState.RUNNING, started=STARTED)
    folder = begin(here.parent, other, here)
    os.utime(folder.start_file, (1, 1))
    events(here, "a", 10)
    assert [*read(here).series] == ["val/auc"]


# W&B


def tagged(here: Path, bin: Path, run: str) -> None:
    """A folder as W&B leaves it, whose newest run has the tag of a run of ours, and a program that
    prints two values of its history."""
    printed = WANDB_RUNS[0]
    known = json.loads(printed.read_text()) | {"tags": [f"mlkanban.run:{run}"], "exit_code": None}
    items = [{"_step": at, "val_auc": 0.8 + at / 10} for at in range(2)]
    lines = [json.dumps({"type": "history", "history": {"item": item}}) for item in items]
    bin.mkdir(parents=True)
    (bin / "summary").write_text(json.dumps(known))
    (bin / "history").write_text("".join(f"{line}\n" for line in lines))
    wandb(here / "wandb", bin)
    (bin / "wandb").write_text(
        f'#!/bin/sh\ncase "$*" in *--summary*) cat {bin}/summary;; *) cat {bin}/history;; esac\n'
    )


def test_the_program_of_weights_and_biases_is_found_beside_the_interpreter_of_the_run(
    here: Path,
) -> None:
    bin = here / ".venv" / "bin"
    tagged(here, bin, OWN.id)
    assert "no program wandb" in read(here).why
    by_path = Run(OWN.id, OWN.state, started=STARTED, argv=(f"{bin}/python", "train.py"))
    assert values(read(here, run=by_path)) == [0.8, 0.9]
    beside = Run(OWN.id, OWN.state, started=STARTED, argv=(".venv/bin/python", "train.py"))
    assert values(read(here, run=beside)) == [0.8, 0.9]


def test_a_run_of_weights_and_biases_with_another_tag_is_none_of_it(here: Path) -> None:
    bin = here / ".venv" / "bin"
    tagged(here, bin, "20260301-000000-abcdef99")
    run = Run(OWN.id, OWN.state, started=STARTED, argv=(f"{bin}/python", "train.py"))
    assert read(here, run=run) == RunSeries()


# A store that is being written


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_what_is_known_stays_while_a_store_is_locked(
    here: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = here / "optuna.db"
    trials(path, LABEL)
    seconds = [0.0]
    monkeypatch.setattr("mlkanban.runs.series_reader.time.monotonic", lambda: seconds[0])
    reader = SeriesReader(here.parent)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute(f"PRAGMA journal_mode = {mode}")
        assert values(reader.read(OWN, AUC)) == [0.7, 0.71, 0.71]
        writer.execute("PRAGMA locking_mode = EXCLUSIVE")
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE trials SET state = 'COMPLETE' WHERE trial_id = 4")
        seconds[0] = 60.0
        assert values(reader.read(OWN, AUC)) == [0.7, 0.71, 0.71]
        assert SeriesReader(here.parent).read(OWN, AUC).series.keys() <= {"val_auc"}
        writer.execute("COMMIT")
    seconds[0] = 61.0
    assert values(reader.read(OWN, AUC)) == [0.7, 0.71, 0.71, 0.74]


def test_the_last_trial_is_not_missed_because_the_study_was_read_just_before(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading takes a second here, so that nothing is read for a while."""
    trials(here / "optuna.db", LABEL)
    ticks = itertools.count()
    monkeypatch.setattr("mlkanban.runs.trackers.optuna.time.monotonic", lambda: next(ticks))
    reader = SeriesReader(here.parent)
    assert len(values(reader.read(OWN, AUC))) == 3
    with closing(sqlite3.connect(here / "optuna.db")) as conn, conn:
        conn.execute("UPDATE trials SET state = 'COMPLETE' WHERE trial_id = 4")
    counts = [len(values(reader.read(OWN, AUC))) for _ in range(25)]
    assert (counts[0], counts[-1]) == (3, 4)
