"""What a log says of the jobs of a Hydra sweep: before each job Hydra writes its number and what it
overrides. Only its own launcher runs the jobs one after the other, so that what follows such a line
is of that job; others run them at once, and their output is mixed.

Source: BasicLauncher and JobReturn in Hydra 1.3.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from mlkanban.patterns import pattern
from mlkanban.runs.model.failure import ESCAPES
from mlkanban.runs.model.metric_lines import Reported, reported

SIGN = "HYDRA"
"""What the lines of Hydra itself contain."""
_HEADING = pattern(r"(?:\[(?P<at>[^\]]*)\])?\[HYDRA\]\s+#(?P<number>\d+)\s*:\s*(?P<rest>.*)")
_LAUNCHES = pattern(r"\[HYDRA\].*\b[Ll]aunching\b(?P<locally>.* locally)?")
_OVERRIDE = pattern(
    r"(?:^|\s)[+~]*(?P<name>[A-Za-z_][\w.@/:-]*)=(?P<value>.*?)"
    r"(?=\s[+~]*[A-Za-z_][\w.@/:-]*=|\s*$)"
)
_LOGGED = pattern(r"\[[^\]]*\]\[[^\]]*\]\[[A-Z]+\] - (?=mlkanban:)")
"""What Hydra's configuration of `logging` writes before a message."""
_FAILED = pattern(r"Error executing job with overrides: (?P<overrides>\[.*\])")
_TIME = "%Y-%m-%d %H:%M:%S,%f"


class SweepJob(NamedTuple):
    """A job of a sweep: its number, what it overrides, and when it began (seconds since 1970, None
    where that is not known). What is written until the next one begins is its own where it runs
    `alone`."""

    number: int
    params: Mapping[str, str]
    began: float | None = None
    alone: bool = False

    @property
    def words(self) -> str:
        """What it overrides, as it is typed."""
        return " ".join(f"{name}={value}" for name, value in self.params.items())


class SweepLog:
    """Follows the lines of a log."""

    def __init__(self) -> None:
        self.jobs: list[SweepJob] = []
        self._locally = False

    def take(self, line: str) -> SweepJob | None:
        """The job that begins with this line; None for any other line."""
        if SIGN not in line:
            return None
        text = ESCAPES.sub("", line)
        if heading := _HEADING.match(text):
            # A log may have several sweeps, each of which counts from 0.
            number = max(int(heading["number"]), len(self.jobs))
            params = overrides(heading["rest"])
            job = SweepJob(number, params, _moment(heading["at"]), self._locally)
            self.jobs.append(job)
            return job
        if launches := _LAUNCHES.search(text):
            self._locally = launches["locally"] is not None
        return None


def overrides(text: str) -> dict[str, str]:
    """What a job overrides, by name: `lr=0.01 +seed=1`."""
    return {found["name"]: found["value"] for found in _OVERRIDE.finditer(text)}


def without_logging(line: str) -> str:
    """A line of metrics without what a logger wrote before it."""
    return _LOGGED.sub("", line, count=1)


def reports(lines: Iterable[str]) -> list[tuple[SweepJob, Reported]]:
    """The jobs that a log has, each with what it reported itself; none where there is no sweep."""
    log, own = SweepLog(), dict[int, list[str]]()
    for line in lines:
        if log.take(line) is None and log.jobs and log.jobs[-1].alone:
            own.setdefault(len(log.jobs) - 1, []).append(without_logging(line))
    return [(job, reported(own.get(at, ()))) for at, job in enumerate(log.jobs)]


def failed_job(jobs: Sequence[SweepJob], errors: str) -> int | None:
    """The place of the first job that failed, of which Hydra writes what it overrides: those before
    it ended well. None where that is not written."""
    for found in _FAILED.finditer(errors):
        with suppress(ValueError, SyntaxError):
            named = overrides(" ".join(map(str, ast.literal_eval(found["overrides"]))))
            for at, job in enumerate(jobs):
                if named == job.params:
                    return at
    return None


def _moment(text: str | None) -> float | None:
    with suppress(ValueError, OverflowError):
        return datetime.strptime(text or "", _TIME).timestamp()
    return None
