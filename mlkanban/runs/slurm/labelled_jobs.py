"""Which jobs are runs already, and those that became one without us: submitted by hand with a
comment that names a card."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mlkanban.core.timestamps import instant, moment
from mlkanban.runs.local.folder import RunFolder, runs_folder
from mlkanban.runs.local.processes import where
from mlkanban.runs.model.records import JobRecord
from mlkanban.runs.model.run_ids import ID
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.array_script import task_parameters
from mlkanban.runs.slurm.job_records import SlurmJob
from mlkanban.runs.slurm.log_files import log_files

_ANSWER_SECONDS = 5.0


def claim(data: Path, job: str, cluster: str, run: str, again: int | None = None) -> bool:
    """Keep that the job with this number is this run; False when it is one already. `again` is when
    it was submitted, where the number was another job's before."""
    mark = marks(data) / f"{cluster or 'here'}-{job}{f'-{again}' if again else ''}"
    with suppress(OSError):
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except OSError:
        return False
    with suppress(OSError):
        mark.write_text(run)
    return True


def marks(data: Path) -> Path:
    return runs_folder(data) / ".slurm"


def runs_of(data: Path, job: str, cluster: str) -> list[RunFolder]:
    """The runs that jobs with this number are."""
    name = f"{cluster or 'here'}-{job}"
    folders = []
    with suppress(OSError):
        for mark in sorted(marks(data).iterdir()):
            if mark.name == name or mark.name.startswith(f"{name}-"):
                run = mark.read_text().strip()
                folders.append(
                    RunFolder(runs_folder(data) / (run if ID.fullmatch(run) else "none"))
                )
    return folders


def numbers_of_runs(data: Path) -> frozenset[str]:
    """The numbers of all jobs of this cluster that were runs."""
    with suppress(OSError):
        names = (mark.name for mark in marks(data).iterdir())
        return frozenset(name.split("-")[1] for name in names if name.startswith("here-"))
    return frozenset()


def is_run(data: Path, job: SlurmJob, cluster: str) -> bool:
    """Whether a job is a run already: a number is given again only once its job was over."""
    for folder in runs_of(data, job.id, cluster):
        ended = moment(folder.scheduler().get("ended", ""))
        if ended is None or job.submit is None or job.submit <= ended.timestamp():
            return True
    return False


def records(job: str, cluster: str) -> list[dict[str, str]]:
    """What the controller keeps of a job; nothing where it does not answer."""
    with suppress(client.NoAnswer):
        return client.records(job, cluster, _ANSWER_SECONDS)
    return []


def describe(job: str, cluster: str, known: Sequence[Mapping[str, str]]) -> JobRecord:
    """What start.json keeps of a job of which the controller keeps these records."""
    first = known[0] if known else {}
    submit = first.get("SubmitTime", "")
    made: JobRecord = {
        "job": job,
        "cluster": cluster,
        "submit": int(submit) if submit.isdecimal() else None,
        **log_files(known),
    }
    if "ArrayJobId" in first:
        text = ""
        with suppress(client.NoAnswer):
            text = client.script(job, cluster, _ANSWER_SECONDS)
        made["task_params"] = task_parameters(text)
    return made


def find_logs(folder: RunFolder) -> None:
    """Ask once more where a job writes to, when the controller did not say it, or not yet of the
    tasks of an array."""
    start = folder.start()
    job = start.get("slurm")
    if job is not None and (not job.get("stdout") or job.get("by") == ""):
        number, cluster = job.get("job", ""), job.get("cluster", "")
        known = describe(number, cluster, records(number, cluster))
        known["submit"] = job.get("submit", known.get("submit"))
        if "task_params" in job:
            known["task_params"] = job["task_params"]
        if known.get("stdout") and known != job:
            with suppress(OSError):
                folder.write_start({**start, "slurm": known})


def take_up(
    data: Path, cluster: str, jobs: Iterable[SlurmJob], stores: frozenset[str], now: datetime
) -> list[RunFolder]:
    """Make runs of the jobs whose comment names a card of one of these stores, and return them.
    That of a job which was submitted as a run names that too: where it is ours, and was left before
    its number was known, it gets that."""
    made = []
    for job in sorted(jobs, key=lambda item: item.submit or 0):
        label = job.label
        if label is None or label.store not in stores or job.submit is None:
            continue
        if label.run:
            _attach(data, job, cluster, label.run)
        elif not is_run(data, job, cluster):
            run = make_run(data, job, cluster, str(label))
            made += [RunFolder(runs_folder(data) / run)] if run else []
    return made


def at(seconds: int | None) -> str:
    """Seconds since 1970 as an instant."""
    return "" if seconds is None else instant(datetime.fromtimestamp(seconds, UTC))


def last_look(data: Path) -> datetime | None:
    """When anybody asked last what became of jobs."""
    with suppress(OSError, ValueError):
        return datetime.fromtimestamp(stamp(data).stat().st_mtime, UTC)
    return None


def stamp(data: Path) -> Path:
    return marks(data) / "asked"


def _attach(data: Path, job: SlurmJob, cluster: str, run: str) -> None:
    folder = RunFolder(runs_folder(data) / run)
    start = folder.start()
    slurm = start.get("slurm")
    if slurm is not None and not slurm.get("job"):
        claim(data, job.id, cluster, run)
        known = describe(job.id, cluster, records(job.id, cluster))
        with suppress(OSError):
            folder.write_start({**start, "slurm": {**known, "submit": job.submit}})


def make_run(data: Path, job: SlurmJob, cluster: str, card: str) -> str:
    """A run for a job that was submitted without us; its id, '' when it is one already."""
    assert job.submit is not None
    digest = hashlib.sha256(f"{cluster}:{job.id}:{job.submit}".encode()).hexdigest()
    submitted = datetime.fromtimestamp(job.submit, UTC)
    run = f"{submitted:%Y%m%d-%H%M%S}-{digest[:8]}"
    again = job.submit if runs_of(data, job.id, cluster) else None
    if not claim(data, job.id, cluster, run, again):
        return ""
    folder = RunFolder(runs_folder(data) / run)
    with suppress(OSError):
        folder.make()
        folder.write_start(
            {
                "id": run,
                "card": card,
                "argv": ["sbatch", f"(job {job.id})"],
                "cwd": job.folder,
                "made": instant(submitted),
                "slurm": {
                    **describe(job.id, cluster, records(job.id, cluster)),
                    "submit": job.submit,
                },
                **where(),
            }
        )
    return run
