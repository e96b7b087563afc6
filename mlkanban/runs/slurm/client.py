"""The programs of SLURM. None of them is waited for longer than it was given: a controller that
hangs must not hang us."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from mlkanban.core.runs.slurm import SACCT_FIELDS, SQUEUE_FORMAT, Job, read_sacct, read_squeue
from mlkanban.errors import MlkanbanError, UsageProblem


class NoAnswer(MlkanbanError):
    """SLURM is not here, does not answer, or says no."""


def found() -> bool:
    """Whether SLURM's programs are here."""
    return shutil.which("squeue") is not None


def accounting(ids: Sequence[str], cluster: str, seconds: float) -> list[Job]:
    """What the accounting says of these jobs, all asked for at once."""
    words = ["sacct", "-X", "-P", "-n", "-j", ",".join(ids), f"--format={SACCT_FIELDS}"]
    return read_sacct(_ask([*words, *_on(cluster)], seconds))


def queue(cluster: str, seconds: float) -> list[Job]:
    """The jobs of this person that the controller knows: those that wait, run, or ended lately.
    Asked for by person, not by number: a number that it forgot would be an error."""
    words = ["squeue", "-h", "-t", "all", "-u", str(os.getuid()), "-o", SQUEUE_FORMAT]
    return read_squeue(_ask([*words, *_on(cluster)], seconds))


def details(job: str, cluster: str, seconds: float) -> dict[str, str]:
    """What the controller keeps of a job: SubmitTime, StdOut, StdErr, WorkDir and more."""
    text = _ask(["scontrol", "show", "job", "-o", job, *_on(cluster)], seconds)
    words = (text.splitlines() or [""])[0].split(" ")
    return dict(word.split("=", 1) for word in words if "=" in word)


def cancel(job: str, cluster: str, seconds: float) -> None:
    _ask(["scancel", job, *_on(cluster)], seconds)


def submit(options: Sequence[str], env: dict[str, str]) -> tuple[str, str]:
    """Hand a script over; the number of the job, and its cluster where sbatch names one. What
    sbatch has to say goes to the person; it may wait as long as it wants."""
    try:
        done = subprocess.run(
            ["sbatch", "--parsable", *options], env=env, stdout=subprocess.PIPE, check=False
        )
    except OSError as error:
        raise NoAnswer(
            f"sbatch cannot be started: {error.strerror}.", "Submit on a host that has SLURM."
        ) from error
    job, _, cluster = (
        done.stdout.decode(errors="replace").strip().rpartition("\n")[2].partition(";")
    )
    if done.returncode != 0 or not job.isdecimal():
        raise UsageProblem("sbatch did not take the job.", "It says why above.")
    return job, cluster


def _on(cluster: str) -> list[str]:
    return ["-M", cluster] if cluster else []


def _ask(words: Sequence[str], seconds: float) -> str:
    env = {
        name: value
        for name, value in os.environ.items()
        # These change what the programs print.
        if not name.startswith(("SACCT_", "SQUEUE_"))
    }
    try:
        done = subprocess.run(
            words, env=env | {"SLURM_TIME_FORMAT": "%s", "LC_ALL": "C"}, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"{words[0]} does not answer within {seconds:g} s.") from error
    except OSError as error:
        raise NoAnswer(f"{words[0]} cannot be started: {error.strerror}.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise NoAnswer(f"{words[0]} failed: {said[-1]}")
    return done.stdout.decode(errors="replace")
