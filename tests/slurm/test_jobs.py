"""Jobs of a real SLURM on cards: what became of them, and that one which hangs holds up nobody."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.runs.jobs import PROGRAM, Job, until
from tests.slurm.cluster import Cluster

pytestmark = pytest.mark.slurm


def submitted(job: Job, script: str, *options: str, card: str = "") -> tuple[str, str]:
    """The run and the job of a script that was submitted for a card."""
    file = job.cwd / f"job-{time.monotonic_ns()}.sh"
    file.write_text(f"#!/bin/sh\n{script}\n")
    answer = job.mlk("--json", "sbatch", card or job.card, "--", *options, str(file))
    data = json.loads(answer)["data"]
    return str(data["id"]), str(data["job"])


def run_now(job: Job, run: str) -> dict[str, Any]:
    """A run as the board has it, asked as if the last time was long ago."""
    stamp = job.data / "runs" / ".slurm" / "asked"
    if stamp.exists():
        os.utime(stamp, (0, 0))
    found = json.loads(job.mlk("--json", "runs"))["data"]
    return next((one for one in found if one["id"] == run), {})


def becomes(
    job: Job, run: str, *states: str, evidence: str = "", seconds: float = 45
) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def there() -> bool:
        found.update(run_now(job, run))
        time.sleep(0.3)
        return found.get("state") in states and evidence in found["evidence"]

    until(there, seconds)
    return found


def test_a_job_that_completes_takes_its_card_along(job: Job) -> None:
    script = "echo $MLKANBAN_CARD $MLKANBAN_RUN; echo mlkanban: auc=0.9; sleep 3"
    run, number = submitted(job, script, "--gres=gpu:2")
    running = becomes(job, run, "running")
    assert job.card_now()["stage"] == "Training"
    assert running["job"] == f"SLURM job {number}"
    found = becomes(job, run, "finished")
    assert (found["exit"], found["gpus"], found["metrics"]) == (0, 2, {"auc": 0.9})
    assert found["elapsed"] >= 2
    assert found["evidence"] == "sacct says COMPLETED"
    assert job.card_now()["stage"] == "Evaluation"
    assert job.mlk("logs", run).splitlines()[0] == f"{job.card_now()['label']} {run}"


def test_a_job_that_fails_blocks_its_card_with_why(job: Job) -> None:
    run, _ = submitted(job, "echo 'CUDA out of memory' >&2; exit 3")
    found = becomes(job, run, "failed")
    assert (found["exit"], found["why"]) == (3, "out of GPU memory (exit 3)")
    assert job.card_now()["blocked"]["reason"] == "environment"


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("--output", "output file {}/none/log: make the folder"),
        ("--error", "output file {}/none/log: make the folder"),
        ("--input", "input file {}/none/log: there is none"),
    ],
)
def test_a_file_that_slurm_cannot_open_is_named(job: Job, option: str, why: str) -> None:
    run, _ = submitted(job, "true", f"{option}={job.cwd}/none/log")
    found = becomes(job, run, "failed")
    assert (found["exit"], found["why"]) == (
        None,
        f"SLURM could not open its {why.format(job.cwd)}",
    )
    assert job.card_now()["blocked"]["reason"] == "environment"
    assert found["why"] in job.card_now()["blocked"]["note"]


def test_a_job_that_is_stopped_blocks_nothing(job: Job) -> None:
    run, _ = submitted(job, "sleep 300")
    becomes(job, run, "running")
    assert json.loads(job.mlk("--json", "stop", run))["data"]["stopped"] is True

    def killed() -> bool:
        time.sleep(0.5)
        return bool(json.loads(job.mlk("--json", "runs"))["data"][0]["state"] == "killed")

    until(killed, 10)
    assert run_now(job, run)["evidence"].startswith("sacct says CANCELLED")
    assert job.card_now()["blocked"] is None


def test_a_job_that_waits_leaves_its_card_where_it_is(job: Job) -> None:
    run, _ = submitted(job, "true", "--begin=now+1hour")
    assert (
        "BeginTime" in becomes(job, run, "queued")["evidence"]
        or "PENDING" in run_now(job, run)["evidence"]
    )
    assert job.card_now()["stage"] == "Ideas"
    job.mlk("stop", run)
    becomes(job, run, "killed")
    assert job.card_now()["stage"] == "Ideas"


def test_a_job_whose_dependency_is_lifted_goes_on(job: Job, cluster: Cluster) -> None:
    first, number = submitted(job, "exit 1")
    becomes(job, first, "failed")
    run, waits = submitted(job, "sleep 2", f"--dependency=afterok:{number}")
    assert "DependencyNeverSatisfied" in becomes(job, run, "failed")["why"]
    cluster.ask("scontrol", "update", f"jobid={waits}", "dependency=")
    becomes(job, run, "finished")
    assert job.card_now()["stage"] == "Evaluation"
    events = json.loads(job.mlk("--json", "history", job.card))["data"]
    of_runs = [one for one in events if one["kind"].startswith("run.")]
    assert [one["at"] for one in of_runs] == sorted(one["at"] for one in of_runs)


def test_a_job_over_its_time_and_one_whose_node_dies(job: Job, cluster: Cluster) -> None:
    late, number = submitted(job, "sleep 300", "--time=1")
    lost, _ = submitted(job, "sleep 300", "--no-requeue")
    becomes(job, late, "running")
    becomes(job, lost, "running")
    cluster.ask("scontrol", "update", f"jobid={number}", "EndTime=now+1")
    found = becomes(job, late, "failed")
    assert found["why"] == "ended by its time limit of 1 min"
    node = cluster.ask("sinfo", "-h", "-o", "%n").strip()
    cluster.ask("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    try:
        assert becomes(job, lost, "failed")["why"] == "its node failed"
    finally:
        cluster.ask("scontrol", "update", f"nodename={node}", "state=resume", check=False)
        until(lambda: "idle" in cluster.ask("sinfo", "-h", "-o", "%T"))


def test_a_job_submitted_by_hand_for_a_card_is_found(job: Job, cluster: Cluster) -> None:
    done = cluster.ask(
        "sbatch",
        "--parsable",
        f"--comment=mlk:{job.card_now()['label']}",
        "--output=/dev/null",
        "--wrap=sleep 300",
    )
    number = done.strip()
    until(lambda: f"{number}|RUNNING" in cluster.ask("squeue", "-h", "-o", "%i|%T"))
    found = json.loads(job.mlk("--json", "runs"))["data"]
    assert [one["job"] for one in found] == [f"SLURM job {number}"]
    job.mlk("stop", found[0]["id"])


def test_a_comment_of_ones_own_stays_beside_the_label(job: Job, cluster: Cluster) -> None:
    script = '#SBATCH --comment="my own words"\ntrue'
    for options, words in ((), "my own words"), (("--comment=others",), "others"):
        run, number = submitted(job, script, *options)
        told = cluster.ask("squeue", "-h", "-t", "all", "-j", number, "-o", "%k").strip()
        assert told == f"mlk:{job.card_now()['label']}/{run} {words}"
        becomes(job, run, "finished")


def test_a_script_that_sbatch_refuses_leaves_no_run(job: Job) -> None:
    done = subprocess.run(
        [*PROGRAM, "sbatch", job.card, "--", "/nowhere.sh"],
        env=job.env, cwd=job.cwd, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"Unable to open file" in done.stderr
    assert b"sbatch did not take the job" in done.stderr
    assert not [one for one in (job.data / "runs").iterdir() if one.name != ".slurm"]


def test_an_array_is_one_run_with_a_value_for_each_task(job: Job) -> None:
    """Of which a file is named by the number that the task has as a job."""
    script = (
        "[ $SLURM_ARRAY_TASK_ID = 2 ] && exit 3\n"
        "python3 -c 'import sys; print(sys.argv[1])' 'mlkanban: val_auc=0.9'$SLURM_ARRAY_TASK_ID"
    )
    run, number = submitted(job, script, "--array=1-3", "--output=log-%j.out")
    found = becomes(job, run, "failed")
    assert found["why"] == f"exit 3; 1 task of 3 failed: {number}_2"
    assert [task["metrics"] for task in found["tasks"]["ended"]] == [
        {"val_auc": 0.91}, {}, {"val_auc": 0.93},
    ]  # fmt: skip


def test_a_job_that_is_put_back_into_the_queue_is_one_run(job: Job, cluster: Cluster) -> None:
    again = 'if [ "$SLURM_RESTART_COUNT" ]; then echo mlkanban: auc=0.9; else sleep 300; fi'
    run, number = submitted(job, again, "--requeue")
    becomes(job, run, "running")
    cluster.ask("scontrol", "requeue", number)
    becomes(job, run, "queued")
    cluster.ask("scontrol", "update", f"jobid={number}", "starttime=now")
    found = becomes(job, run, "finished", seconds=90)
    assert found["metrics"] == {"auc": 0.9}
    assert "requeued 1 time" in found["evidence"]
    assert len(json.loads(job.mlk("--json", "runs"))["data"]) == 1


def test_a_controller_that_hangs_is_said_and_holds_up_nobody(job: Job, cluster: Cluster) -> None:
    run, _ = submitted(job, "sleep 300")
    becomes(job, run, "running")
    cluster.freeze("slurmctld", frozen=True)
    try:
        os.utime(job.data / "runs" / ".slurm" / "asked", (0, 0))
        begun = time.monotonic()
        done = subprocess.run(
            [*PROGRAM, "--json", "runs"], env=job.env, capture_output=True, timeout=60, check=True
        )
        assert time.monotonic() - begun < 15
        assert b"does not answer within" in done.stderr
        assert json.loads(done.stdout)["data"][0]["state"] == "running"
        begun = time.monotonic()
        job.mlk("add", "another idea")
        assert time.monotonic() - begun < 5
    finally:
        cluster.freeze("slurmctld", frozen=False)
    job.mlk("stop", run)


def test_without_accounting_a_job_that_is_gone_is_unknown(job: Job, tmp_path: Path) -> None:
    """sacct fails, and squeue has forgotten the job."""
    run, _ = submitted(job, "sleep 300")
    becomes(job, run, "running")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, line in (("sacct", "exit 1"), ("squeue", "exit 0")):
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    path = job.env["PATH"]
    job.env["PATH"] = f"{programs}:{path}"
    assert becomes(job, run, "unknown")["state"] == "unknown"
    assert job.card_now()["blocked"] is None
    job.env["PATH"] = path
    job.mlk("stop", run)
    becomes(job, run, "killed")
