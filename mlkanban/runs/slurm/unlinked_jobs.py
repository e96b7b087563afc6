"""Jobs of this person that are no runs of a card, for the inbox, and how one becomes a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from mlkanban.files import write_whole
from mlkanban.runs.model.tracker_run import CARD_TAG, Tracked
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.job_records import SlurmJob, task_counts
from mlkanban.runs.slurm.labelled_jobs import (
    at,
    is_run,
    last_look,
    make_run,
    marks,
    numbers_of_runs,
)
from mlkanban.text import display

_OFFERED = "offered.json"
_AT_LEAST = timedelta(days=1)
"""How far the accounting is asked back."""
_MOST_JOBS = 200
"""So many jobs without a label are offered, the newest."""


def unlinked_jobs(data: Path, now: datetime, seconds: float) -> list[Tracked]:
    """The jobs that may be for a card: a person decides which. An array is one of them.

    Those whose comment names a card without its store stay until that is done, though the queue
    forgets them soon; with accounting, whoever looks once a day misses none. Those without a label
    are listed for a day, or as long as the queue has them."""
    known = _remembered(data)
    if not client.available():
        return [_tracked([job], ()) for job in known.values()]
    counted: list[SlurmJob] = []
    queued: list[SlurmJob] = []
    with suppress(client.NoAnswer):  # many clusters have no accounting
        since = min(last_look(data) or now, now - _AT_LEAST)
        counted += client.accounting_since(since, "", seconds)
        if older := known.keys() - {job.id for job in counted}:
            counted += client.accounting(sorted(older), "", seconds)
    with suppress(client.NoAnswer):
        queued += client.queue("", seconds)
    known = remember(data, [*counted, *queued])
    runs = numbers_of_runs(data)
    bare = {
        job.id: job for job in [*counted, *queued]
        if job.label is None and job.submit is not None
        and not (job.id in runs and is_run(data, job, ""))
    }  # fmt: skip
    newest = sorted(bare.values(), key=lambda job: job.submit or 0)[-_MOST_JOBS:]
    names = {}
    with suppress(client.NoAnswer):
        names = client.job_names([job.id for job in newest], seconds)
    return [
        _tracked(
            [job, *(one for one in counted if one.id == job.id)],
            [one for one in queued if one.id == job.id],
            names.get(job.id, ""),
        )
        for job in (*known.values(), *newest)
    ]


def _tracked(counted: Sequence[SlurmJob], queued: Sequence[SlurmJob], name: str = "") -> Tracked:
    """A job as the inbox shows it: with others of its name and folder."""
    job = (*counted, *queued)[-1]
    label = job.label
    over, tasks = task_counts(counted, queued)
    array = f" ({tasks:,} tasks)" if "_" in job.task else ""
    return Tracked(
        f"slurm:{job.id}",
        name=display(name or job.comment) + array,
        experiment=display(name),
        says=f"{over:,} of {tasks:,} tasks over" if array else job.state,
        tags={CARD_TAG: label.ref} if label else {},
        started=at(job.submit), where=display(job.folder),
    )  # fmt: skip


def link_job(data: Path, number: str, label: str, now: datetime, seconds: float) -> str:
    """Make the job, or the array, with this number a run of the card with this label; its id, ''
    where there is no such job of this person, or it is a run."""
    if not number.isdecimal():
        return ""
    jobs = dict(_remembered(data))
    if number not in jobs and client.available():
        found: list[SlurmJob] = []
        with suppress(client.NoAnswer):
            found += client.accounting([number], "", seconds, mine=True)
        with suppress(client.NoAnswer):
            found += [job for job in client.queue("", seconds) if job.id == number]
        jobs |= {job.id: job for job in found if _is_free(data, job)}
    job = jobs.get(number)
    return make_run(data, job, "", label) if job else ""


def _is_free(data: Path, job: SlurmJob) -> bool:
    """Whether a person may decide which card a job is for: it names none, or one without its
    store."""
    named = job.label is not None and bool(job.label.store)
    return job.submit is not None and not named and not is_run(data, job, "")


def _waiting(data: Path, jobs: Iterable[SlurmJob]) -> dict[str, SlurmJob]:
    """Those of these jobs that name a card without its store and are no runs, by their numbers; of
    several lines about one, the last."""
    return {job.id: job for job in jobs if job.label is not None and _is_free(data, job)}


def _remembered(data: Path) -> dict[str, SlurmJob]:
    """The jobs that waited for a decision when they were seen last, and still do."""
    try:
        kept = json.loads((marks(data) / _OFFERED).read_text())
        return _waiting(data, [SlurmJob(**fields) for fields in kept])
    except (OSError, ValueError, TypeError, RecursionError):
        return {}


def remember(data: Path, jobs: Iterable[SlurmJob]) -> dict[str, SlurmJob]:
    """Keep which of these jobs name a card without its store, beside those that did before; all of
    them."""
    before = _remembered(data)
    known = before | _waiting(data, jobs)
    if known != before:
        with suppress(OSError):
            marks(data).mkdir(mode=0o700, parents=True, exist_ok=True)
            text = json.dumps([asdict(job) for job in known.values()])
            write_whole(marks(data) / _OFFERED, text.encode())
    return known
