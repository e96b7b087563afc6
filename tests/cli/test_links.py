"""link, unlink and sync-runs: what trackers tell of is on the cards, once."""

import contextlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.runs.trackers.files import FIXTURES, database, logs, study, wandb


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for name in ("MLFLOW_TRACKING_URI", "OPTUNA_STORAGE"):
        monkeypatch.delenv(name, raising=False)


def label(board, ref: str) -> str:
    """What a run has to be tagged with to be one of this card."""
    return str(board.data("show", ref)["label"])


def test_a_tagged_run_is_linked_once_and_fills_the_metric(board) -> None:
    ref = board.card("focal", "--metric", "val_auc>=0.92")
    database("m3", Path("mlflow.db"), label(board, ref))
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
    shown = board("show", ref).out
    assert "finished" in shown.split()
    assert run["parameters"] == {"lr": "0.01"}
    assert "lr" in shown.split()
    printed = board("runs", ref).out
    assert "PARAMETERS" in printed
    assert "lr 0.01" in printed


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
    shutil.copy(FIXTURES / "o4.log", "../elsewhere.log")
    assert board("link", ref, "optuna:sweep/2").code == 3
    done = board("link", ref, "optuna:sweep/2", "--from", "../elsewhere.log")
    assert done.err.startswith("optuna:sweep/2@")
    assert f" linked to {ref}." in done.err
    refused = board("link", other, "optuna:sweep/2", "--from", "../elsewhere.log")
    assert (refused.code, f"linked to {ref} already" in refused.err) == (1, True)
    refused = board("sync-runs", "--new", "optuna:sweep/2")
    assert (refused.code, f"linked to {ref} already" in refused.err) == (1, True)
    assert board("undo").code == 0
    assert board.data("runs", ref) == []
    assert board("link", ref, "optuna:sweep/2", "--from", "../elsewhere.log").code == 0
    assert board("unlink", ref, "optuna:sweep/2").code == 0
    assert board("unlink", ref, "optuna:sweep/2").code == 3
    assert board.data("runs", ref) == []
    assert board("link", ref, "nonsense").code == 2


def test_a_tag_without_a_store_or_without_a_card_links_nothing(board) -> None:
    ref = board.card("focal")
    store, _, _ = label(board, ref).partition(":")
    for tag in (ref, f"{store}:zz9"):
        Path("mlflow.db").unlink(missing_ok=True)
        database("m3", Path("mlflow.db"), tag)
        told = board.data("sync-runs")
        assert told["linked"] == []
        assert [one["tagged"] for one in told["unlinked"] if one["name"] == "seed 1"] == [tag]
        assert f"seed 1  val_auc 0.917  tagged {tag}" in board("sync-runs").out
    assert board.data("runs", ref) == []


def test_a_label_names_its_card_to_every_command(board) -> None:
    ref = board.card("focal")
    assert board.data("show", label(board, ref).upper())["id"] == ref
    assert f"Label       {label(board, ref)}" in board("show", ref).out
    assert board("show", f"{'0' * 8}:{ref}").code == 3


def test_a_tag_does_not_bring_back_what_a_person_took_off(board) -> None:
    ref = board.card("focal")
    database("m2", Path("mlflow.db"), label(board, ref))
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


def test_a_folder_of_event_files_is_linked_by_its_path(board) -> None:
    ref = board.card("focal", "--metric", "val/auc.max>=0.92")
    logs(Path("elsewhere/seed 1"))
    name = f"tensorboard:{Path('elsewhere/seed 1').absolute()}"
    assert board("link", ref, "tensorboard:elsewhere/seed 1").code == 0
    [run] = board.data("runs", ref)
    assert (run["id"], run["metrics"]["val/auc"]) == (name, pytest.approx(0.917))
    assert board.data("show", ref)["metric"]["value"] == pytest.approx(0.95)
    logs(Path("elsewhere/seed 1"), "tb", "2")
    assert board.data("sync-runs")["changed"] == []
    logs(Path("runs/seed 2"))
    assert board("sync-runs", "--ignore", "tensorboard:runs/seed 2").code == 0
    assert board.data("sync-runs")["unlinked"] == []
    assert board("sync-runs", "--heed", "tensorboard:runs/seed 2").code == 0
    told = board.data("sync-runs")
    assert [(one["name"], one["experiment"]) for one in told["unlinked"]] == [("seed 2", "runs")]
    assert board("link", ref, "tensorboard:nowhere").code == 3
    assert board("unlink", ref, "tensorboard:elsewhere/seed 1").code == 0
    assert board.data("runs", ref) == []


def test_a_name_that_several_files_have_is_not_guessed(board) -> None:
    ref = board.card("focal")
    for name in ("optuna.log", "journal.log"):
        shutil.copy(FIXTURES / ("o4.log" if name == "optuna.log" else "o5.log"), name)
    refused = board("link", ref, "optuna:sweep/2")
    assert (refused.code, "Name it in full." in refused.err) == (2, True)
    told = board.data("sync-runs")["unlinked"]
    full = [one["ref"] for one in told if one["name"] == "sweep 2"]
    assert all(name in refused.err for name in full)
    assert board("link", ref, full[0]).code == 0
    assert board("link", ref, "optuna:sweep/2").code == 2
    assert [run["id"] for run in board.data("runs", ref)] == [full[0]]


def test_a_card_is_made_of_a_run_in_one_step(board) -> None:
    database("m3", Path("mlflow.db"))
    listed = board.data("sync-runs")["unlinked"]
    one = next(one for one in listed if one["name"] == "seed 1")
    answer = board.data("sync-runs", "--new", one["ref"])
    assert one not in answer["unlinked"]
    [card] = board.data("list")
    assert (card["title"], card["stage"]) == ("seed 1", "Ideas")
    [run] = board.data("runs", card["id"])
    assert (run["id"], run["metrics"]) == (one["ref"], {"val_auc": 0.917})
    assert board("undo").code == 0
    assert board.data("list") == []
    assert board.data("sync-runs")["unlinked"] == listed


def test_an_experiment_is_ignored_with_what_comes_until_it_is_heeded(board) -> None:
    board.card("focal")
    path = database("m2", Path("mlflow.db"))
    database("m3", Path("../other.db"))
    listed = board.data("sync-runs", "../other.db")["unlinked"]
    here = [one for one in listed if one["where"] == str(path.absolute())]
    assert (len(listed), len(here)) == (6, 3)
    gone = board.data("sync-runs", "../other.db", "--ignore-experiment", here[0]["ref"])
    assert {one["ref"] for one in gone["ignored"]} == {one["ref"] for one in here}
    assert len(gone["unlinked"]) == 3, "that of the other file is another one"
    conn = sqlite3.connect(path)
    conn.execute("UPDATE runs SET run_uuid = 'fresh' WHERE run_uuid = ?", [here[1]["ref"][7:]])
    conn.commit()
    conn.close()
    told = board.data("sync-runs")
    assert (told["unlinked"], "mlflow:fresh" in {o["ref"] for o in told["ignored"]}) == ([], True)
    shown = board("sync-runs", "--ignored")
    assert "ignored  MLflow, focal loss: 3 runs" in shown.out
    assert "3 ignored" in shown.err
    assert len(board.data("sync-runs", "--heed", "mlflow:fresh")["unlinked"]) == 3
    history = board("history").out
    assert f"mlflow:{path.absolute()}:focal loss ignored" in history
    assert "focal loss listed again" in history


def test_triage_prints_what_waits_and_links_nothing(board) -> None:
    ref = board.card("focal")
    database("m3", Path("mlflow.db"), label(board, ref))
    asked = board.data("triage", "--view", "unlinked")
    assert [one["title"] for one in asked] == ["failed", "killed"]
    assert {one["why"] for one in asked} == {"unlinked run of MLflow, focal loss"}
    assert board.data("triage", "--view", "unlinked", "--limit", "1") == asked[:1]
    shown = board("triage", "--view", "unlinked")
    assert "MLflow, focal loss: 2 runs" in shown.out
    assert "mlkanban link CARD" in shown.err
    database("o4", Path("optuna.db"))
    counted = board("triage", "--view", "unlinked", "--limit", "1")
    heading, _, older, others = counted.out.splitlines()
    assert "MLflow, focal loss: 2 runs" in heading or "Optuna, sweep: 3 runs" in heading
    assert (older[:5], others) == ("  and", "and 1 experiment more")
    assert len(board("triage", "--view", "unlinked", "--limit", "9").out.splitlines()) == 7
    assert board.data("runs", ref) == []
    assert board.data("triage", "--view", "new") == board.data("triage")


def test_thousands_of_runs_are_listed_calmly_newest_first(board) -> None:
    ref = board.card("focal")
    path = database("m3", Path("mlflow.db"))
    conn = sqlite3.connect(path)
    names = [row[1] for row in conn.execute("PRAGMA table_info(runs)")]
    rows = conn.execute("SELECT * FROM runs LIMIT 1").fetchone()
    made = dict(zip(names, rows, strict=True))
    for number in range(2000):
        made |= {"run_uuid": f"r{number}", "name": f"run {number}", "start_time": 1 + number}
        marks = ", ".join("?" * len(names))
        conn.execute(f"INSERT INTO runs VALUES ({marks})", [made[name] for name in names])
    conn.commit()
    conn.close()
    answer = board("sync-runs")
    first, *shown, last = answer.out.splitlines()
    assert "MLflow, focal loss: 2,003 runs" in first
    assert (len(shown), last) == (5, "  and 1,998 older")
    assert ["run 1999" in shown[3], "run 1998" in shown[4]] == [True, True]
    assert "2,003 unlinked" in answer.err
    conn = sqlite3.connect(path)
    told = "SELECT 'mlkanban.card', ?, run_uuid FROM runs WHERE run_uuid LIKE 'r%' LIMIT 30"
    conn.execute(f"INSERT INTO tags {told}", [label(board, ref)])
    conn.commit()
    conn.close()
    shown = board("sync-runs").out.splitlines()
    assert sum(line.startswith("linked ") for line in shown) == 20
    assert "and 10 more" in shown


def test_what_cannot_be_read_is_told_of(board) -> None:
    board.card("focal")
    Path("optuna.log").write_text("nothing of the kind")
    database("m2", Path("mlflow.db"))
    answer = board("sync-runs")
    assert answer.code == 0
    assert "optuna.log is no file of a tracker" in answer.err
    assert "Runs read: 3; " in answer.err
    assert board("sync-runs", "missing.db").code == 3
    Path("hy.py").write_text("import hydra\n")
    advice = board("sync-runs", "hy.py").err
    assert "hy.py is no file of a tracker" in advice
    assert "mlkanban sync-runs with --new" in advice
    Path("mlflow.db").unlink()
    refused = board("sync-runs", "hy.py")
    assert (refused.code, "Nothing was read." in refused.err) == (5, True)


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


def test_half_characters_of_a_tracker_are_shown_as_such_and_break_nothing(board) -> None:
    ref = board.card("focal")
    odd = "\\ud800\\u0000"
    text = (FIXTURES / "o4.log").read_text()
    for name in ('"sweep"', '"t1"', '"lr"'):
        text = text.replace(name, f'"{odd}{name[1:]}')
    Path("optuna.log").write_text(text)
    for args in (("sync-runs",), ("triage", "--view", "unlinked")):
        shown = board(*args)
        assert shown.code == 0
        assert "unlinked  Optuna, \ufffd\ufffdsweep: 3 runs" in shown.out
    told = board.data("sync-runs")["unlinked"]
    assert {name for one in told for name in one["params"]} == {"\ufffd\ufffdlr"}
    assert {one["experiment"] for one in told} == {"\ufffd\ufffdsweep"}
    assert board("link", ref, told[0]["ref"]).code == 0
    assert board("sync-runs", "--ignore-experiment", told[1]["ref"]).code == 0
    assert board.data("sync-runs")["unlinked"] == []


def test_what_a_decision_needs_is_printed_with_the_runs(board) -> None:
    """Runs of a file that was named are found again by the command as it stands there."""
    ref = board.card("focal")
    Path("my mdb").mkdir()
    database("m3", Path("my mdb/mlflow.db"))
    said = board("sync-runs", "my mdb/mlflow.db").err
    assert "mlkanban link CARD KIND:REF --from 'my mdb/mlflow.db' or" in said
    [run, *_] = [one["ref"] for one in board.data("sync-runs", "my mdb/mlflow.db")["unlinked"]]
    assert board("link", ref, run, "--from", "my mdb/mlflow.db").code == 0


def test_an_infinite_metric_is_no_number(board) -> None:
    """MLflow's database holds the largest float for it."""
    ref = board.card("focal", "--metric", "val_auc>=0.92")
    path = database("m3", Path("mlflow.db"), label(board, ref))
    conn = sqlite3.connect(path)
    conn.execute("UPDATE latest_metrics SET value = 1.7976931348623157e308 WHERE key = 'val_auc'")
    conn.execute("UPDATE latest_metrics SET value = -1.7976931348623157e308 WHERE key = 'loss'")
    conn.commit()
    conn.close()
    board.data("sync-runs")
    assert [run["metrics"] for run in board.data("runs", ref)] == [{}]
    assert board.data("show", ref)["metric"]["value"] is None
    assert "e+308" not in board("runs", ref).out + board("list").out


def test_a_metric_that_became_nan_is_said_where_the_run_is_shown(board) -> None:
    ref = board.card("focal", "--metric", "val_auc>=0.92")
    path = database("m3", Path("mlflow.db"), label(board, ref))
    conn = sqlite3.connect(path)
    conn.execute("UPDATE latest_metrics SET value = 0, is_nan = 1, step = 52 WHERE key = 'val_auc'")
    conn.execute("DELETE FROM latest_metrics WHERE key = 'loss'")
    conn.executemany(
        "INSERT INTO metrics SELECT 'val_auc', 0, ?, run_uuid, ?, ? FROM latest_metrics",
        [(1, 40, 1), (2, 41, 0), (3, 50, 1), (4, 52, 1)],
    )
    conn.commit()
    conn.close()
    board.data("sync-runs")
    said = "val_auc is NaN since step 50"
    [run] = board.data("runs", ref)
    assert run["unread_metrics"] == [said]
    [row] = [line for line in board("runs", ref).out.splitlines() if line.startswith("mlflow:")]
    assert said in row
    assert said in board("show", ref).out
    [note] = [line for line in board("doctor").out.splitlines() if said in line]
    assert ref in note
    assert run["id"] in note
    assert board.data("sync-runs")["changed"] == []


def test_trials_fill_the_metric_of_their_card(board) -> None:
    ref = board.card("focal", "--metric", "val_auc>=0.6")
    database("o5", Path("optuna.db"), label(board, ref))
    board.data("sync-runs")
    [run] = board.data("runs", ref)
    assert run["metrics"] == {"val_auc": 0.5}
    assert (run["started"][:19], run["ended"][:19]) == ("2026-11-25T07:02:14",) * 2
    assert board.data("show", ref)["metric"]["value"] == 0.5
    board("edit", ref, "--metric", "none")
    board("edit", ref, "--metric", "val_loss<=0.3")
    assert "1 trial reports `value`, the card's target is `val_loss`" in board("runs", ref).out


def test_trials_with_nearly_equal_parameters_are_no_repeats(board) -> None:
    ref = board.card("search", "--metric", "value>=0.9")
    study(Path("o.db"), 3, label(board, ref))
    exact = [0.99908232, 0.99910728, 0.001128871899812969]
    with contextlib.closing(sqlite3.connect("o.db")) as conn, conn:
        conn.execute("DELETE FROM trial_params WHERE param_name = 'dropout'")
        for trial, value in enumerate(exact):
            change = "UPDATE trial_params SET param_value = ? WHERE trial_id = ?"
            conn.execute(change, (value, trial))
    board("sync-runs", "o.db")
    runs = board.data("runs", ref)
    assert sorted(float(run["parameters"]["lr"]) for run in runs) == sorted(exact)
    figures = json.loads(board("--json", "runs", ref).out)["meta"]["figures"]
    assert [one["n"] for one in figures["configurations"]] == [1, 1, 1]
    assert "0.99908 " in board("runs", ref).out


def test_what_tells_most_of_the_metric_comes_first_and_whole_without_a_terminal(board) -> None:
    ref = board.card("search", "--metric", "value>=0.9")
    study(Path("o.db"), 12, label(board, ref))
    board("sync-runs", "o.db")
    told = board.data("runs", ref)
    assert [*told[0]["differs"]] == ["lr", "dropout"]
    assert set(told[0]["parameters"]) == {"lr", "dropout"}
    [lr, dropout] = json.loads(board("--json", "runs", ref).out)["meta"]["importances"]
    assert (lr["name"], lr["share"], lr["correlation"], lr["n"]) == ("lr", 1.0, -1.0, 12)
    assert (lr["beyond_chance"], dropout["beyond_chance"]) == (True, False)
    printed = board("runs", ref).out
    assert "DIFFERS" in printed
    assert "lr 0.00012  dropout 0.1" in printed
    assert "tells most  lr 1.00" in printed
    chart = board("runs", ref, "--chart").out
    assert "value by trial" in chart
    assert "The best of 12 trials is .95 (trial 0), .05 beyond the target." in chart
    assert "what parameters tell: share of rank variance, n 12" in chart
    assert "within chance" in next(
        line for line in chart.splitlines() if line.startswith("dropout")
    )
    shown = board("show", ref).out
    head = next(line for line in shown.splitlines() if "STARTED" in line)
    assert head.index("lr") < head.index("dropout")


@pytest.mark.parametrize("server", ["https://ada:secret@mlflow.example:5000/x", "databricks"])
def test_a_server_is_not_passed_over_in_silence(
    board, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.card("focal")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    said = board("sync-runs").err
    assert "MLFLOW_TRACKING_URI is a server" in said
    assert "mlkanban: NAME=VALUE" in said
    assert "secret" not in said
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert "What you named is a server" in board("sync-runs", server).err


@pytest.mark.parametrize(
    "command",
    [
        ("run", "{}", "--", "true"), ("sbatch", "{}", "job.sh"), ("sync-runs",),
        ("link", "{}", "tensorboard:."), ("unlink", "{}", "tensorboard:."),
        ("--home", "here", "list"),
    ],
)  # fmt: skip
def test_from_a_folder_that_was_removed_one_sentence_says_so(
    board, home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    ref, place = board.card("c"), home["MLKANBAN_HOME"]
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    answer = board(*(part.format(ref) for part in command))
    monkeypatch.chdir(tmp_path)
    assert (answer.code, answer.err) == (
        4, "mlkanban: The folder you are in does not exist any more. Change to another: cd\n"
    )  # fmt: skip
    assert not list(tmp_path.rglob("crash.log"))
    assert board.data("--home", place, "runs", ref) == []


def test_doctor_goes_on_in_a_folder_that_was_removed(
    board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    answer = board("doctor")
    monkeypatch.chdir(tmp_path)
    assert "does not exist any more" in answer.out + answer.err


def test_a_run_of_a_tracker_cannot_be_stopped_and_says_so(board) -> None:
    ref = board.card("focal", "--metric", "val_auc>=0.92")
    path = database("m3", Path("mlflow.db"), label(board, ref)).absolute()
    board.data("sync-runs")
    [run] = board.data("runs", ref)
    said = f"MLflow keeps its own log ({path}); this board did not start it and cannot stop it."
    for name in (run["id"], run["id"][-8:]):
        for command in ("stop", "logs", "diff"):
            done = board(command, name)
            assert done.code == 1
            assert said in done.err
            assert "machine it was started on" not in done.err
    assert board("stop", "nothing-like-it").code == 3


def test_many_links_are_counted_and_ordered_by_number(board) -> None:
    links = [f"optuna:s/{at}" for at in range(1, 13)]
    ref = board.card("focal", *(word for one in links[::-1] for word in ("--link", one)))
    assert board.data("show", ref)["links"] == links
    assert "12 (12 optuna)" in board("show", ref).out
    assert "optuna:s/3" not in board("show", ref).out
    few = board.card("few", "--link", "optuna:s/10", "--link", "optuna:s/2")
    out = board("show", few).out
    assert out.index("optuna:s/2") < out.index("optuna:s/10")


def test_trackers_are_read_in_the_folders_of_own_runs_from_anywhere(
    board, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = board.card("focal", "--metric", "val_auc>=0.9")
    assert board("run", ref, "--", "true").code == 0
    database("m3", Path("tracking.db"), label(board, ref))  # too late for the end of the run
    Path("../elsewhere").mkdir()
    monkeypatch.chdir("../elsewhere")
    assert "tracking.db: runs 3" in board("doctor").out
    assert board.data("show", ref)["metric"]["value"] is None
    [linked] = board.data("sync-runs")["linked"]
    assert linked["card"] == ref
    assert board.data("show", ref)["metric"]["value"] == 0.917
    assert board.data("sync-runs")["changed"] == []


def test_event_files_of_a_run_are_offered_with_it_and_are_its_record_where_alone(board) -> None:
    ref = board.card("focal", "--metric", "val/auc>=0.9")
    copy = "cp -p ../events runs/resnet-s1/events.out.tfevents.1"
    logs(Path("../made"), "tbx").joinpath("events.out.tfevents.1").rename("../events")
    shell = f"mkdir -p runs/resnet-s1; {copy}"
    assert board("run", ref, "--", "sh", "-c", shell).code == 0
    [run] = board.data("runs", ref)
    folder = Path(os.environ["MLKANBAN_HOME"]) / "runs" / run["id"]
    start = json.loads((folder / "start.json").read_text())
    [written] = board.data("sync-runs")["unlinked"]
    (folder / "start.json").write_text(json.dumps(start | {"started": "2026-01-01T00:00:00Z"}))
    end = {"exit": 0, "ended": "2030-01-01T00:00:00Z"}
    assert written["during"] is None, "written long before"
    (folder / "end.json").write_text(json.dumps(end))
    [written] = board.data("sync-runs")["unlinked"]
    assert written["during"] == {"run": run["id"], "card": ref}
    out = board("sync-runs").out
    assert f"val/auc 0.917  val/auc.max 0.95  written during run {run['id'][-8:]} of {ref}" in out
    assert board("link", ref, written["ref"]).code == 0
    [own] = board.data("runs", ref)
    assert (own["id"], own["metrics"]["val/auc"]) == (run["id"], pytest.approx(0.917))
    shutil.copytree("runs/resnet-s1", "runs/resnet-s2")
    assert board("link", ref, "tensorboard:runs/resnet-s2").code == 0
    [below] = (one for one in board.data("runs", ref) if one["id"] != run["id"])
    assert below["parent"] == run["id"], "one of two"


def test_runs_of_another_store_are_a_count(board) -> None:
    ref = board.card("focal")
    database("m3", Path("mlflow.db"), f"01234567:{ref}")
    found = board.data("sync-runs")
    assert (found["of_other_stores"], found["linked"]) == (1, [])
    assert {one["name"] for one in found["unlinked"]} == {"killed", "failed"}
    assert "tagged with cards of other stores: 1 run" in board("sync-runs").out
    assert board.data("runs", ref) == []


def test_that_the_program_of_weights_and_biases_is_missing_is_said_once(
    board, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    board.card("focal")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    wandb(Path("wandb"), tmp_path / "elsewhere")
    assert "no program wandb" in board("sync-runs").err
    assert "no program wandb" not in board("sync-runs").err
    assert "no program wandb" in board("sync-runs", "wandb").err, "a person asks for it"
    assert len(board.data("sync-runs")["problems"]) == 1
    shutil.rmtree(next(run for run in Path("wandb").iterdir() if run.is_dir()))
    assert "2 runs in" in board("sync-runs").err


def test_values_of_a_search_over_its_parameters(board, tmp_path) -> None:
    ref = board.card("search", "--metric", "value>=0.9")
    study(tmp_path / "optuna.db", 12)
    board("link", ref, "optuna:lr search", "--from", str(tmp_path / "optuna.db"))
    drawn = board("runs", ref, "--chart", "lr").out
    assert "value by lr" in drawn
    assert "value by trial" not in drawn
    assert "hyper-parameters by value" in board("runs", ref, "--chart", "parameters").out
    assert "value by trial" in board("runs", "--chart", ref).out
    wrong = board("runs", ref, "--chart", "momentum")
    assert (wrong.code, wrong.out) == (2, "")
    assert "do not differ in a hyper-parameter momentum. They differ in: lr" in wrong.err
    search = json.loads(board("--json", "runs", ref).out)["meta"]["search"]
    assert (search["word"], search["total"], search["configurations"]) == ("trial", 12, 12)
    assert search["parameters"][0]["name"] == "lr"
    none = board("runs", board.card("other"), "--chart", "lr")
    assert none.code == 2
    assert "Three configurations with a value" in none.err
