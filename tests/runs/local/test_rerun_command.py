"""Waiting for runs in scripts, and starting runs again."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from mlkanban.runs.local.folder import RunFolder
from tests.runs.jobs import PROGRAM, Job
from tests.tools import needs

PYTHON = sys.executable
LOADED = (
    "import signal, sys, mlkanban.cli.wait; from mlkanban.cli.program import run;"
    " signal.signal(signal.SIGINT, signal.default_int_handler);"
    " print('up', flush=True); sys.exit(run(sys.argv[1:]))"
)
"""The program, which says when it can be interrupted, also where the tests run in the background:
a shell has its background jobs ignore SIGINT."""
OLD, NEW = "20260320-080000-0000000a", "20260320-090000-0000000b"


def call(job: Job, *args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *args], env=job.env, cwd=cwd or job.cwd, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip


def ended(job: Job, name: str, code: int, start: str = "08:00:00") -> RunFolder:
    """A run that ended half an hour after it started."""
    folder = RunFolder(job.data / "runs" / name)
    folder.make()
    began = f"2026-03-20T{start}Z"
    folder.write_start({"card": job.card, "made": began, "started": began, "argv": ["true"]})
    folder.write_end({"exit": code, "ended": began.replace(":0", ":3", 1)})
    return folder


def test_wait_ends_with_the_code_of_the_run_and_changes_nothing(job: Job) -> None:
    (job.cwd / "go").mkdir()
    script = "while [ -d go ]; do sleep 0.05; done; exit 3"
    run = json.loads(job.mlk("--json", "run", job.card, "--detach", "--", "sh", "-c", script))
    name = run["data"]["id"]
    up = call(job, "--json", "wait", job.card, "--timeout", "0.3s")
    assert up.returncode == 124
    assert [(one["id"], one["ended"]) for one in json.loads(up.stdout)["data"]] == [(name, False)]
    interrupted = subprocess.Popen(
        [PYTHON, "-c", LOADED, "wait", name[-5:]], env=job.env, cwd=job.cwd,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    waiting = subprocess.Popen([*PROGRAM, "wait", job.card], env=job.env, cwd=job.cwd)
    try:
        assert interrupted.stdout is not None
        assert interrupted.stdout.readline() == b"up\n"
        interrupted.send_signal(signal.SIGINT)
        assert interrupted.wait(20) in (130, -signal.SIGINT)
        assert waiting.poll() is None
        (job.cwd / "go").rmdir()
        assert waiting.wait(20) == 3
    finally:
        for process in (interrupted, waiting):
            process.kill()
            process.wait()
    assert job.json("stop.json") == {}


def test_of_several_the_first_that_failed_counts_and_of_a_card_its_newest(job: Job) -> None:
    ended(job, OLD, 6)
    ended(job, NEW, 7, "09:00:00")
    assert call(job, "wait", OLD).returncode == 6
    taken_out = RunFolder(job.data / "runs" / "20260320-093000-0000000c")
    taken_out.make()
    at = "2026-03-20T09:30:00Z"
    taken_out.write_start({"card": job.card, "made": at, "argv": ["true"], "queue": {}})
    taken_out.write_stop({"by": "ada"})
    good = ended(job, "20260320-070000-0000000d", 0)
    several = call(job, "wait", NEW, OLD, taken_out.id, good.id)
    assert several.returncode == 7
    shown = {line.removeprefix("mlkanban: ") for line in several.stderr.splitlines()}
    assert shown == {
        f"Run {NEW} of {job.card} failed: exit 7.", f"Run {OLD} of {job.card} failed: exit 6.",
        f"Run {taken_out.id} of {job.card} never started: ada took it out of the queue.",
        "4 of 4 runs have ended: 2 failed, 1 never started, 1 finished.",
    }  # fmt: skip
    shutil.rmtree(taken_out.path)
    newest = call(job, "wait", job.card.upper())
    assert newest.returncode == 7
    assert newest.stderr == f"mlkanban: Run {NEW} of {job.card} failed: exit 7.\n"
    assert call(job, "wait", "z99").returncode == 3
    other = json.loads(job.mlk("--json", "add", "other"))["data"]["id"]
    assert "no run of" in call(job, "wait", other).stderr
    assert call(job, "wait", NEW, "--timeout", "soon").returncode == 2
    assert call(job, "wait", job.card, "--all", "--since", "1h").returncode == 2
    assert call(job, "wait", job.card, "--all").returncode == 6
    assert call(job, "wait", job.card, "--since", "1h").returncode == 3, "none of the last hour"


def test_a_sweep_that_failed_before_it_was_waited_for_counts_as_a_whole(job: Job) -> None:
    ended(job, OLD, 9)
    starts = (("09:00:00", 0), ("09:00:04", 3), ("09:00:12", 0))
    for at, (start, code) in enumerate(starts):
        ended(job, f"{NEW[:-1]}{at}", code, start)
    waited = call(job, "wait", job.card)
    assert waited.returncode == 3
    assert f"Run {NEW[:-1]}1 of {job.card} failed: exit 3." in waited.stderr
    assert OLD not in waited.stderr
    shown = job.mlk("runs", job.card)
    assert f"1 of 3 runs started together failed: {NEW[-8:-1]}1" in shown


def test_how_a_run_ended_is_said_once(job: Job) -> None:
    code, _, err = job.ended(job.start("sh", "-c", "exit 3"))
    assert code == 3
    assert err.count("failed") == 1
    assert f"{job.card}: run {job.folder.name} failed (exit 3). It is blocked." in err


def test_a_run_starts_again_in_its_folder_with_what_was_changed(job: Job, tmp_path: Path) -> None:
    job.cwd = tmp_path / "code"
    job.cwd.mkdir()
    script = job.cwd / "t.py"
    script.write_text("import os, sys; print(os.getcwd(), *sys.argv[1:])\n")
    job.mlk("run", job.card, "--gpus", "2", "--", PYTHON, "t.py", "--lr", "1e-3", "a")
    first = job.folder.name
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    again = call(job, "rerun", first, cwd=elsewhere)
    assert again.returncode == 0, again.stderr
    assert again.stdout == f"{job.cwd} --lr 1e-3 a\n"
    assert "The code is in no git repository" in again.stderr
    assert job.json("start.json")["gpus"] == 2
    changed = call(job, "rerun", first[-5:], "--", "lr=3e-4", "--amp", cwd=elsewhere)
    assert changed.stdout == f"{job.cwd} --lr 3e-4 a --amp\n"
    assert f"The command was: {PYTHON} t.py --lr 1e-3 a" in changed.stderr
    assert call(job, "rerun", first, "--", "b", cwd=elsewhere).stdout.endswith("--lr 1e-3 b\n")
    assert call(job, "rerun", first, "--", "b", "--lr", "1").returncode == 2
    runs = json.loads(job.mlk("--json", "runs", job.card))["data"]
    assert len(runs) == 4
    script.parent.rename(tmp_path / "moved")
    gone = call(job, "rerun", first, cwd=elsewhere)
    assert gone.returncode == 3
    assert f"The folder {tmp_path}/code, in which run {first} was started, is gone" in gone.stderr


def test_a_command_with_a_secret_needs_it_again(job: Job) -> None:
    job.mlk("run", job.card, "--", "echo", "--token", "sesame-open-1")
    refused = call(job, "rerun", job.folder.name)
    assert refused.returncode == 1
    assert "held a secret, which is not stored: echo --token '***'" in refused.stderr
    given = call(job, "rerun", job.folder.name, "--", "--token", "sesame-open-2")
    assert given.stdout == "--token sesame-open-2\n"
    # Stars that were typed are no secret.
    job.mlk("run", job.card, "--", "echo", "***")
    assert call(job, "rerun", job.folder.name).stdout == "***\n"


def test_what_changed_in_the_code_is_said_and_kept(job: Job) -> None:
    needs("git")

    def git(*args: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@y"]
        subprocess.run(["git", *who, *args], cwd=job.cwd, check=True, capture_output=True)

    code = job.cwd / "lr"
    code.write_text("1\n")
    git("init", "-q")
    (job.cwd / ".git/info/exclude").write_text("mlkanban/\n")
    git("add", "lr")
    git("commit", "-qm", "one")
    job.mlk("run", job.card, "--", "true")
    clean = job.folder.name
    assert "The code is the same: commit" in call(job, "rerun", clean).stderr
    code.write_text("2\n")
    assert "now there are: lr." in call(job, "rerun", clean).stderr
    dirty = job.folder.name
    patch = job.mlk("diff", dirty, "--patch")
    assert "-1\n+2\n" in patch
    assert json.loads(job.mlk("--json", "diff", dirty, "--patch"))["data"]["patch"] == patch
    assert "had no uncommitted changes" in call(job, "diff", clean, "--patch").stderr
    assert "The uncommitted changes are the same: lr." in call(job, "rerun", dirty).stderr
    git("commit", "-qam", "two")
    said = call(job, "rerun", dirty).stderr
    assert "(1 commit ahead of it): 1 file changed" in said
    assert f"which are gone now: mlkanban diff {dirty} --patch" in said
