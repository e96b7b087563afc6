"""The programs of SLURM, each with a time limit: a controller that hangs must not hang this
program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from mlkanban.errors import MlkanbanError, UsageProblem
from mlkanban.hints import hint
from mlkanban.log import logger
from mlkanban.runs.slurm.job_records import (
    EXIT_FORMAT,
    LIMIT_FIELDS,
    SACCT_FIELDS,
    SQUEUE_FORMAT,
    SlurmJob,
    read_sacct,
    read_squeue,
    with_limits,
    with_statuses,
)
from mlkanban.text import display

_SACCT = ("sacct", "-D", "-X", "-P", "-n", f"--format={SACCT_FIELDS}")
"""With `-D`: of a job that was put back into the queue, every time that it ran."""
_KEY = re.compile(r"(?:^|(?<=\s))([A-Z][A-Za-z_:/]*)=")
_WHOLE = re.compile(r"\s*(Command|WorkDir|StdErr|StdIn|StdOut|Comment)=(.*)")
"""A line that has nothing else: what looks like a key in a path is part of it."""


_TAKEN = re.compile(r"(\d+)(?:;(\S+))?")
"""What `sbatch --parsable` prints of a job that was taken: its number, and its cluster."""
_LATE = re.compile(r"timed out|Zero Bytes were transmitted", re.IGNORECASE)
"""What sbatch says when its question may have arrived."""
_AWAY = re.compile(
    r"Unable to contact slurm|Connection refused|connect failure|No route to host"
    r"|Communication connection failure|in standby mode|Unable to establish controller machine"
    r"|Could not establish a configuration source",
    re.IGNORECASE,
)
"""What sbatch says when nobody can be asked."""


class NoAnswer(MlkanbanError):
    """SLURM is not installed here, does not answer, or refuses."""


def available() -> bool:
    """Whether SLURM's programs are installed here."""
    return shutil.which("squeue") is not None


def version(seconds: float) -> str:
    """The version of SLURM; '' when its programs do not answer."""
    try:
        return _output(["sinfo", "--version"], seconds).strip()
    except NoAnswer:
        return ""


class Setup(NamedTuple):
    """How a cluster is set up: whether it accounts for jobs (with their comments), for how many
    seconds its queue lists a job that has ended, and what sacct complains of."""

    accounts: bool
    keeps_comments: bool
    listed_for: int
    problem: str = ""


def setup(seconds: float) -> Setup:
    """How the cluster is set up, as its controller and sacct say."""
    found: dict[str, str] = {}
    for line in _output(["scontrol", "show", "config"], seconds).splitlines():
        name, _, value = line.partition("=")
        found[name.strip()] = value.strip()
    kind = found.get("AccountingStorageType", "").rpartition("/")[2]
    problem = ""
    if accounts := kind not in ("", "none", "(null)"):
        try:
            _output([*_SACCT, "-j", "1"], seconds)
        except NoAnswer as error:
            problem = str(error)
    listed = found.get("MinJobAge", "").partition(" ")[0]
    return Setup(
        accounts, "job_comment" in found.get("AccountingStoreFlags", ""),
        int(listed) if listed.isdecimal() else 0, problem,
    )  # fmt: skip


def accounting(
    ids: Sequence[str], cluster: str, seconds: float, *, mine: bool = False
) -> list[SlurmJob]:
    """The accounting's records of these jobs, or of those of this user among them, read in one
    call."""
    words = [*_SACCT, "-j", ",".join(ids), *(["-u", str(os.getuid())] if mine else [])]
    return read_sacct(_output([*words, *_on(cluster)], seconds))


def job_names(ids: Sequence[str], seconds: float) -> dict[str, str]:
    """The names of jobs of this user, by their numbers: those that the queue lists, and those that
    the accounting has."""
    found: dict[str, str] = {}
    answers = [["squeue", "-h", "-t", "all", "-u", str(os.getuid()), "-o", "%F|%j"]]
    if ids:
        answers.append(["sacct", "-X", "-P", "-n", "--format=JobID,JobName", "-j", ",".join(ids)])
    for words in answers:
        with suppress(NoAnswer):
            for line in _output(words, seconds).splitlines():
                number, _, name = line.partition("|")
                if "|" not in name:
                    found[number.partition("_")[0]] = name
    return found


def time_limits(jobs: Sequence[SlurmJob], cluster: str, seconds: float) -> list[SlurmJob]:
    """These jobs of the accounting with their time limits."""
    ids = ",".join(sorted({job.id for job in jobs}))
    words = ["sacct", "-X", "-P", "-n", f"--format={LIMIT_FIELDS}", "-j", ids]
    return with_limits(jobs, _output([*words, *_on(cluster)], seconds))


def accounting_since(since: datetime, cluster: str, seconds: float) -> list[SlurmJob]:
    """The accounting's records of this user's jobs since an instant."""
    begin = f"--starttime={since.astimezone():%Y-%m-%dT%H:%M:%S}"
    return read_sacct(_output([*_SACCT, "-u", str(os.getuid()), begin, *_on(cluster)], seconds))


def queue(cluster: str, seconds: float) -> list[SlurmJob]:
    """This user's jobs that the controller knows: waiting, running, or ended lately. Read by user,
    not by job number: a forgotten number would be an error."""
    words = ["squeue", "-h", "-t", "all", "-u", str(os.getuid()), "-o", SQUEUE_FORMAT]
    return read_squeue(_output([*words, *_on(cluster)], seconds))


def exit_statuses(jobs: Sequence[SlurmJob], cluster: str, seconds: float) -> list[SlurmJob]:
    """These jobs of the queue, those that failed with their exit status, and with the time limit
    that ended them: for clusters without accounting."""
    words = ["squeue", "-h", "-t", "FAILED,TIMEOUT", "-u", str(os.getuid()), "-O", EXIT_FORMAT]
    return with_statuses(jobs, _output([*words, *_on(cluster)], seconds))


def records(job: str, cluster: str, seconds: float) -> list[dict[str, str]]:
    """The controller's records of a job: SubmitTime, StdOut, StdErr, WorkDir and more. Of an array,
    one for the tasks that wait, and one for each other task."""
    return read_records(_output(["scontrol", "show", "job", job, *_on(cluster)], seconds))


def read_records(text: str) -> list[dict[str, str]]:
    """The keys of each job that `scontrol show job` printed. Values contain blanks, so each extends
    to the next key."""
    made: list[dict[str, str]] = []
    for line in text.splitlines():
        if line.startswith("JobId="):
            made.append({})
        if not made:
            continue
        values = made[-1]
        if whole := _WHOLE.fullmatch(line):
            values[whole[1]] = whole[2].rstrip()
            continue
        keys = list(_KEY.finditer(line))
        ends = [*(key.start() for key in keys), len(line)][1:]
        for key, after in zip(keys, ends, strict=True):
            values[key[1]] = line[key.end() : after].rstrip()
    return made


def script(job: str, cluster: str, seconds: float) -> str:
    """The script of a job, as long as the controller keeps it."""
    return _output(["scontrol", "write", "batch_script", job, "-", *_on(cluster)], seconds)


def cancel(job: str, cluster: str, seconds: float) -> None:
    _output(["scancel", job, *_on(cluster)], seconds)


class Submission(NamedTuple):
    """sbatch's answer: the job number, '' with options such as `--test-only`, the cluster where it
    names one, and its exit code: with `--wait` that of the job."""

    job: str
    cluster: str = ""
    exit: int = 0


class MaybeTaken(NoAnswer):
    """The controller did not answer in time; it may have accepted the job nevertheless."""


def submit(options: Sequence[str], env: dict[str, str], show: Callable[[str], None]) -> Submission:
    """Submit a script. sbatch's messages are passed to `show` line by line, as harmless text; it
    may wait as long as it wants."""
    errors = []
    try:
        with tempfile.TemporaryFile() as out:
            with subprocess.Popen(
                ["sbatch", "--parsable", *options], env=env, stdout=out, stderr=subprocess.PIPE
            ) as process:
                assert process.stderr is not None
                for line in process.stderr:
                    errors.append(display(line.decode(errors="replace").rstrip("\r\n")))
                    show(errors[-1])
            out.seek(0)
            printed = out.read().decode(errors="replace").splitlines()
    except OSError as error:
        raise NoAnswer(
            f"sbatch cannot be started: {error.strerror}.", "Submit on a host that has SLURM."
        ) from error
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    if taken := [match for line in printed if (match := _TAKEN.fullmatch(line.strip()))]:
        return Submission(taken[-1][1], taken[-1][2] or "", code)
    if code == 0:
        for text in printed:
            show(display(text))
        return Submission("")
    if any(_LATE.search(line) for line in errors):
        raise MaybeTaken(
            "SLURM's controller did not answer in time: it may have taken the job or not.",
            hint(
                "See whether it did before you submit again: squeue --me. If it did, {runs} shows "
                "its run."
            ),
        )
    if any(_AWAY.search(line) for line in errors):
        raise NoAnswer("SLURM's controller does not answer: the job was not submitted.",
                       "Ask whether it is up: scontrol ping")  # fmt: skip
    raise UsageProblem("sbatch did not take the job.", "It says why above.")


def _on(cluster: str) -> list[str]:
    return ["-M", cluster] if cluster else []


def _output(words: Sequence[str], seconds: float) -> str:
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
        logger("program").warning("%s did not answer within %g s", words[0], seconds)
        raise NoAnswer(f"{words[0]} does not answer within {seconds:g} s.") from error
    except OSError as error:
        raise NoAnswer(f"{words[0]} cannot be started: {error.strerror}.") from error
    logger("program").debug("%s: exit %d", words[0], done.returncode)
    if done.returncode:
        errors = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise NoAnswer(f"{words[0]} failed: {display(errors[-1])}")
    return done.stdout.decode(errors="replace")
