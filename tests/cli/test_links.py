"""link, unlink and sync-runs: what trackers tell of is on the cards, once."""

import shutil
from pathlib import Path

import pytest

from tests.runs.trackers.files import FIXTURES, database


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for name in ("MLFLOW_TRACKING_URI", "OPTUNA_STORAGE"):
        monkeypatch.delenv(name, raising=False)


def test_a_tagged_run_is_linked_once_and_fills_the_metric(board) -> None:
    ref = board.card("focal", "--metric", "val_auc>=0.92")
    database("m3", Path("mlflow.db"), ref)
    first = board.data("sync-runs")
    [linked] = first["linked"]
    assert linked["card"] == ref
    assert {one["name"] for one in first["unlinked"]} == {"killed", "failed"}
    again = board.data("sync-runs")
    assert (again["linked"], again["changed"]) == ([], [])
    [run] = board.data("runs", ref)
    assert (run["id"], run["state"], run["metrics"]) == (
        linked["run"],
        "tracked",
        {"val_auc": 0.917},
    )
    assert run["tracker"]["says"] == "FINISHED"
    assert run["tracker"]["where"] == str(Path("mlflow.db").absolute())
    card = board.data("show", ref)
    assert card["metric"]["value"] == 0.917
    assert linked["run"] in card["links"]
    assert "tracker says FINISHED" in board("show", ref).out


def test_what_a_tracker_says_moves_and_blocks_nothing(board) -> None:
    ref = board.card("focal")
    database("m3", Path("mlflow.db"))
    before = board.data("show", ref)
    for one in board.data("sync-runs")["unlinked"]:
        assert board("link", ref, one["ref"]).code == 0
    after = board.data("show", ref)
    for name in ("stage", "work", "blocked"):
        assert after[name] == before[name]
    assert len(board.data("runs", ref)) == 3


def test_linking_by_hand_is_undone_and_unlinking_lasts(board) -> None:
    ref, other = board.card("focal"), board.card("other")
    shutil.copy(FIXTURES / "o4.log", "elsewhere.log")
    assert board("link", ref, "optuna:sweep/2").code == 3
    done = board("link", ref, "optuna:sweep/2", "--from", "elsewhere.log")
    assert f"optuna:sweep/2 linked to {ref}." in done.err
    refused = board("link", other, "optuna:sweep/2", "--from", "elsewhere.log")
    assert (refused.code, f"linked to {ref} already" in refused.err) == (1, True)
    assert board("undo").code == 0
    assert board.data("runs", ref) == []
    assert board("link", ref, "optuna:sweep/2", "--from", "elsewhere.log").code == 0
    assert board("unlink", ref, "optuna:sweep/2").code == 0
    assert board("unlink", ref, "optuna:sweep/2").code == 3
    assert board.data("runs", ref) == []
    assert board("link", ref, "nonsense").code == 2


def test_a_tag_does_not_bring_back_what_a_person_took_off(board) -> None:
    ref = board.card("focal")
    database("m2", Path("mlflow.db"), ref)
    [linked] = board.data("sync-runs")["linked"]
    assert board("unlink", ref, linked["run"]).code == 0
    assert board.data("sync-runs")["linked"] == []
    assert board.data("runs", ref) == []


def test_ignored_runs_are_not_listed_until_that_is_undone(board) -> None:
    board.card("focal")
    database("m2", Path("mlflow.db"))
    listed = board.data("sync-runs")["unlinked"]
    assert len(board.data("sync-runs", "--ignore", listed[0]["ref"])["unlinked"]) == len(listed) - 1
    assert board("undo").code == 0
    assert board.data("sync-runs")["unlinked"] == listed


def test_what_cannot_be_read_is_told_of(board) -> None:
    board.card("focal")
    Path("optuna.log").write_text("nothing of the kind")
    database("m2", Path("mlflow.db"))
    answer = board("sync-runs")
    assert answer.code == 0
    assert "optuna.log is no file of a tracker" in answer.err
    assert "3 runs in 1 places" in answer.err
    assert board("sync-runs", "missing.db").code == 3


def test_the_doctor_lists_trackers(board) -> None:
    board.card("focal")
    database("m2", Path("mlflow.db"))
    Path("optuna.log").write_text("nothing of the kind")
    said = {
        check["verdict"]: check["said"]
        for check in board.data("doctor")["checks"]
        if check["what"] == "tracker"
    }
    assert said["ok"].endswith("mlflow.db: runs 3")
    assert "optuna.log is no file of a tracker" in said["note"]
