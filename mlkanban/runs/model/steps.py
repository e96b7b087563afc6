"""What happened to a run, step by step.

A scheduler may start a job several times: each of its lives has a start and an end of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState


class RunStep(NamedTuple):
    """What happened at an instant, and the run as it was then; `ends` when that was its end."""

    at: str
    run: Run
    ends: bool = False


def steps(run: Run, had: Run | None) -> Iterator[RunStep]:
    """What happened to a run since it was as it `had` been known, oldest first; all of it where it
    was not known."""
    waits = run.state is RunState.QUEUED
    for count in range(1, len(run.lives) + waits):
        *before, (began, ended) = (life.split("/") for life in run.lives[:count])
        begun = replace(
            run.begun, state=RunState.RUNNING, evidence="", elapsed=None, waited=None, stopping="",
            lives=(*run.lives[: len(before)], f"{began}/"),
        )  # fmt: skip
        back = replace(begun, state=RunState.QUEUED, lives=run.lives[:count])
        if had is None or begun.progress > had.progress:
            yield RunStep(max(began, run.made), begun)
        if (had is None or back.progress > had.progress) and not (
            waits and count == len(run.lives)
        ):
            yield RunStep(ended, back)
    at = run.since
    if run.lives:
        began, ended = run.lives[-1].split("/")
        at = ended if waits else max(began, run.made)
    yield RunStep(at, run)
    if run.state.ended:
        yield RunStep(max(at, run.ended), run, ends=True)
