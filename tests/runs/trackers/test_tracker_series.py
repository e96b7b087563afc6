"""The values over time that trackers keep of a run, read on as they come."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from mlkanban.errors import StoreBusy
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.series_reader import SeriesReader
from mlkanban.runs.trackers.places import read_all
from mlkanban.runs.trackers.tracker_series import TrackerSeries
from tests.runs.trackers.files import WANDB_RUNS, database, folder, logs, state, study, wandb

AUC = {"name": "val_auc"}


def points(read):
    [series] = read.series.values()
    return [(point.step, point.value) for point in series.points]


@pytest.mark.parametrize("tool", ["m2", "m3"])
def test_metrics_of_an_mlflow_database(tool: str, tmp_path: Path) -> None:
    path = database(tool, tmp_path / "mlflow.db")
    before = state(tmp_path)
    [run] = [run for run in read_all([path]).runs if run.name == "seed 1"]
    source = TrackerSeries(run.ref, path, "val_auc")
    assert points(source.read()) == [(0, 0.8), (1, 0.9), (2, 0.917)]
    [series] = source.read().series.values()
    assert series.points[0].at == pytest.approx(1.7955901e9, rel=1e-6)
    assert state(tmp_path) == before

    conn = sqlite3.connect(path)
    value = "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES"
    uuid = run.ref.removeprefix("mlflow:")
    for step, number, nan in ((3, 0.95, 0), (4, 0.0, 1)):
        conn.execute(f"{value} ('val_auc', {number}, {step}, '{uuid}', {step}, {nan})")
    conn.commit()
    assert points(source.read())[-1] == (3, 0.95)
    assert source.read().unread == ("val_auc=nan",)
    conn.execute("DELETE FROM metrics WHERE step > 0")
    conn.commit()
    conn.close()
    assert points(source.read()) == [(0, 0.8)]


def test_a_database_that_writes_ahead_is_read_on(tmp_path: Path) -> None:
    path = database("m2", tmp_path / "mlflow.db")
    [run] = [run for run in read_all([path]).runs if run.name == "seed 1"]
    source = TrackerSeries(run.ref, path, "val_auc")
    uuid = run.ref.removeprefix("mlflow:")
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA wal_autocheckpoint = 0")
        before = len(points(source.read()))
        main = path.stat()
        conn.execute(
            "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan)"
            f" VALUES ('val_auc', 0.95, 3, '{uuid}', 3, 0)"
        )
        conn.commit()
        assert path.stat().st_mtime_ns == main.st_mtime_ns, "only the file beside it changed"
        assert points(source.read())[before:] == [(3, 0.95)]


def test_while_a_store_is_written_the_values_stay(tmp_path: Path, monkeypatch) -> None:
    path = database("m2", tmp_path / "mlflow.db")
    [run] = [run for run in read_all([path]).runs if run.name == "seed 1"]
    source = TrackerSeries(run.ref, path, "val_auc")
    known = source.read()

    def busy(path: Path) -> None:
        raise StoreBusy("It is being written.")

    monkeypatch.setattr("mlkanban.runs.trackers.mlflow.reading", busy)
    os.utime(path, (1, 1))
    assert source.read() is known


def test_a_metric_that_is_nan_has_no_values(tmp_path: Path) -> None:
    path = database("m2", tmp_path / "mlflow.db")
    [run] = [run for run in read_all([path]).runs if run.name == "seed 1"]
    read = TrackerSeries(run.ref, path, "loss").read()
    assert (read.series["loss"].points, read.unread) == ((), ("loss=nan",))
    assert TrackerSeries(run.ref, path, "none").read().series == {}


def test_metrics_of_mlflow_in_files(tmp_path: Path) -> None:
    root = folder(tmp_path / "mlruns")
    [run] = [run for run in read_all([root]).runs if run.metrics]
    source = TrackerSeries(run.ref, root, "val_auc")
    assert points(source.read()) == [(0, 0.8), (1, 0.9), (2, 0.917)]
    [file] = root.glob("*/*/metrics/val_auc")
    with file.open("a") as target:
        target.write("1795590119999 0.93 3\n1795590120000 0.9")
    assert points(source.read())[3:] == [(3, 0.93)]


@pytest.mark.parametrize("names", [[], ["loss"]])
def test_the_objective_of_a_study_is_not_drawn_as_another_metric(
    names: list[str], tmp_path: Path
) -> None:
    path = study(tmp_path / "o.db", 2)
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(
            "UPDATE study_directions SET direction = 'MINIMIZE';"
            "CREATE TABLE study_system_attributes (study_id, key, value_json);"
            "CREATE TABLE trial_intermediate_values (trial_id, step, intermediate_value);"
            "INSERT INTO trial_intermediate_values VALUES (1, 0, 1.0), (1, 1, 0.1);"
        )
        if names:
            named = ("study:metric_names", json.dumps(names))
            conn.execute("INSERT INTO study_system_attributes VALUES (1, ?, ?)", named)
    outer = Run("r1", RunState.FINISHED, started="2026-03-01T00:00:00Z")
    trials = [tracked.as_run("r1") for tracked in read_all([path]).runs]
    pruned = replace(trials[1], metrics={}, says="PRUNED")
    reader, objective = SeriesReader(tmp_path), (names or ["value"])[0]
    auc = {"name": "val_auc", "direction": ">=", "target": 0.9}
    for run in (outer, trials[1], pruned):
        read = reader.read(run, auc, [outer, *trials])
        assert [*read.series] == [objective]
        assert points(read) == [(0, 1.0), (1, 0.1)]
    same = {"name": "val_loss", "direction": "<=", "target": 0.2}
    assert [*reader.read(pruned, same).series] == (names or ["val_loss"])
    kept_apart = replace(trials[1], metrics={"val_loss": 0.3, "value": 0.1})
    assert [*reader.read(kept_apart, same).series] == [objective]


@pytest.mark.parametrize("tool", ["o4", "o5"])
def test_intermediate_values_of_a_trial(tool: str, tmp_path: Path) -> None:
    path = database(tool, tmp_path / "optuna.db")
    conn = sqlite3.connect(path)
    for step, value, kind in ((1, 0.3, "FINITE"), (0, 0.2, "FINITE"), (2, None, "NAN")):
        conn.execute(
            "INSERT INTO trial_intermediate_values"
            " (trial_id, step, intermediate_value, intermediate_value_type) VALUES (1, ?, ?, ?)",
            (step, value, kind),
        )
    conn.commit()
    conn.close()
    run = next(run for run in read_all([path]).runs if run.name == "sweep 0")
    read = TrackerSeries(run.ref, path, "val_auc").read()
    assert (points(read), read.unread) == ([(0, 0.2), (1, 0.3)], ("val_auc=nan",))


def test_intermediate_values_in_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    begin = [
        {"op_code": 0, "study_name": "s", "directions": [2]},
        {"op_code": 4, "study_id": 0, "datetime_start": "2026-11-25T07:02:13.829113"},
    ]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in begin))
    [run] = read_all([path]).runs
    source = TrackerSeries(run.ref, path, "value")
    assert source.read().series == {}
    with path.open("a") as file:
        for step, value in ((0, 0.5), (1, 0.75)):
            entry = {"op_code": 7, "trial_id": 0, "step": step, "intermediate_value": value}
            file.write(json.dumps(entry) + "\n")
    assert points(source.read()) == [(0, 0.5), (1, 0.75)]


@pytest.mark.parametrize("tool", ["tb", "tbx"])
def test_scalars_of_tensorboard_are_read_on(tool: str, tmp_path: Path) -> None:
    root = logs(tmp_path / "runs" / "a", tool)
    [file] = root.iterdir()
    whole = file.read_bytes()
    [run] = read_all([root]).runs
    for length in (0, 9, len(whole) // 3, len(whole) // 2, len(whole) - 3):
        source = TrackerSeries(run.ref, root, "val/auc")
        file.write_bytes(whole[:length])
        source.read()
        file.write_bytes(whole)
        assert [round(value, 6) for _, value in points(source.read())] == [0.8, 0.95, 0.917]
    logs(root, tool, "2")
    assert len(points(source.read())) == 6


def test_the_history_of_weights_and_biases(tmp_path: Path, monkeypatch) -> None:
    """As wandb 0.31 printed it."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    root = wandb(tmp_path / "wandb", tmp_path / "bin")
    ref = f"wandb:{WANDB_RUNS[0].stem.removeprefix('offline-run-')}"
    printed = "".join(
        json.dumps({"num": 1, "type": "history", "history": {"item": item, "step": {"num": 0}}})
        + "\n"
        for item in (
            {"_step": 0, "_timestamp": 1796085820.9, "epoch": 0, "loss": 1, "val.auc": 0.9},
            {"_step": 1, "_timestamp": 1796085821.9, "epoch": 1, "loss": 0.5},
            {"_step": 10, "_timestamp": 1796085822.9, "loss": "NaN"},
        )
    )
    (tmp_path / "history").write_text('{"type":"header"}\n' + printed)
    program = tmp_path / "bin" / "wandb"
    program.write_text(
        f'#!/bin/sh\n[ "$1 $2 $3" = "leet inspect --json" ] && cat {tmp_path}/history\n'
    )
    read = TrackerSeries(ref, root, "loss").read()
    assert (points(read), read.unread) == ([(0, 1.0), (1, 0.5)], ("loss=nan",))
    assert points(TrackerSeries(ref, root, "val.auc").read()) == [(0, 0.9)]
    program.unlink()
    assert "no program wandb" in TrackerSeries(ref, root, "loss").read().why


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    gone = TrackerSeries("mlflow:abc", tmp_path / "mlflow.db", "loss").read()
    assert "cannot be read" in gone.why
    assert TrackerSeries("slurm:1", tmp_path, "loss").read().why


def test_of_a_run_of_ours_the_run_that_was_started_in_it_may_tell(tmp_path: Path) -> None:
    path = database("m2", tmp_path / "mlflow.db")
    [told] = [run for run in read_all([path]).runs if run.name == "seed 1"]
    own = Run("20261130-053000-abcdef01", RunState.RUNNING)
    child = told.as_run(own.id)
    read = SeriesReader(tmp_path).read(own, AUC, [own, child])
    assert points(read)[-1] == (2, 0.917)


@pytest.mark.parametrize("kept", ["database", "folder"])
def test_of_a_run_that_goes_on_mlflow_may_tell(kept: str, tmp_path: Path) -> None:
    at = "2026-11-30T05:30:00Z"
    own = Run("20261130-053000-abcdef01", RunState.RUNNING, started=at)
    started = RunFolder(tmp_path / "data" / "runs" / own.id)
    started.make()
    started.write_start({"cwd": str(tmp_path)})
    if kept == "database":
        path = database("m2", tmp_path / "mlflow.db")
        [told] = [run for run in read_all([path]).runs if run.name == "seed 1"]
        conn = sqlite3.connect(path)
        uuid = told.ref.removeprefix("mlflow:")
        tag = "INSERT INTO tags (run_uuid, key, value) VALUES (?, 'mlkanban.run', ?)"
        conn.execute(tag, (uuid, own.id))
        conn.commit()
        conn.close()
    else:
        root = folder(tmp_path / "mlruns")
        [metrics] = root.glob("*/*/metrics")
        (metrics.parent / "tags" / "mlkanban.run").write_text(own.id)
    before = state(tmp_path)
    read = SeriesReader(tmp_path / "data").read(own, AUC)
    assert points(read)[-1] == (2, 0.917)
    assert state(tmp_path) == before
    other = Run("20261130-053000-abcdef02", RunState.RUNNING, started=at)
    assert SeriesReader(tmp_path / "data").read(other, AUC).series == {}
