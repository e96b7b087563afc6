"""Taking a process that runs already as a run: what can be known of it, and what is refused."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.runs.jobs import PROGRAM, Job, kill, until
from tests.tools import needs


@pytest.fixture(params=["leads a group", "in a group"])
def training(request: pytest.FixtureRequest, job: Job) -> Iterator[subprocess.Popen[bytes]]:
    """What somebody started before they thought of the board."""
    leads = request.param == "leads a group"
    process = subprocess.Popen(["sleep", "300"], start_new_session=leads)
    yield process
    process.kill()
    process.wait()


def refused(job: Job, pid: int) -> tuple[int, str]:
    done = subprocess.run(
        [*PROGRAM, "adopt", job.card, "--pid", str(pid)],
        env=job.env, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.decode()


def test_an_adopted_process_is_a_run_until_it_is_gone(
    job: Job, training: subprocess.Popen[bytes]
) -> None:
    time.sleep(2)
    before = datetime.now(UTC)
    made = json.loads(job.mlk("--json", "adopt", job.card, "--pid", str(training.pid)))["data"]
    run = job.run()
    started = datetime.fromisoformat(run["started"])
    assert started <= before - timedelta(seconds=1.5), "it ran before it was adopted"
    assert "was adopted" in job.mlk("history", job.card)
    assert (run["id"], run["state"], run["command"]) == (made["id"], "running", ["sleep", "300"])
    assert job.card_now()["stage"] == "Training"
    training.kill()
    training.wait()
    run = job.run()
    assert (run["state"], run["exit"]) == ("lost", None)
    assert "adopted is gone" in run["evidence"]
    assert "only its parent knows its exit status" in run["evidence"]
    assert datetime.fromisoformat(run["ended"]) >= before, "it was seen alive then"
    assert job.card_now()["blocked"] is None


def test_an_adopted_process_can_be_stopped(job: Job, training: subprocess.Popen[bytes]) -> None:
    job.mlk("adopt", job.card, "--pid", str(training.pid))
    stopping = subprocess.Popen([*PROGRAM, "stop", job.folder.name], env=job.env)
    training.wait(20)
    assert stopping.wait(20) == 0
    assert job.run()["state"] == "killed"


def test_what_is_not_there_or_a_run_already_is_refused(job: Job) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    code, said = refused(job, gone.pid)
    assert (code, "There is no process" in said) == (3, True)
    job.start("sh", "-c", "echo up; sleep 300; true")
    job.up()
    for pid in job.jobs():
        code, said = refused(job, pid)
        assert (code, job.folder.name in said) == (1, True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a process of somebody else")
def test_a_process_of_somebody_else_is_refused(job: Job) -> None:
    with subprocess.Popen(["sleep", "300"], user=65534) as other:
        try:
            code, said = refused(job, other.pid)
        finally:
            kill(other.pid)
    assert (code, "is not yours" in said) == (1, True)


def test_what_a_job_left_behind_is_shown_and_ended(job: Job) -> None:
    """In its group, and out of it."""
    needs("setsid")
    code, _, _ = job.ended(job.start("sh", "-c", "sleep 301 & setsid sleep 302 & sleep 0.3; true"))
    assert code == 0
    run = job.run()
    assert run["state"] == "finished"
    assert sorted(one["command"] for one in run["left_over"]) == ["sleep 301", "sleep 302"]
    table = job.mlk("runs", job.card)
    assert f"Left over from run {run['id']}" in table
    assert "sleep 302" in table
    job.mlk("stop", run["id"])
    until(lambda: job.run()["left_over"] == [])
    assert (job.run()["state"], job.json("stop.json")) == ("finished", {})
    job.mlk("stop", run["id"], code=1)


def test_a_run_that_a_job_started_is_not_left_over(job: Job) -> None:
    inner = " ".join([*PROGRAM, "run", job.card, "--detach", "--", "sleep", "300"])
    code, _, err = job.ended(job.start("sh", "-c", inner))
    assert code == 0, err
    runs = json.loads(job.mlk("--json", "runs"))["data"]
    assert sorted(one["state"] for one in runs) == ["finished", "running"]
    assert [one["left_over"] for one in runs] == [[], []]
