"""A run inside a job of SLURM that ended it from outside: SLURM says why."""

import json
import os
from pathlib import Path

from tests.runs.jobs import Job, kill, members, until

SACCT = "{job}|{job}|{state}|0:0|1|2|9|7|vm|cpu=1|None||/w"


def programs(folder: Path, sacct: str) -> None:
    for name, said in (("squeue", ""), ("sacct", sacct)):
        (folder / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (folder / name).chmod(0o755)


def test_why_a_run_vanished_with_its_job(job: Job, tmp_path: Path) -> None:
    there = tmp_path / "programs"
    there.mkdir()
    programs(there, SACCT.format(job="77", state="RUNNING"))
    job.env["PATH"] = f"{there}:{job.env['PATH']}"
    job.env["SLURM_JOB_ID"] = "77"
    job.start("sh", "-c", "echo up; sleep 300", options=("--detach",))
    start = job.up()
    assert start["environment"] == {"SLURM_JOB_ID": "77"}
    leader, supervisor = start["child"]["pid"], start["supervisor"]["pid"]
    for pid in (supervisor, *members(leader)):
        kill(pid)
    until(lambda: not members(leader))
    del job.env["SLURM_JOB_ID"]
    silent = (job.folder / "start.json", job.data / "runs" / ".slurm" / "asked")
    assert job.run()["state"] == "unknown"
    programs(there, SACCT.format(job="77", state="TIMEOUT"))
    for file in silent:
        if file.exists():
            os.utime(file, (0, 0))
    run = job.run()
    assert (run["state"], run["why"]) == ("failed", "ended by its time limit")
    assert run["evidence"] == "sacct says TIMEOUT"
    assert json.loads(job.mlk("--json", "show", job.card))["data"]["blocked"]["reason"] == ("other")
