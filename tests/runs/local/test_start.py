"""Starting a run: what the job is told, what is recorded, and that no store ever stops a job."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.cli.before_run import names_in_branch
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.start import for_job
from tests.runs.jobs import PROGRAM, Job, until
from tests.tools import needs

SHOW = "import json,os;print(json.dumps(dict(os.environ)))"


def told(job: Job, *options: str, **env: str) -> dict[str, str]:
    done = subprocess.run(
        [*PROGRAM, "run", job.card, *options, "--", sys.executable, "-c", SHOW],
        env=job.env | env, cwd=job.cwd, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def test_the_job_is_told_of_its_card(job: Job) -> None:
    env = told(job, MLFLOW_RUN_CONTEXT='{"a": "b"}', WANDB_TAGS="mine")
    label = job.card_now()["label"]
    assert label.endswith(f":{job.card}")
    assert (env["MLKANBAN_CARD"], env["MLKANBAN_RUN"]) == (label, job.folder.name)
    assert Path(env["MLKANBAN_METRICS"]) == job.folder / "metrics.json"
    assert json.loads(env["MLFLOW_RUN_CONTEXT"]) == {
        "a": "b",
        "mlkanban.card": label,
        "mlkanban.run": job.folder.name,
    }
    assert env["WANDB_TAGS"] == f"mine,mlkanban.card:{label},mlkanban.run:{env['MLKANBAN_RUN']}"
    assert (env["WANDB_RUN_GROUP"], env["PYTHONUNBUFFERED"]) == (label, "1")


def test_no_env_leaves_the_environment_alone(job: Job) -> None:
    env = told(job, "--no-env")
    assert not {name for name in env if name.startswith("MLKANBAN_")} - job.env.keys()
    assert not {"WANDB_TAGS", "MLFLOW_RUN_CONTEXT"} & env.keys()


@given(st.dictionaries(st.sampled_from(["MLFLOW_RUN_CONTEXT", "WANDB_RUN_GROUP", "X"]), st.text()))
def test_what_is_set_already_is_kept(environ: dict[str, str]) -> None:
    made = for_job(environ, "g1", RunFolder(Path("/runs/r1")))
    assert made.get("X") == environ.get("X")
    if environ.get("WANDB_RUN_GROUP"):
        assert made["WANDB_RUN_GROUP"] == environ["WANDB_RUN_GROUP"]
    given = environ.get("MLFLOW_RUN_CONTEXT", "")
    assert made["MLFLOW_RUN_CONTEXT"] in (
        given,
        '{"mlkanban.card": "g1", "mlkanban.run": "r1"}',
    )


def test_a_locked_store_does_not_stop_the_job(job: Job) -> None:
    lock = sqlite3.connect(job.data / "board.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        code, out, err = job.ended(job.start("echo", "ran", options=("--metric", "auc>=0.9")))
    finally:
        lock.close()
    assert (code, out) == (0, "ran\n")
    assert "the board takes it in later" in err
    assert job.run()["state"] == "finished"
    assert job.card_now()["metric"]["target"] == 0.9


@pytest.mark.parametrize("damage", ["missing", "empty", "settings"])
def test_a_store_that_is_not_there_does_not_stop_the_job(job: Job, damage: str) -> None:
    store = job.data / "board.db"
    if damage == "settings":
        (job.data / "config.toml").write_text("nonsense")
    else:
        store.rename(job.cwd / "away")
        if damage == "empty":
            store.touch()
    code, out, _ = job.ended(job.start("sh", "-c", "echo ran; exit 3"))
    assert (code, out) == (3, "ran\n")
    if damage != "settings":
        (job.cwd / "away").replace(store)
        assert job.run()["state"] == "failed"


def test_a_card_that_is_not_there_is_said_before_anything_starts(job: Job) -> None:
    job.mlk("run", "zz9", "--", "touch", "made", code=3)
    assert not (job.cwd / "made").exists()
    assert not (job.data / "runs").exists()


def test_over_the_limit_it_is_refused_unless_forced(job: Job) -> None:
    job.mlk("stages", "limit", "Training", "1", "--unattended", "0")
    job.mlk("run", job.card, "--", "touch", "made", code=1)
    assert not (job.cwd / "made").exists()
    for option in ("--override", "--force"):  # the second is its earlier name
        job.mlk("run", job.card, option, "tonight", "--", "touch", option.lstrip("-"))
        assert (job.cwd / option.lstrip("-")).exists()


def test_runs_that_nobody_took_in_yet_count_for_the_limit(job: Job) -> None:
    job.mlk("stages", "limit", "Training", "1", "--unattended", "1")
    other = json.loads(job.mlk("--json", "add", "another"))["data"]["id"]
    job.mlk("run", job.card, "--detach", "--", "sh", "-c", "while [ ! -e go ]; do sleep 0.1; done")
    job.mlk("run", other, "--", "touch", "made", code=1)
    assert not (job.cwd / "made").exists()
    (job.cwd / "go").touch()


def git(job: Job, *args: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
           "GIT_COMMITTER_EMAIL": "a@b"}  # fmt: skip
    subprocess.run(["git", *args], cwd=job.cwd, env=job.env | who, check=True, capture_output=True)


def test_the_branch_names_the_card_and_the_commit_is_recorded(job: Job) -> None:
    needs("git")
    (job.cwd / "train.py").write_text("print(1)\n")
    git(job, "init", "-q")
    git(job, "add", "train.py")
    git(job, "commit", "-qm", "x")
    job.mlk("run", "-", "--", "true", code=2)
    git(job, "checkout", "-qb", f"exp/{job.card.upper()}-focal")
    job.mlk("run", "-", "--gpus", "2", "--", "true")
    run = job.run()
    assert (run["card"], run["dirty"], run["gpus"]) == (job.card, False, 2)
    assert len(run["commit"]) == 40
    (job.cwd / "train.py").write_text("print(2)\n")
    job.mlk("run", "-", "--", "true")
    assert job.run()["dirty"] is True


@pytest.mark.parametrize(
    ("branch", "names"),
    [
        ("v14-focal-loss", ["v14"]), ("exp/v14", ["v14"]), ("feature/V2-focal", ["v2"]),
        ("ada_g12_focal", ["g12"]), ("v2-and-v3", ["v2", "v3"]), ("v2/v2-x", ["v2"]),
        ("release/v2.0", []), ("release/v2.0-rc1", ["rc1"]), ("v2.0", []), ("x1.v2", []),
        ("torch2.1-v2", ["v2"]), ("main", []), ("v2beta", []), ("", []), ("v2+x", []), ("2-v", []),
    ],
)  # fmt: skip
def test_an_id_in_a_branch_stands_alone_and_is_no_version(branch: str, names: list[str]) -> None:
    assert names_in_branch(branch) == names


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_branch_that_names_no_card_or_several_is_refused(job: Job) -> None:
    other = json.loads(job.mlk("--json", "add", "another"))["data"]["id"]
    git(job, "init", "-q")
    git(job, "commit", "-q", "--allow-empty", "-m", "x")
    for branch, code in (
        (f"release/{job.card}.0", 2), ("zz9-focal", 3), (f"{job.card}-with-{other}", 2),
    ):  # fmt: skip
        git(job, "checkout", "-q", "-b", branch)
        done = subprocess.run(
            [*PROGRAM, "run", "-", "--", "touch", "made"],
            env=job.env, cwd=job.cwd, capture_output=True, timeout=60,
        )  # fmt: skip
        assert (done.returncode, b"Name" in done.stderr) == (code, True), branch
        assert not (job.cwd / "made").exists()
    git(job, "checkout", "-q", "-b", f"feature/{other}-focal-v99")
    job.mlk("run", "-", "--", "true")
    assert job.run()["card"] == other


def test_secrets_of_the_command_line_are_nowhere_on_disk(job: Job) -> None:
    job.mlk("run", job.card, "--", "true", "--token", "hunter2", "WANDB_API_KEY=hunter2")
    job.run()
    for file in job.data.rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes(), file


def test_secrets_in_the_last_lines_of_a_run_do_not_reach_the_board(job: Job) -> None:
    script = "echo 'login failed: password=hunter2 for ada' >&2; exit 1"
    job.ended(job.start("sh", "-c", script))
    assert job.run()["last_lines"] == ["login failed: password=*** for ada"]
    assert b"hunter2" not in (job.data / "board.db").read_bytes()


def test_what_no_board_can_keep_is_replaced_before_it_gets_to_others(job: Job) -> None:
    script = r"printf 'a\0b\n' >&2; exit 1"
    job.ended(job.start("sh", "-c", script, os.fsdecode(b"caf\xe9")))
    run = job.run()
    assert (run["last_lines"], run["command"][-1]) == (["a\ufffdb"], "caf\ufffd")
    (job.cwd / "exchanged").mkdir()
    job.mlk("sync", "--dir", "exchanged")
    job.env["MLKANBAN_HOME"] = str(job.cwd / "other")
    job.mlk("sync", "--dir", "exchanged")
    assert job.run()["last_lines"] == run["last_lines"]


def test_detached_with_json_is_one_object(job: Job) -> None:
    answer = json.loads(job.mlk("run", job.card, "--detach", "--json", "--", "true"))
    assert answer["kind"] == "run"
    assert answer["data"]["id"] == job.folder.name
    job.mlk("run", job.card, "--json", "--", "true", code=2)


def test_a_reported_metric_reaches_the_card(job: Job) -> None:
    job.mlk("edit", job.card, "--metric", "auc>=0.9")
    job.mlk("run", job.card, "--", "sh", "-c", "echo mlkanban: auc=0.5; echo mlkanban: auc=0.917")
    assert job.run()["metrics"] == {"auc": 0.917}
    assert job.card_now()["metric"]["value"] == 0.917


def test_what_a_failed_job_reported_is_no_result(job: Job) -> None:
    job.mlk("edit", job.card, "--metric", "auc>=0.9")
    for _ in range(2):
        code, _, _ = job.ended(job.start("sh", "-c", "echo mlkanban: auc=0.97; exit 3"))
        assert code == 3
    said = job.mlk("runs", job.card)
    assert "supported" not in said
    assert "only finished runs count: left out 2 failed (auc 0.97, 0.97)" in said
    assert job.card_now()["metric"]["value"] is None


def test_folders_of_one_commit_are_configurations_of_their_own(job: Job) -> None:
    needs("git")
    git(job, "init", "-q")
    for name in "ab":
        (job.cwd / name).mkdir()
        (job.cwd / name / "t.sh").write_text(f"echo mlkanban: auc=0.9{name == 'a':d}\n")
    git(job, "add", ".")
    git(job, "commit", "-qm", "x")
    job.mlk("edit", job.card, "--metric", "auc>=0.9")
    for name in "ab":
        subprocess.run(
            [*PROGRAM, "run", job.card, "--", "sh", "t.sh"], env=job.env, cwd=job.cwd / name,
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    figures = json.loads(job.mlk("--json", "runs", job.card))["meta"]["figures"]
    assert [one["label"] for one in figures["configurations"]] == ["folder a", "folder b"]


def test_what_is_no_number_is_told_when_it_ends_with_the_run_and_by_doctor(job: Job) -> None:
    lines = "mlkanban: step=7 auc=0.9,f1=91.5%\nmlkanban: loss=nan\nmlkanban: big=1e400\n"
    code, _, err = job.ended(job.start("printf", lines.replace("%", "%%")))
    told = "metrics not understood: loss=nan, big=1e400"
    assert (code, err.count(told)) == (0, 1)
    assert job.run()["metrics"] == {"auc": 0.9, "f1": 0.915}
    assert job.run()["unread_metrics"] == ["loss=nan", "big=1e400"]
    assert f"Run {job.folder.name}: {told}" in job.mlk("runs", job.card)
    doctor = subprocess.run([*PROGRAM, "doctor"], env=job.env, capture_output=True, timeout=60)
    assert f"{job.card}, run {job.folder.name}: {told}" in doctor.stdout.decode()


def test_a_loss_of_nan_on_stdout_is_why_a_run_failed(job: Job) -> None:
    code, _, err = job.ended(job.start("sh", "-c", "echo step 3 loss=nan; exit 1"))
    assert (code, "loss became NaN" in err) == (1, True)
    assert job.run()["why"] == "loss became NaN (exit 1)"


def test_the_file_of_metrics_has_the_last_word(job: Job) -> None:
    job.mlk("edit", job.card, "--metric", "auc>=0.9")
    writes = """printf '{"auc": 0.93, "curve": [1, 2], "f1": 0.8}' > "$MLKANBAN_METRICS" """
    job.mlk("run", job.card, "--", "sh", "-c", f"{writes}; echo mlkanban: auc=0.5")
    run = job.run()
    assert run["metrics"] == {"auc": 0.93, "f1": 0.8}
    assert "metrics.json" not in run["evidence"]
    assert job.card_now()["metric"]["value"] == 0.93


def test_what_to_reach_can_be_said_with_the_run(job: Job) -> None:
    job.mlk("run", job.card, "--metric", "auc", "--", "touch", "made", code=2)
    job.mlk("run", job.card, "--metric", "auc=0.9", "--", "touch", "made", code=2)
    assert not (job.cwd / "made").exists()
    job.mlk("run", job.card, "--metric", "auc>=0.9", "--", "echo", "mlkanban: auc=0.93")
    job.run()
    metric = job.card_now()["metric"]
    assert (metric["name"], metric["target"], metric["value"]) == ("auc", 0.9, 0.93)


HOSTILE = {
    "mkfifo": "it is no plain file",
    "ln -s /etc/hostname": "it cannot be read",
    "mkdir": "it is no plain file",
    "echo '{\"auc\": 0.9' >": "it is no JSON",
    "echo 0.9 >": "it is no JSON object of names and numbers",
    "head -c 2000000 /dev/zero >": "it is larger than 1 MB",
}


def test_a_file_of_metrics_that_cannot_be_read_is_told_and_harms_nothing(job: Job) -> None:
    for spoil in HOSTILE:
        command = f'echo mlkanban: auc=0.5; {spoil} "$MLKANBAN_METRICS"'
        job.mlk("run", job.card, "--detach", "--", "sh", "-c", command)

    def runs() -> list[dict[str, Any]]:
        return list(json.loads(job.mlk("--json", "runs"))["data"])

    until(lambda: all(run["exit"] == 0 for run in runs()), 60)
    said = {run["evidence"].partition("metrics.json is left out: ")[2] for run in runs()}
    assert said == set(HOSTILE.values())
    assert all(run["metrics"] == {"auc": 0.5} for run in runs())


def test_a_restored_store_hears_of_everything_again(job: Job) -> None:
    shutil.copy(job.data / "board.db", job.cwd / "backup")
    job.mlk("run", job.card, "--", "true")
    assert job.run()["state"] == "finished"
    (job.data / "board.db").unlink()
    shutil.copy(job.cwd / "backup", job.data / "board.db")
    assert job.run()["state"] == "finished"


FULL_WHEN_STARTED = """
import sys
from mlkanban.cli import main
from mlkanban.runs.local.folder import RunFolder
whole = RunFolder.write_start
def write_start(folder, values):
    if "supervisor" in values:
        raise OSError(28, "No space left on device")
    whole(folder, values)
RunFolder.write_start = write_start
sys.exit(main())
"""


def test_a_job_that_could_not_be_found_again_is_not_started(job: Job) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_WHEN_STARTED, "run", job.card, "--", "touch", "made"],
        env=job.env, cwd=job.cwd, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (4, "")
    assert "was not started" in done.stderr
    assert "No space left on device" in done.stderr
    assert not (job.cwd / "made").exists()
    assert list((job.data / "runs").iterdir()) == []


WITHOUT_SCRIPT = """
import sys
from pathlib import Path
from mlkanban.cli.program import main
from mlkanban.runs.local import start
start._SUPERVISOR = Path("/nowhere/supervisor.sh")
sys.exit(main())
"""


def test_a_job_that_nobody_would_watch_over_is_not_started(job: Job) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SCRIPT, "run", job.card, "--", "touch", "made"],
        env=job.env, cwd=job.cwd, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, "was not started" in done.stderr) == (4, True)
    assert not (job.cwd / "made").exists()


def test_few_files_that_may_be_open_are_enough_to_watch_over_a_job(job: Job) -> None:
    words = [*PROGRAM, "run", job.card, "--", "sh", "-c", "exit 7"]
    limited = ["sh", "-c", 'ulimit -n 50; exec "$@"', "sh", *words]
    done = subprocess.run(limited, env=job.env, cwd=job.cwd, capture_output=True, timeout=60)
    assert (done.returncode, job.json("end.json")["exit"]) == (7, 7)


def test_a_path_without_the_usual_tools_is_the_jobs_alone(job: Job) -> None:
    job.env["PATH"] = "/nonexistent"
    command = 'echo "$PATH"; exit 7'
    assert job.ended(job.start("/bin/sh", "-c", command))[:2] == (7, "/nonexistent\n")
    assert (job.json("end.json")["exit"], (job.folder / "rc").read_text()) == (7, "7")


def test_an_exit_status_that_cannot_be_written_is_known_to_the_supervisor(job: Job) -> None:
    command = "ln -s /nowhere/rc $MLKANBAN_HOME/runs/$MLKANBAN_RUN/rc.tmp; exit 6"
    assert job.ended(job.start("sh", "-c", command))[0] == 6
    assert not (job.folder / "rc").exists()
    assert job.run()["exit"] == 6


def test_a_budget_that_runs_out_is_said_and_starts_the_job_all_the_same(job: Job) -> None:
    job.mlk("edit", job.card, "--budget", "1 run")
    for said in ("", f"{job.card}: budget 100 % used, 1 of 1 run."):
        code, _, err = job.ended(job.start("true"))
        assert code == 0
        assert ("budget" in err) == bool(said)
        assert said in err
        job.mlk("runs")  # takes it in
    card = job.card_now()
    assert card["budget"] == "1 run"
    assert (card["spent"]["used"], card["spent"]["share"]) == (2, 2.0)
    assert "Budget      ! 200 % used, 2 of 1 run" in job.mlk("show", job.card)
