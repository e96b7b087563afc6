"""What is said of a machine: whether runs survive a logout there, and who watches over them."""

import json
from pathlib import Path

import pytest

from mlkanban.runs.local.surroundings import killed_at_logout
from tests.runs.jobs import Job, alive, kill, until


def test_without_systemd_nobody_ends_processes(tmp_path: Path) -> None:
    assert killed_at_logout(tmp_path) is None


@pytest.mark.parametrize(
    ("files", "killed"),
    [
        ({}, False),
        ({"logind.conf": "#KillUserProcesses=yes"}, False),
        ({"logind.conf": "[Login]\nKillUserProcesses = yes"}, True),
        ({"logind.conf": "KillUserProcesses=yes", "logind.conf.d/a.conf": "KillUserProcesses=no"},
         False),
        ({"logind.conf.d/a.conf": "x=y", "logind.conf.d/b.conf": "KillUserProcesses=true"}, True),
    ],
)  # fmt: skip
def test_the_last_setting_of_systemd_counts(
    tmp_path: Path, files: dict[str, str], killed: bool
) -> None:
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    for name, text in files.items():
        file = tmp_path / "etc/systemd" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert killed_at_logout(tmp_path) is killed


def test_doctor_names_runs_without_a_supervisor(job: Job) -> None:
    job.start("sh", "-c", "echo up; sleep 300; true", options=("--detach",))
    start = job.up()
    checks = json.loads(job.mlk("--json", "doctor"))["data"]["checks"]
    assert not [one for one in checks if one["what"] == "runs"]
    assert [one for one in checks if one["what"] == "logout"]
    kill(start["supervisor"]["pid"])
    until(lambda: not alive(start["supervisor"]["pid"]))
    checks = json.loads(job.mlk("--json", "doctor"))["data"]["checks"]
    [said] = [one for one in checks if one["what"] == "runs"]
    assert job.folder.name in said["said"]


def test_doctor_counts_gpus_and_finds_slurm(job: Job, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, line in (
        ("nvidia-smi", "echo 'GPU 0: A100'; echo 'GPU 1: A100'"),
        ("squeue", "true"),
        ("sinfo", "echo slurm 23.11.4"),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    job.env["PATH"] = f"{programs}:{job.env['PATH']}"
    said = job.mlk("doctor")
    assert "gpus       2" in said
    assert "slurm 23.11.4" in said
