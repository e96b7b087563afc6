"""What trackers have of a run is there once its end was taken in."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.runs.trackers.files import database

_JOB = """
import os, shutil, sqlite3
shutil.copy({source!r}, "mlflow.db")
conn = sqlite3.connect("mlflow.db")
conn.execute("UPDATE tags SET value = ? WHERE key = 'mlkanban.card'", [{label!r}])
[(run,)] = conn.execute("SELECT run_uuid FROM tags WHERE key = 'mlkanban.card'").fetchall()
conn.execute("INSERT INTO tags (run_uuid, key, value) VALUES (?, 'mlkanban.run', ?)",
             (run, os.environ["MLKANBAN_RUN"]))
conn.commit()
"""


def test_values_of_a_tracker_are_there_when_the_run_has_ended(board, tmp_path, monkeypatch) -> None:
    source = database("m3", tmp_path / "source.db")
    ref = board.card("values at the end")
    label = json.loads(board("--json", "show", ref).out)["data"]["label"]
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    Path("job.py").write_text(_JOB.format(source=str(source), label=label))
    assert board("run", ref, "--", sys.executable, "job.py").code == 0
    shutil.rmtree(work / "mlruns", ignore_errors=True)
    runs = json.loads(board("--json", "runs", ref).out)["data"]
    assert any(run["metrics"] for run in runs), "without sync-runs"


@pytest.mark.parametrize("command", ["show", "runs"])
def test_who_looks_first_after_a_run_in_the_background_sees_its_values(
    board, tmp_path, monkeypatch, command: str
) -> None:
    """The answer that takes in the end has what a tracker knows, however often one only looks."""
    source = database("m3", tmp_path / "source.db")
    ref = board.card("in the background", "--metric", "val_auc>=0.9")
    label = board.data("show", ref)["label"]
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    Path("job.py").write_text(_JOB.format(source=str(source), label=label))
    assert board("run", "--detach", ref, "--", sys.executable, "job.py").code == 0
    [folder] = (Path(os.environ["MLKANBAN_HOME"]) / "runs").iterdir()
    for _ in range(600):
        if (folder / "end.json").exists():
            break
        time.sleep(0.05)
    for _ in range(2):
        answer = board(command, ref)
        assert answer.code == 0
        assert ".917" in answer.out
