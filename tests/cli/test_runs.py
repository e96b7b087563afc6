"""What the runs of a card say together, on the command line."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from scipy import stats

from mlkanban.cli import before_run
from mlkanban.cli.before_run import slot_for
from mlkanban.cli.session import Session
from mlkanban.display.run_text import difference_text
from mlkanban.errors import StoreProblem
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.intake import Intake
from mlkanban.runs.model.intervals import Difference
from tests.cli.conftest import Person
from tests.runs.model.test_hydra_log import ONE_AFTER_THE_OTHER
from tests.service import people
from tests.service.machine import FAILED, FINISHED, Machine

AIM = {"name": "auc", "direction": ">=", "target": 0.92}


@pytest.fixture
def ref(home: dict[str, str], mlk: Person) -> str:
    """A card with two runs that reported and one that failed."""
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    [made] = ada.adds("focal loss", to="Training", metric=AIM)
    box = Machine(ada)
    for name, reached in (("r1", 0.94), ("r2", 0.93)):
        box.starts(made, name, gpus=60)
        box.ends(made, name, FINISHED, metrics={"loss": 0.1, "f1": 0.8, "auc": reached})
    box.starts(made, "r3")
    box.ends(made, "r3", FAILED)
    ada.service.close()
    return made


def test_the_runs_of_a_card_are_told_with_what_they_say_together(mlk: Person, ref: str) -> None:
    lines = mlk("runs", ref).out.splitlines()
    best = [line for line in lines if " best  " in line]
    assert [line.split()[0] for line in best] == ["r1"]
    assert "auc 0.94 best  loss 0.1 …" in best[0], "the metric of the card comes first"
    assert "auc 0.94  loss 0.1 …" in mlk("runs").out, "in every list"
    said, proposed, used = lines[-3:]
    assert said.startswith("auc 0.935 +- 0.007 (2 runs)  ")
    assert "best run 0.94 of 03-02" in said
    assert said.endswith(" (r1)")
    assert proposed == (
        "proposed: supported; >=0.92 is reached by more than the spread; with the true mean at the"
        " target, two runs say so in up to 1 of 5 cases; no commit of the runs is known, so their"
        " code may differ"
    )
    assert used.endswith("gpu-h (1 run of unknown gpu-hours not counted)")
    assert "proposed" not in mlk("runs").out, "what all cards say together means nothing"


def test_scripts_get_the_figures_beside_the_runs(mlk: Person, ref: str) -> None:
    answer = mlk("--json", "runs", ref).object
    assert [run["id"] for run in answer["data"]] == ["r3", "r2", "r1"]
    figures = answer["meta"]["figures"]
    assert figures["values"] == [0.94, 0.93]
    assert (figures["n"], figures["mean"], figures["best"]) == (2, pytest.approx(0.935), "r1")
    assert figures["sd"] == pytest.approx(0.00707, abs=1e-5)
    assert (figures["metric"], figures["proposal"]) == ("auc", "supported")
    assert answer["meta"]["gpu_hours"] > 0
    assert answer["meta"]["runs_of_unknown_gpu_hours"] == 1
    assert "meta" not in mlk("--json", "runs").object
    other = mlk.card("no runs")
    assert mlk("--json", "runs", other).object["meta"]["figures"] is None


def test_one_card_says_one_value_of_its_metric_wherever_it_is_shown(mlk: Person, ref: str) -> None:
    assert "auc .935/>=.92" in mlk("show", ref).out
    assert ",auc,0.935,>=,0.92," in mlk("export", "csv").out
    assert "auc .935→≥.92" in mlk().out
    assert mlk.data("show", ref)["metric"]["value"] == 0.935
    mlk("edit", ref, "--metric", "auc>=0.95")
    assert "auc .935/>=.95" in mlk("show", ref).out, "a new target is no new value"
    mlk("edit", ref, "--metric", "auc=0.5")
    assert "auc .5/>=.95" in mlk("show", ref).out, "a person wrote another value"
    assert "auc .5→≥.95" in mlk().out


def test_runs_with_other_parameters_are_not_averaged(home: dict[str, str], mlk: Person) -> None:
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    [ref] = ada.adds("depth of the trees", to="Training", metric=AIM)
    box = Machine(ada)
    tried = [(3, 1, 0.90), (3, 2, 0.91), (6, 1, 0.945), (6, 2, 0.935), (6, 3, 0.94), (9, 1, 0.80)]
    for depth, seed, reached in tried:
        name = f"d{depth}s{seed}"
        box.starts(ref, name, argv=("python", "x.py", f"depth={depth}", f"seed={seed}"))
        box.ends(ref, name, FINISHED, metrics={"auc": reached})
    ada.service.close()
    said = mlk("runs", ref).out
    assert "auc 0.8 (1 run, depth 9)" in said
    rows = [" ".join(line.split()) for line in said.splitlines()]
    assert "CONFIGURATION N AUC DIFFERENCE SAYS" in rows
    assert "depth 9 1 0.800 -.14 vs depth 6 open" in rows, "one run and no noise: no interval"
    welch = stats.ttest_ind([0.945, 0.935, 0.94], [0.9, 0.91], equal_var=False)
    low, high = welch.confidence_interval()
    interval = difference_text(Difference(0.035, low, high))
    assert f"depth 6 best 3 0.940 +- 0.005 {interval} vs depth 3 supported" in rows
    assert "depth 3 2 0.905 +- 0.007 not supported" in rows
    assert "proposed: supported by depth 6: 0.94 +- 0.005 (3 runs); >=0.92 is reached" in said
    assert "auc .94/>=.92" in mlk("show", ref).out
    figures = mlk("--json", "runs", ref).object["meta"]["figures"]
    assert (figures["n"], figures["values"], figures["best"]) == (1, [0.8], "d6s1")
    assert [(one["label"], one["n"]) for one in figures["configurations"]] == [
        ("depth 3", 2), ("depth 6", 3), ("depth 9", 1),
    ]  # fmt: skip
    first, second, last = figures["configurations"]
    assert (first["vs_before"], first["vs_baseline"]) == (None, None)
    assert second["vs_before"] == pytest.approx({"value": 0.035, "low": low, "high": high})
    assert last["vs_before"]["low"] is None
    assert [one["proposal"] for one in (first, second, last)] == [
        "not supported", "supported", "open",
    ]  # fmt: skip
    assert (figures["trials"], figures["search"]) == (1, False)
    assert (figures["basis"]["label"], figures["basis"]["n"]) == ("depth 6", 3)


def test_the_names_for_repeats_in_the_settings_hold_on_every_surface(
    home: dict[str, str], mlk: Person
) -> None:
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    [ref] = ada.adds("focal loss", to="Training", metric=AIM)
    box = Machine(ada)
    for shard, reached in ((1, 0.94), (2, 0.93)):
        box.starts(ref, f"r{shard}", argv=("python", "x.py", f"shard={shard}"))
        box.ends(ref, f"r{shard}", FINISHED, metrics={"auc": reached})
    ada.service.close()
    assert "auc .94→≥.92" in mlk().out
    (Path(home["MLKANBAN_HOME"]) / "config.toml").write_text('repeat_parameters = ["shard"]')
    assert "auc .935→≥.92" in mlk().out
    assert "auc .935/>=.92" in mlk("show", ref).out
    assert ",auc,0.935,>=,0.92," in mlk("export", "csv").out
    assert "repeats are runs" not in mlk("show", ref).out
    assert mlk("--json", "runs", ref).object["meta"]["figures"]["n"] == 2
    assert mlk("doctor", "--deep").code == 0, "though the card was written under other names"
    mlk("edit", ref, "--priority", "high")
    assert "auc .935→≥.92" in mlk().out
    assert mlk("doctor", "--deep").code == 0


def test_the_names_for_repeats_in_the_settings_hold_where_a_job_starts(
    home: dict[str, str], mlk: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Path(home["MLKANBAN_HOME"])
    ada = people.Person(place)
    ada.starts()
    [ref] = ada.adds("focal loss", to="Training", metric=AIM)
    box = Machine(ada)
    for shard, reached in ((1, 0.94), (2, 0.93)):
        box.starts(ref, f"r{shard}", argv=("python", "x.py", f"shard={shard}"))
        box.ends(ref, f"r{shard}", FINISHED, metrics={"auc": reached})
    ada.service.close()
    for setting, averaged in (('["shard"]', 2), ('["seed"]', 1), ("3", 1)):
        (place / "config.toml").write_text(f"repeat_parameters = {setting}")
        with slot_for(Session(), ref, "") as slot:
            assert slot.service is not None
            found = slot.service.runs.results(ref)
        assert found is not None
        assert found.latest.n == averaged
        assert ("the default repeat_parameters are used." in capsys.readouterr().err) == (
            setting == "3"
        )


def test_a_job_for_the_queue_waits_while_others_write_the_store(
    home: dict[str, str], mlk: Person, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(before_run, "STORE_SECONDS", 0.0)
    [store] = Path(home["MLKANBAN_HOME"]).glob("**/board.db")
    other = sqlite3.connect(store, isolation_level=None, check_same_thread=False)
    with closing(other), slot_for(Session(), ref, "", how=None) as slot:
        assert slot.service is not None
        other.execute("BEGIN IMMEDIATE")
        timer = Timer(0.3, lambda: other.execute("ROLLBACK"))
        timer.start()
        with slot.service.runs.alone():
            assert not other.in_transaction, "the other one was waited for"
        timer.join()


def test_the_runs_of_a_card_are_told_apart_where_it_is_shown(
    home: dict[str, str], mlk: Person
) -> None:
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    [ref] = ada.adds("depth of the trees", to="Training", metric=AIM)
    box = Machine(ada)
    for at, depth in enumerate((3, 6, 9)):
        name = f"20260302-090000-0000000{at}"
        box.starts(ref, name, argv=("python", "x.py", f"depth={depth}"))
        box.ends(ref, name, FINISHED, metrics={"auc": 0.9 + depth / 1000})
    ada.service.close()
    shown = [line.split() for line in mlk("show", ref).out.splitlines()]
    assert ["00000002", "9"] in [[line[0], line[-3]] for line in shown if len(line) > 5]
    assert [line[-1] for line in shown if "best" in line and "run" in line] == ["(00000002)"]
    head = next(line for line in shown if line[:1] == ["RUN"])
    assert head == ["RUN", "STARTED", "STATE", "TIME", "METRIC", "depth", "RESULT"]


def test_a_verdict_is_proposed_and_never_set(mlk: Person, ref: str) -> None:
    told = mlk("done", ref, "--outcome", "shipped")
    assert f"{ref}: its runs say supported: auc 0.935 +- 0.007 (2 runs); >=0.92 is" in told.err
    assert f"mlkanban edit {ref} --verdict 'supported: auc 0.935 +- 0.007 (2 runs)'" in told.err
    assert mlk.data("show", ref)["verdict"] == ""
    again = mlk("done", ref, "--outcome", "shipped", "--verdict", "it helps")
    assert "its runs say" not in again.err
    assert mlk.data("show", ref)["verdict"] == "it helps"


def test_an_outcome_that_the_runs_contradict_is_named_and_no_verdict_proposed(
    mlk: Person, ref: str
) -> None:
    told = mlk("done", ref, "--outcome", "learned")
    assert f"{ref}: finished as learned, though its runs say supported: auc 0.935" in told.err
    assert "--verdict" not in told.err


def test_where_runs_say_nothing_no_verdict_is_proposed(board: Person) -> None:
    ref = board.card("loss", "--metric", "auc>=0.9", "--metric", "auc=0.93")
    assert "its runs say" not in board("done", ref, "--outcome", "learned").err


def test_runs_are_compared_though_the_card_has_another_short_id_by_now(
    home: dict[str, str], mlk: Person
) -> None:
    data = Path(home["MLKANBAN_HOME"])
    ada = people.Person(data)
    ada.starts()
    made, other = ada.adds("focal loss", "what has its short id by now")
    box = Machine(ada)
    names = ["20260320-080000-0000000a", "20260320-090000-0000000b"]
    for name in names:
        box.starts(made, name, commit="a1b2c3d4e5")
        box.ends(made, name, FINISHED)
        folder = RunFolder(data / "runs" / name)
        folder.make()
        folder.write_start({"card": other, "card_id": ada.cards.get(made).id})
    ada.service.close()
    found = mlk.data("diff", names[1])
    assert [found["from"], found["to"]] == names
    assert mlk("diff", names[0]).code == 3


def test_a_run_that_goes_on_tells_its_newest_value(home: dict[str, str], mlk: Person) -> None:
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    [made] = ada.adds("focal loss", to="Training", metric={**AIM, "baseline": 0.9})
    box = Machine(ada)
    over, going_on = "20261130-053000-abcdef01", "20261130-063000-abcdef02"
    for run in (over, going_on):
        box.starts(made, run)
        folder = RunFolder(Path(home["MLKANBAN_HOME"]) / "runs" / run)
        folder.make()
        lines = (
            f"mlkanban: step={100 * at} loss={1 / at} auc={0.92 - 0.1 / at}" for at in (1, 2, 4)
        )
        folder.out.write_text("".join(f"{line}\n" for line in lines))
    box.ends(made, over, FINISHED, metrics={"auc": 0.895})
    ada.service.close()

    for command in (("runs", made), ("show", made), ("runs",)):
        [line] = [line for line in mlk(*command).out.splitlines() if " running " in line]
        assert "auc 0.895 at step 400 ▁▆█" in line, command
    newest, ended = mlk("--json", "runs", made).object["data"]
    assert newest["latest"] == [
        {
            "metric": "auc",
            "value": 0.895,
            "step": 400.0,
            "epoch": None,
            "unread": None,
            "about": None,
        },
        {
            "metric": "loss",
            "value": 0.25,
            "step": 400.0,
            "epoch": None,
            "unread": None,
            "about": None,
        },
    ]
    assert ended["latest"] == []

    drawn = mlk("runs", made, "--chart").out
    assert "auc by step\n" in drawn
    assert "The running curve is at .895 (step 400), .025 short of the target." in drawn
    assert all(label in drawn for label in ("target .92", "base .9", ".895  best", ".895  running"))
    refused = mlk("runs", "--chart")
    assert refused.code == 2
    assert "A chart is of the runs of one card" in refused.err


def test_a_card_names_its_newest_run(home: dict[str, str], mlk: Person) -> None:
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    [made] = ada.adds("focal loss", to="Training")
    older, newest = "20261130-053000-abcdef01", "20261130-063000-abcdef02"
    Machine(ada).starts(made, older)
    Machine(ada).starts(made, newest)
    ada.service.close()
    folder = RunFolder(Path(home["MLKANBAN_HOME"]) / "runs" / newest)
    folder.make()
    folder.out.write_text("epoch 1\n")
    assert mlk("logs", made).code == 0
    assert mlk("logs", "v99").code == 3


def test_a_chart_is_of_what_is_reported_where_that_is_not_the_metric(
    home: dict[str, str], mlk: Person
) -> None:
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    [made] = ada.adds("focal loss", to="Training", metric=AIM)
    Machine(ada).starts(made, "20261130-063000-abcdef02")
    folder = RunFolder(Path(home["MLKANBAN_HOME"]) / "runs" / "20261130-063000-abcdef02")
    folder.make()
    folder.out.write_text("mlkanban: step=1 loss=1\nmlkanban: step=2 loss=0.5\n")
    ada.service.close()
    drawn = mlk("runs", made, "--chart").out
    assert "loss by step (no curve of auc)\n" in drawn
    assert "The running curve is at .5 (step 2)." in drawn
    assert "target" not in drawn, "that is of another metric"


def test_a_chart_of_the_whole_range(home: dict[str, str], mlk: Person) -> None:
    ada = people.Person(Path(home["MLKANBAN_HOME"]))
    ada.starts()
    [made] = ada.adds("focal loss", to="Training", metric=AIM)
    Machine(ada).starts(made, "20261130-063000-abcdef02")
    folder = RunFolder(Path(home["MLKANBAN_HOME"]) / "runs" / "20261130-063000-abcdef02")
    folder.make()
    values = [0.1, *[0.91 + at / 10_000 for at in range(58)]]
    folder.out.write_text(
        "".join(f"mlkanban: step={at} auc={value}\n" for at, value in enumerate(values))
    )
    ada.service.close()
    drawn = mlk("runs", made, "--chart").out
    assert "1 of 59 values (.1) lies outside the picture: --whole shows all" in drawn
    whole = mlk("runs", made, "--chart", "--whole").out
    assert "outside" not in whole
    refused = mlk("runs", made, "--whole")
    assert (refused.code, refused.out) == (2, "")
    assert "--whole is of a chart. Add --chart" in refused.err


def test_where_there_are_no_values_over_time_that_is_said(mlk: Person, ref: str) -> None:
    assert "No values over time" in mlk("runs", ref, "--chart").out


def test_what_is_wrong_with_the_store_is_said_once(
    board: Person, home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreProblem("The store cannot be written: the disk is full.")

    (Path(home["MLKANBAN_HOME"]) / "runs").mkdir()
    monkeypatch.setattr(Intake, "take_in", full)
    monkeypatch.setattr("mlkanban.cli.runs.client.available", lambda: True)
    answer = board("runs")
    assert answer.code == 0
    assert answer.err.count("the disk is full") == 1


def test_the_jobs_of_a_hydra_sweep_are_its_tasks(board, tmp_path: Path) -> None:
    ref = board.card("sweep", "--metric", "val_auc>=0.9")
    log = tmp_path / "log"
    log.write_text("".join(f"{line}\n" for line in ONE_AFTER_THE_OTHER))
    assert board("run", ref, "--", "cat", str(log)).code == 0
    [run] = board.data("runs", ref)
    tasks = run["tasks"]
    assert (tasks["count"], tasks["over"], tasks["failed"], run["metrics"]) == (2, 2, 0, {})
    assert [(task["params"], task["metrics"]) for task in tasks["ended"]] == [
        ({"lr": "0.01", "seed": "1"}, {"val_auc": 0.83}),
        ({"lr": "0.02", "seed": "1"}, {"val_auc": 0.84}),
    ]
    shown = board("runs", ref, "--chart").out
    assert "val_auc 0.83, 0.84" in shown
    assert "best run 0.84 of " in shown
    assert f"({run['id'][-8:]}_1)" in shown
    assert "The best run (job 1: lr=0.02 seed=1) ended at .84" in " ".join(shown.split())


def test_a_silent_slurm_is_named_where_a_job_is_about_the_card(board, monkeypatch) -> None:
    class Folder:
        def start(self) -> dict[str, str]:
            return {"card": mine}

    mine, other = board.card("mine"), board.card("other")
    monkeypatch.setattr("mlkanban.cli.runs.shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr("mlkanban.cli.runs.client.available", lambda: True)
    monkeypatch.setattr("mlkanban.cli.runs.read_job_states", lambda *rest: "squeue failed")
    monkeypatch.setattr("mlkanban.cli.runs.Intake.going_on", [Folder()])
    said = "SLURM was not asked: squeue failed"
    assert said in board("runs", mine).err
    assert said in board("runs").err
    assert said not in board("runs", other).err
