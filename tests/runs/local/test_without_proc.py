"""Machines without /proc: a Mac, and Linux with one that shows nothing. Runs go their way, and what
cannot be known is not claimed."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mlkanban.machine
from mlkanban.machine.unix import UnixMachine
from mlkanban.runs.local import processes
from mlkanban.runs.model.state import PidScope, RunState, Seen, judge
from tests.runs.jobs import PROGRAM, Job, members, until

WITH, WITHOUT = PidScope("box", "boot", "pid:[1]"), PidScope("box", "", "")
MAC = Path(__file__).parents[2] / "machine/mac"

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlkanban.machine, "_present", UnixMachine())


def test_a_process_is_known_by_its_number_and_its_session(no_proc: None) -> None:
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    found = processes.process(child.pid)
    assert processes.alive(found, child.pid)
    assert not processes.alive(found, os.getpid()), "the number was given to another"
    assert processes.group(found, child.pid)
    assert list(processes.everything()) == []
    assert processes.open_for_writing([]) is None
    assert processes.send(found, child.pid, signal.SIGKILL)
    child.wait()
    assert not processes.alive(found, child.pid)
    assert not processes.group(found, child.pid)
    assert not processes.send(found, child.pid, signal.SIGTERM)


@pytest.mark.parametrize(("at", "here"), [(WITH, WITHOUT), (WITHOUT, WITH)])
def test_what_was_started_where_processes_are_seen_otherwise_is_unknown(at, here) -> None:
    seen = Seen(here=here, at=at, age=9999, heartbeat=1)
    assert judge(seen).state is RunState.UNKNOWN


@pytest.fixture
def hidden(job: Job) -> Program:
    """Runs the program where an empty file system lies over /proc."""
    inside = ["sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]
    return _program(job, inside, job.env)


@pytest.fixture
def mac(job: Job, tmp_path: Path) -> Program:
    """Runs the program on what it takes for a Mac: /proc is hidden, except from psutil, which needs
    one on Linux. Nothing else on Linux could stand in for psutil: ps reads /proc, too."""
    pytest.importorskip("psutil")
    proc = tmp_path / "proc"
    proc.mkdir()
    hide = 'mount --bind /proc "$PROC_OF_PSUTIL" && mount -t tmpfs none /proc && exec "$@"'
    env = job.env | {
        "PROC_OF_PSUTIL": str(proc),
        "PYTHONPATH": f"{MAC}{os.pathsep}{job.env['PYTHONPATH']}",
    }
    return _program(job, ["sh", "-c", hide, "sh"], env)


def _program(job: Job, inside: list[str], env: dict[str, str]) -> Program:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["unshare", "-m", *inside, *PROGRAM, *words],
            env=env, cwd=job.cwd, capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    if os.getuid() or shutil.which("unshare") is None or run("list").returncode:
        pytest.skip("mounting needs root")
    return run


def fine(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    assert done.returncode == code, (done.args, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout


def runs(program: Program) -> list[dict[str, Any]]:
    return list(json.loads(fine(program("--json", "runs")))["data"])


def test_a_run_starts_is_seen_and_stopped_without_proc(job: Job, hidden: Program) -> None:
    done = hidden("run", job.card, "--", "sh", "-c", "exit 3")
    assert (done.returncode, "failed (exit 3)" in done.stderr) == (3, True), done.stderr
    fine(hidden("run", job.card, "--detach", "--", "sleep", "60"))
    for words in (("runs",), ("list",), ("add", "another")):
        fine(hidden(*words))
    assert "cannot be known on this system: restarts of the machine" in fine(hidden("doctor"))
    running, failed = runs(hidden)
    assert (running["state"], failed["state"]) == ("running", "failed")
    fine(hidden("stop", running["id"]))
    assert runs(hidden)[0]["state"] == "killed"


def test_a_job_that_has_to_be_killed_counts_as_stopped_at_once(job: Job, hidden: Program) -> None:
    """Without /proc SIGKILL takes the shell too, and the supervisor looks once a second whether the
    job is gone."""
    stubborn = "trap '' INT TERM; while :; do sleep 0.1; done"
    fine(hidden("run", job.card, "--detach", "--", "sh", "-c", stubborn))
    fine(hidden("stop", job.folder.name))
    assert job.json("end.json")
    assert runs(hidden)[0]["state"] == "killed"


def test_a_process_is_adopted_though_its_start_is_not_known(job: Job, hidden: Program) -> None:
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        done = hidden("adopt", job.card, "--pid", str(child.pid))
        fine(done)
        assert "cannot be known on this system" in done.stderr
    finally:
        child.kill()
        child.wait()


def test_a_board_its_runs_and_its_queue_on_a_mac(job: Job, mac: Program) -> None:
    fine(mac("init", "Churn"))
    cards = [
        json.loads(fine(mac("--json", "--board", "churn", "add", title)))["data"]["id"]
        for title in ("focal loss", "label smoothing", "mixup")
    ]
    assert "focal loss" in fine(mac("--board", "churn"))
    assert "whether an open file is read or written" in fine(mac("doctor"))

    done = mac("run", cards[0], "--", "sh", "-c", "echo 'mlkanban: val_auc=0.9'; exit 3")
    assert (done.returncode, "failed (exit 3)" in done.stderr) == (3, True), done.stderr
    assert job.json("end.json")["oom"] is None, "a Mac counts no kills for lack of memory"

    held = []
    for card in cards[:2]:
        fine(mac("run", card, "--detach", "--", "sh", "-c", "echo up; exec sleep 60"))
        held.append(job.up())
    assert float(held[0]["child"]["start"]) > 1e9, "the time of day, which /proc does not have"
    assert [run["state"] for run in runs(mac)] == ["running", "running", "failed"]
    queued = json.loads(fine(mac("--json", "run", "--queue", cards[2], "--", "true")))["data"]["id"]
    assert [run["id"] for run in json.loads(fine(mac("--json", "queue")))["data"]] == [queued]
    fine(mac("stop", held[0]["id"]))
    assert not members(held[0]["child"]["pid"])
    until(lambda: job.json("end.json"))
    states = {run["id"]: run["state"] for run in runs(mac)}
    assert (states[held[0]["id"]], states[queued]) == ("killed", "finished")


def test_what_a_job_leaves_behind_on_a_mac(job: Job, mac: Program) -> None:
    fine(mac("run", job.card, "--", "sh", "-c", "setsid sleep 60 >left 2>&1 & sleep 0.3"))
    (run,) = runs(mac)
    assert [left["command"] for left in run["left_over"]] == ["sleep 60"]
    fine(mac("stop", run["id"]))
    assert runs(mac)[0]["left_over"] == []


def test_a_process_is_adopted_on_a_mac(job: Job, mac: Program) -> None:
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        fine(mac("adopt", job.card, "--pid", str(child.pid)))
        (run,) = runs(mac)
        assert (run["state"], run["command"]) == ("running", ["sleep", "60"])
    finally:
        child.kill()
        child.wait()
    assert runs(mac)[0]["state"] == "lost"
