"""Files that real trackers wrote: read whole, and left exactly as they are."""

import contextlib
import importlib
import inspect
import os
import pkgutil
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from mlkanban.runs import trackers
from mlkanban.runs.model.tracker_names import KINDS
from mlkanban.runs.model.tracker_run import short
from mlkanban.runs.trackers.optuna import Journal
from mlkanban.runs.trackers.places import TRACKERS, count_all, place, read_all, usual
from mlkanban.runs.trackers.values import numbers
from tests.runs.trackers.files import FIXTURES, database, folder, state, study


@pytest.mark.parametrize("tool", ["m2", "m3", "files"])
def test_mlflow_tells_of_its_runs(tool: str, tmp_path: Path) -> None:
    if tool == "files":
        path = folder(tmp_path / "mlruns")
    else:
        path = database(tool, tmp_path / "mlflow.db")
    before = state(tmp_path)
    found = read_all([path])
    assert not found.problems
    seed, killed, failed = sorted(found.runs, key=lambda one: one.started)
    assert (seed.name, seed.says, seed.card) == ("seed 1", "FINISHED", "t1")
    assert {one.experiment for one in found.runs} == {"focal loss"}
    assert seed.numbers == {"val_auc": 0.917}
    assert seed.params == {"lr": "0.01"}
    assert seed.ref.startswith("mlflow:")
    assert seed.started <= seed.ended
    assert seed.where == str(path)
    assert (killed.name, killed.says, killed.ended) == ("killed", "RUNNING", "")
    assert (failed.says, failed.card) == ("FAILED", "")
    assert state(tmp_path) == before


@pytest.mark.parametrize("name", ["o4.db", "o5.db", "o4.log", "o5.log"])
def test_optuna_tells_of_its_trials(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if path.suffix == ".db":
        database(path.stem, path)
    else:
        shutil.copy(FIXTURES / name, path)
    before = state(tmp_path)
    found = read_all([path])
    assert not found.problems
    assert [short(one.ref) for one in found.runs] == [f"optuna:sweep/{n}" for n in range(3)]
    assert len({one.ref for one in found.runs}) == 3
    assert {one.experiment for one in found.runs} == {"sweep"}
    assert [one.says for one in found.runs] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert [one.numbers for one in found.runs] == [{"value": 0.5}, {}, {"value": 0.7}]
    assert [one.card for one in found.runs] == ["t1", "", ""]
    assert 0.1 <= float(found.runs[0].params["lr"]) <= 0.2
    assert {one.direction for one in found.runs} == {">="}
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "started"),
    [("o4.db", "06:02:13.340436"), ("o5.db", "07:02:14.759495"), ("o4.log", "06:02:13.829113"),
     ("o5.log", "07:02:15.246513")],
)  # fmt: skip
def test_trials_have_their_times_local_up_to_version_4(
    name: str, started: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    if path.suffix == ".db":
        database(path.stem, path)
    else:
        shutil.copy(FIXTURES / name, path)
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        first = read_all([path]).runs[0]
    time.tzset()
    assert first.started == f"2026-11-25T{started}Z"
    assert first.started < first.ended < first.started[:17] + "59Z"


def test_studies_of_one_name_in_several_files_are_told_apart(tmp_path: Path) -> None:
    paths = [database(tool, tmp_path / f"{tool}.db") for tool in ("o4", "o5")]
    for name in ("o4.log", "o5.log"):
        paths.append(Path(shutil.copy(FIXTURES / name, tmp_path / name)))
    refs = [one.ref for one in read_all(paths).runs]
    assert len(set(refs)) == 12
    for path in paths:
        path.rename(path.with_name(f"moved-{path.name}"))
    moved = read_all(path.with_name(f"moved-{path.name}") for path in paths)
    assert [one.ref for one in moved.runs] == refs, "wherever the file lies"


def test_a_trial_that_waits_is_no_run_yet(tmp_path: Path) -> None:
    path = database("o4", tmp_path / "optuna.db")
    with contextlib.closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("UPDATE trials SET state = 'WAITING', datetime_start = NULL WHERE number = 1")
    log = tmp_path / "optuna.log"
    line = b'{"op_code":4,"worker_id":"w","study_id":0,"state":4,"value":null}\n'
    log.write_bytes((FIXTURES / "o4.log").read_bytes() + line)
    assert [one.name for one in read_all([path]).runs] == ["sweep 0", "sweep 2"]
    assert len(read_all([log]).runs) == 3


def test_runs_are_counted_without_being_read(tmp_path: Path) -> None:
    paths = [folder(tmp_path / "mlruns"), Path(shutil.copy(FIXTURES / "o5.log", tmp_path))]
    paths += [database(tool, tmp_path / f"{tool}.db") for tool in ("m2", "m3", "o4", "o5")]
    for path in (tmp_path / "mlruns").rglob("val_auc"):
        path.write_bytes(b"not of interest")
    before = state(tmp_path)
    counts, problems = count_all([*paths, tmp_path / "none.db"])
    assert counts == dict.fromkeys(paths, 3)
    assert len(problems) == 1
    assert state(tmp_path) == before


def test_a_journal_with_text_that_cannot_be_kept_is_read(tmp_path: Path) -> None:
    path = tmp_path / "optuna.log"
    text = (FIXTURES / "o4.log").read_text().replace('"sweep"', '"sw\\ud800p"')
    path.write_text(text)
    for one in read_all([path]).runs:
        one.ref.encode()
        one.name.encode()
        one.experiment.encode()


def test_odd_values_in_a_journal_take_no_other_run_away(tmp_path: Path) -> None:
    path = tmp_path / "optuna.log"
    odd = (
        '"study_id":"0","op_code":4', '"study_id":0,"op_code":4,"value":1' + "0" * 400,
        '"study_id":0,"op_code":4,"state":1.0', '"study_id":0,"op_code":4,"values":7',
        '"trial_id":3,"op_code":5,"param_name":null,"param_value_internal":1',
    )  # fmt: skip
    path.write_text((FIXTURES / "o4.log").read_text() + "".join(f"{{{line}}}\n" for line in odd))
    found = read_all([path])
    assert not found.problems
    assert [one.name for one in found.runs] == [f"sweep {n}" for n in range(6)]
    assert [one.numbers for one in found.runs[3:]] == [{}, {}, {}]
    assert found.runs[3].as_run().params == {"None": "1"}


def test_numbers_too_large_for_a_float_are_left_out() -> None:
    assert numbers({"auc": 1, "huge": 10**400, "text": "1"}) == {"auc": 1.0}


@pytest.mark.parametrize("error", [ValueError, TypeError, KeyError, OverflowError, RecursionError])
def test_what_no_tracker_writes_is_told_of_and_the_others_are_read(
    error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: object) -> NoReturn:
        raise error("odd")

    monkeypatch.setattr(Journal, "runs", read)
    path = Path(shutil.copy(FIXTURES / "o4.log", tmp_path))
    found = read_all([path, folder(tmp_path / "mlruns")])
    assert found.problems == (f"{path} holds what no tracker writes.",)
    assert len(found.runs) == 3


_DYING_WRITER = """
import os, sqlite3, sys
conn = sqlite3.connect(sys.argv[1])
conn.execute("PRAGMA cache_size=1")
conn.execute("UPDATE runs SET status = 'KILLED'")
conn.execute("CREATE TABLE much AS SELECT randomblob(9999) FROM runs, runs AS b")
os._exit(0)
"""


def test_what_a_killed_writer_left_is_read_from_a_copy(tmp_path: Path) -> None:
    path = database("m3", tmp_path / "mlflow.db")
    subprocess.run([sys.executable, "-c", _DYING_WRITER, path], check=True)
    assert path.with_name("mlflow.db-journal").stat().st_size
    before = state(tmp_path)
    found = read_all([path])
    assert not found.problems
    assert sorted(one.says for one in found.runs) == ["FAILED", "FINISHED", "RUNNING"]
    assert state(tmp_path) == before


def test_nobody_waits_long_for_a_writer_and_the_others_are_read(tmp_path: Path) -> None:
    path = database("m2", tmp_path / "mlflow.db")
    other = database("o4", tmp_path / "optuna.db")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    found = read_all([path, other])
    assert time.monotonic() - begun < 3
    assert found.problems == (f"{path} is being written just now. Try again later.",)
    assert len(found.runs) == 3
    writer.close()
    assert len(read_all([path]).runs) == 3


def test_what_is_none_of_theirs_is_told_of(tmp_path: Path) -> None:
    text, foreign, broken = (tmp_path / name for name in ("a.txt", "b.db", "c.db"))
    text.write_text("hello")
    conn = sqlite3.connect(foreign)
    conn.execute("CREATE TABLE t (a)")
    conn.close()
    broken.write_bytes(b"SQLite format 3\x00" + bytes(range(256)) * 20)
    found = read_all([text, foreign, broken])
    assert not found.runs
    assert len(found.problems) == 3
    for path, problem in zip((text, foreign, broken), found.problems, strict=True):
        assert str(path) in problem


def test_a_half_written_line_of_a_journal_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "optuna.log"
    path.write_bytes(
        (FIXTURES / "o4.log").read_bytes() + b"[" * 10**5 + b"\n" + b'{"op_code": 4, "stu'
    )
    assert len(read_all([path]).runs) == 3


def test_places_are_those_that_are_there(tmp_path: Path) -> None:
    for name in ("mlflow.db", "other.db"):
        (tmp_path / name).touch()
    environ = {"MLFLOW_TRACKING_URI": "sqlite:///other.db", "OPTUNA_STORAGE": "mysql://host/db"}
    assert [path.name for path in usual(tmp_path, environ)] == ["other.db", "mlflow.db"]
    assert place("sqlite:////abs/a.db?timeout=3", tmp_path) == Path("/abs/a.db")
    assert place("file:///abs/my%20runs", tmp_path) == Path("/abs/my runs")
    assert place("https://mlflow.example", tmp_path) is None


def test_databases_and_journals_of_trackers_are_found_by_what_is_in_them(tmp_path: Path) -> None:
    study(tmp_path / "db.sqlite3", 1)
    database("m3", tmp_path / "tracking.db")
    shutil.copy(FIXTURES / "o4.log", tmp_path / "optuna_journal_storage.log")
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as conn:
        conn.execute("CREATE TABLE trials (a)")
    (tmp_path / "train.log").write_text('{"loss": 1}\n')
    (tmp_path / "broken.db").write_bytes(b"SQLite format 3\x00" + bytes(range(256)))
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "gone.log").symlink_to("nowhere")
    assert {path.name for path in usual(tmp_path, {})} == {
        "db.sqlite3", "tracking.db", "optuna_journal_storage.log",
    }  # fmt: skip
    for at in range(30):
        (tmp_path / f"{at}.log").touch()
    os.utime(tmp_path / "tracking.db", (1, 1))
    found = {path.name for path in usual(tmp_path, {})}
    assert "tracking.db" not in found, "of very many files the newest"
    assert usual(tmp_path / "nowhere", {}) == []


def test_a_file_of_mlflow_that_ends_in_nan_is_said_with_its_step(tmp_path: Path) -> None:
    root = folder(tmp_path / "mlruns")
    file = next(root.glob("*/*/metrics/val_auc"))
    file.write_text("1 0.8 0\n2 nan 1\n3 0.9 2\n4 nan 3\n5 NaN 4\n")
    told = [one for one in read_all([root]).runs if "val_auc" in one.metrics]
    assert [one.unread for one in told if one.unread] == [
        ("loss is NaN since step 0", "val_auc is NaN since step 3")
    ]


def test_runs_of_mlflow_that_were_deleted_are_not_counted(tmp_path: Path) -> None:
    root = folder(tmp_path / "mlruns")
    before = count_all([root])[0][root]
    assert before == len(read_all([root]).runs)
    meta = next(root.glob("*/*/meta.yaml"))
    meta.write_text(meta.read_text().replace("lifecycle_stage: active", "lifecycle_stage: deleted"))
    assert count_all([root])[0][root] == before - 1


def test_every_tracker_has_a_name_for_people() -> None:
    """A card calls a run by its tracker: Tracked.as_run looks the word before the colon up."""
    modules = [
        importlib.import_module(f"{trackers.__name__}.{found.name}")
        for found in pkgutil.iter_modules(trackers.__path__)
    ]
    made = {module.TRACKER for module in modules if hasattr(module, "TRACKER")}
    assert made == {*TRACKERS}
    assert {tracker.kind for tracker in TRACKERS} | {"slurm"} == KINDS.keys()
    for module in modules:
        if any(hasattr(cls, "runs") for _, cls in inspect.getmembers(module, inspect.isclass)):
            assert hasattr(module, "TRACKER") or module.__name__.endswith((".places", ".tracker"))
