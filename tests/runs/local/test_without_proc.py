"""Machines without /proc, or with one that shows nothing: runs go their way, and what cannot be
known is not said."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from mlkanban.runs.local import processes
from mlkanban.runs.model.state import PidScope, RunState, Seen, judge
from tests.runs.jobs import PROGRAM, Job

WITH, WITHOUT = PidScope("box", "boot", "pid:[1]"), PidScope("box", "", "")


@pytest.fixture
def no_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "PROC", tmp_path / "nothing")


def test_a_process_is_known_by_its_number_and_its_session(no_proc: None) -> None:
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    found = processes.process(child.pid)
    assert processes.alive(found, child.pid)
    assert not processes.alive(found, os.getpid()), "the number was given to another"
    assert processes.group(found, child.pid)
    assert processes.is_mine(found)
    assert list(processes.everything()) == []
    assert processes.send(found, child.pid, signal.SIGKILL)
    child.wait()
    assert not processes.alive(found, child.pid)
    assert not processes.group(found, child.pid)
    assert not processes.send(found, child.pid, signal.SIGTERM)


@pytest.mark.parametrize(("at", "here"), [(WITH, WITHOUT), (WITHOUT, WITH)])
def test_what_was_started_where_processes_are_seen_otherwise_is_unknown(at, here) -> None:
    seen = Seen(here=here, at=at, age=9999, heartbeat=1)
    assert judge(seen).state is RunState.UNKNOWN


def hidden(job: Job, *words: str) -> subprocess.CompletedProcess[str]:
    """The program where an empty file system lies over /proc."""
    inside = ["sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh", *PROGRAM, *words]
    return subprocess.run(
        ["unshare", "-m", *inside],
        env=job.env, cwd=job.cwd, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_a_run_starts_is_seen_and_stopped_without_proc(job: Job) -> None:
    if os.getuid() or shutil.which("unshare") is None or hidden(job, "list").returncode:
        pytest.skip("mounting needs root")
    done = hidden(job, "run", job.card, "--", "sh", "-c", "exit 3")
    assert (done.returncode, "failed: exit 3" in done.stderr) == (3, True), done.stderr
    done = hidden(job, "run", job.card, "--detach", "--", "sleep", "60")
    assert done.returncode == 0, done.stderr
    for words in (("runs",), ("doctor",), ("list",), ("add", "another")):
        done = hidden(job, *words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
    running, failed = json.loads(hidden(job, "--json", "runs").stdout)["data"]
    assert (running["state"], failed["state"]) == ("running", "failed")
    assert hidden(job, "stop", running["id"]).returncode == 0
    assert json.loads(hidden(job, "--json", "runs").stdout)["data"][0]["state"] == "killed"


def test_a_job_that_has_to_be_killed_counts_as_stopped_at_once(job: Job) -> None:
    """Without /proc SIGKILL takes the shell too, and the supervisor looks once a second whether the
    job is gone."""
    if os.getuid() or shutil.which("unshare") is None or hidden(job, "list").returncode:
        pytest.skip("mounting needs root")
    stubborn = "trap '' INT TERM; while :; do sleep 0.1; done"
    assert hidden(job, "run", job.card, "--detach", "--", "sh", "-c", stubborn).returncode == 0
    assert hidden(job, "stop", job.folder.name).returncode == 0
    assert job.json("end.json")
    assert json.loads(hidden(job, "--json", "runs").stdout)["data"][0]["state"] == "killed"
