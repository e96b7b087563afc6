"""The jobs of a Hydra sweep inside a run: `mlkanban run CARD -- python train.py --multirun lr=1,2`.

The log of the run says which job wrote what where Hydra runs them one after the other. Where they
ran at once, or Hydra logs nothing, the folder of the sweep has a folder for each job, with what it
overrides (`.hydra/overrides.yaml`) and its own log, if it keeps one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from mlkanban.core.timestamps import moment
from mlkanban.files import open_plain
from mlkanban.growing_file import GrowingFile
from mlkanban.runs.model.hydra_log import (
    SIGN,
    SweepJob,
    failed_job,
    overrides,
    reports,
    without_logging,
)
from mlkanban.runs.model.metric_lines import MARK, MOST_UNREAD, Reported, reported
from mlkanban.runs.model.parameters import ASSIGNED
from mlkanban.runs.model.records import StartRecord
from mlkanban.runs.model.redaction import redacted
from mlkanban.runs.model.repeats import is_list
from mlkanban.runs.model.run import SWEEPS
from mlkanban.runs.model.state import RunState
from mlkanban.text import natural

_FOLDERS = ("multirun", "outputs")
"""Where Hydra puts sweeps, below the folder that it was started in."""
_DEEP = 4
_MOST_FOLDERS = 2_000
_MOST_JOBS = 1_000
_MOST_TEXT = 100_000
"""Bytes of a small file of Hydra."""
_SLACK_SECONDS = 2.0
"""By so much the time of a file may differ from those of the run."""
_NUMBER = re.compile(r"^ {4}num: (\d+)$", re.MULTILINE)


class HydraSweep(NamedTuple):
    """The jobs of a sweep, each with what it reported. `mixed` is whether their output stands in
    one log that does not say whose it is."""

    jobs: Sequence[tuple[SweepJob, Reported]]
    mixed: bool = False

    @property
    def unread(self) -> tuple[str, ...]:
        """What the jobs reported that is no number, each with its number."""
        return tuple(
            f"job {job.number}: {text}" for job, found in self.jobs for text in found.unread
        )[:MOST_UNREAD]

    def left_out(self, log: Reported) -> str:
        """A sentence about what the `log` of all has and no job is known to have reported, and
        about jobs that are not kept; '' for none."""
        wrong = []
        if self.mixed and (log.values or log.unread):
            wrong.append("values of its jobs are left out: their log does not say whose they are")
        if (more := len(self.jobs) - _MOST_JOBS) > 0:
            wrong.append(f"{more:,} jobs are left out: {_MOST_JOBS:,} are kept")
        return "; ".join(wrong)


def sweep_of(
    out: Path, start: StartRecord, ended: str, most: int = 250_000_000
) -> HydraSweep | None:
    """The sweep that a run was, which started and `ended` so (ISO 8601), by its log; None where it
    had fewer than two jobs. The last `most` bytes of the log are read."""
    try:
        status = out.stat()
    except OSError:
        return None
    jobs = _read_once(out, status.st_size, status.st_mtime_ns, most)
    if len(jobs) > 1 and all(job.alone for job, _ in jobs):
        return HydraSweep(jobs)
    kept = _in_folders(start, ended) or jobs
    if len(kept) < 2:
        return None
    return HydraSweep(kept, mixed=not any(found.values for _, found in kept))


def task_rows(sweep: HydraSweep, state: RunState, ended: str, errors: str) -> list[list[Any]]:
    """The jobs as tasks of their run, which ended so. In its `errors` Hydra names the first job
    that failed; how those after it ended is not known, nor how any did where the run was killed."""
    jobs = [job for job, _ in sweep.jobs]
    failed = failed_job(jobs, errors) if state is RunState.FAILED else None
    last = moment(ended)
    ends = [*(job.began for job in jobs[1:]), last.timestamp() if last else None]
    rows = []
    for at, ((job, found), end) in enumerate(zip(sweep.jobs[:_MOST_JOBS], ends, strict=False)):
        how, why = RunState.LOST, "Hydra does not say how it ended"
        if state is RunState.FINISHED or (failed is not None and at < failed):
            how, why = RunState.FINISHED, ""
        elif at == failed:
            how, why = RunState.FAILED, "Hydra names it in its error"
        began, over = (None if t is None or not job.alone else int(t) for t in (job.began, end))
        seconds = None if began is None or over is None else max(0, over - began)
        rows.append(
            [job.number, how.value, seconds, why, found.values, began, over, _shown(job.params)]
        )
    return rows


def _shown(params: Mapping[str, str]) -> dict[str, str]:
    """What a job overrides, without secrets."""
    return {
        name: redacted([f"{name}={value}"])[0].partition("=")[2] for name, value in params.items()
    }


@lru_cache(maxsize=64)
def _read_once(
    out: Path, size: int, changed: int, most: int
) -> tuple[tuple[SweepJob, Reported], ...]:
    try:
        log = GrowingFile(out, max(0, size - most))
        return tuple(reports(log.read(MARK.encode(), SIGN.encode(), over=True).lines))
    except OSError:
        return ()


# The folder of a sweep


def _in_folders(start: StartRecord, ended: str) -> tuple[tuple[SweepJob, Reported], ...]:
    """The jobs in the folder of the sweep, of the only one that was begun during the run with what
    was typed."""
    since, until = moment(start.get("started", "")), moment(ended)
    cwd, argv = start.get("cwd", ""), start.get("argv", [])
    if not cwd or since is None or until is None or not set(SWEEPS) & set(argv):
        return ()
    found = [
        folder for folder in _sweep_folders(Path(cwd), argv)
        if _is_of(folder, argv, since.timestamp(), until.timestamp())
    ]  # fmt: skip
    return tuple(_jobs(found[0])) if len(found) == 1 else ()


def _sweep_folders(cwd: Path, argv: Sequence[str]) -> Iterator[Path]:
    """The folders of sweeps that may be there: those with a multirun.yaml."""
    roots = [cwd / name for name in _FOLDERS]
    roots += [
        cwd / word.partition("=")[2] for word in argv
        if word.startswith("hydra.sweep.dir=") and "$" not in word
    ]  # fmt: skip
    looked = 0
    for root in dict.fromkeys(roots):
        for folder, below, files in os.walk(root):
            path = Path(folder)
            looked += 1
            if "multirun.yaml" in files:
                yield path
                below.clear()
            if looked > _MOST_FOLDERS:
                return
            if len(path.relative_to(root).parts) >= _DEEP:
                below.clear()


def _is_of(folder: Path, argv: Sequence[str], since: float, until: float) -> bool:
    """Whether a sweep was begun between these times over the values that were typed."""
    file = folder / "multirun.yaml"
    with suppress(OSError):
        begun = file.stat().st_mtime
        pairs = filter(None, map(ASSIGNED.fullmatch, argv))
        swept = [pair[0] for pair in pairs if is_list(pair["value"])]
        if swept and since - _SLACK_SECONDS <= begun <= until + _SLACK_SECONDS:
            return set(swept) <= set(_items(file))
    return False


def _jobs(folder: Path) -> Iterator[tuple[SweepJob, Reported]]:
    files = sorted(folder.glob("*/.hydra/overrides.yaml"), key=lambda file: natural(str(file)))
    numbered = [(_number(file, at), file) for at, file in enumerate(files[:_MOST_JOBS])]
    for number, file in sorted(numbered):
        params = {n: v for item in _items(file) for n, v in overrides(item).items()}
        lines: list[str] = []
        for log in sorted(file.parent.parent.glob("*.log")):
            with suppress(OSError):
                lines += GrowingFile(log).read(MARK.encode(), over=True).lines
        yield SweepJob(number, params), reported(map(without_logging, lines))


def _number(file: Path, otherwise: int) -> int:
    """The number of the job whose overrides are in a file: that of its folder, which may have
    another name."""
    name = file.parent.parent.name
    if name.isdecimal():
        return int(name)
    found = _NUMBER.search(_text(file.with_name("hydra.yaml")))
    return int(found[1]) if found else otherwise


def _items(file: Path) -> list[str]:
    """The items of all lists in a file of Hydra, of which each stands in a line of its own."""
    lines = (line.strip() for line in _text(file).splitlines())
    return [line[2:].strip("'\"") for line in lines if line.startswith("- ")]


def _text(file: Path) -> str:
    with suppress(OSError), open_plain(file) as source:
        return source.read(_MOST_TEXT).decode(errors="replace")
    return ""
