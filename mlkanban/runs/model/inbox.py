"""The inbox: unlinked runs of trackers, grouped by experiment, newest first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from mlkanban.core.timestamps import moment
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.runs.model.tracker_run import RUN_TAG, Tracked, short

_MOST_NAMED = 3
"""So many refs are named where several fit."""


class LocalRun(NamedTuple):
    """A run of ours on this machine: its id, its card, the folder it was started in, and from when
    to when it went on, as far as is known (ISO 8601 UTC)."""

    id: str
    card: str
    cwd: str
    started: str
    ended: str


def with_likely_run(runs: Iterable[Tracked], ours: Sequence[LocalRun]) -> list[Tracked]:
    """Runs of trackers, those that name neither card nor run with the run of `ours` in whose
    folder, and in whose time, they were written, where that is only one; of several in one run of
    ours none is the record of it."""
    times = [
        (run, since, until) for run in ours
        if (since := moment(run.started)) and (until := moment(run.ended))
    ]  # fmt: skip
    by_place: dict[str, list[tuple[LocalRun, datetime, datetime]]] = {}
    made = []
    for tracked in runs:
        begun = moment(tracked.started)
        if begun and not (tracked.card or tracked.tags.get(RUN_TAG) or tracked.kind == "slurm"):
            if tracked.place not in by_place:
                by_place[tracked.place] = [one for one in times if _holds(one[0].cwd, tracked)]
            over = moment(tracked.ended) or begun
            matching = [
                run for run, since, until in by_place[tracked.place]
                if since <= begun and over <= until
            ]  # fmt: skip
            if len(matching) == 1:
                [run] = matching
                tracked = replace(tracked, within=run.id, within_card=run.card)
        made.append(tracked)
    many = Counter((run.kind, run.within) for run in made if run.within)
    return [replace(run, beside=True) if many[run.kind, run.within] > 1 else run for run in made]


def _holds(folder: str, tracked: Tracked) -> bool:
    """Whether a run is kept below a folder."""
    return f"{tracked.place}/".startswith(f"{folder.rstrip('/')}/")


@dataclass(frozen=True, slots=True)
class Experiment:
    """Runs, newest first, that a tracker keeps together in one file or folder."""

    runs: tuple[Tracked, ...]

    @property
    def group(self) -> str:
        return self.runs[0].group

    @property
    def name(self) -> str:
        """What its tracker calls it, `MLflow, focal loss`."""
        return self.runs[0].experiment_name

    @property
    def described(self) -> str:
        """`Optuna, lr search: 40 runs`."""
        return f"{self.name}: {self.count}"

    @property
    def where(self) -> str:
        return self.runs[0].where

    @property
    def count(self) -> str:
        return f"{len(self.runs):,} run{'' if len(self.runs) == 1 else 's'}"


def experiments(runs: Iterable[Tracked]) -> list[Experiment]:
    """The experiments of these runs, the one with the newest run first. Among runs without a start
    time the one read later counts as newer."""
    groups: dict[str, list[Tracked]] = {}
    for run in reversed(list(runs)):
        groups.setdefault(run.group, []).append(run)
    grouped = [
        Experiment(tuple(sorted(group, key=lambda run: run.moment, reverse=True)))
        for group in groups.values()
    ]
    return sorted(grouped, key=lambda experiment: experiment.runs[0].moment, reverse=True)


def find(runs: Sequence[Tracked], wanted: str) -> Tracked:
    """The run with this name; NotFound when there is none, UsageProblem when several files have
    one."""
    matching = [run for run in runs if run.ref == wanted]
    matching = matching or [run for run in runs if short(run.ref) == wanted]
    if not matching:
        raise NotFound(f"No tracker here tells of {wanted}.", "Name its file with --from.")
    if len(matching) > 1:
        some = " or ".join(run.ref for run in matching[:_MOST_NAMED])
        raise UsageProblem(f"{wanted} could be {some}.", "Name it in full.")
    return matching[0]


def find_experiment(runs: Iterable[Tracked], wanted: str) -> Experiment | None:
    """The experiment KIND:NAME, None when there is none; UsageProblem when several files have
    one."""
    matching = [one for one in experiments(runs) if one.runs[0].experiment_ref == wanted]
    if len(matching) > 1:
        files = " or ".join(one.where for one in matching[:_MOST_NAMED])
        raise UsageProblem(f"{wanted} is in {files}.", "Name the file with --from.")
    return matching[0] if matching and matching[0].runs[0].experiment else None
