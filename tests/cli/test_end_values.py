"""What trackers have of a run is there once its end was taken in."""

import json
import shutil
import sys
from pathlib import Path

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
