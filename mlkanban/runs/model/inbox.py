"""The inbox: unlinked runs of trackers, grouped by experiment, newest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlkanban.errors import NotFound, UsageProblem
from mlkanban.runs.model.tracker_run import Tracked, short

_NAMED = 3
"""So many refs are named where several fit."""


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
        some = " or ".join(run.ref for run in matching[:_NAMED])
        raise UsageProblem(f"{wanted} could be {some}.", "Name it in full.")
    return matching[0]


def find_experiment(runs: Iterable[Tracked], wanted: str) -> Experiment | None:
    """The experiment KIND:NAME, None when there is none; UsageProblem when several files have
    one."""
    matching = [one for one in experiments(runs) if one.runs[0].experiment_ref == wanted]
    if len(matching) > 1:
        files = " or ".join(one.where for one in matching[:_NAMED])
        raise UsageProblem(f"{wanted} is in {files}.", "Name the file with --from.")
    return matching[0] if matching and matching[0].runs[0].experiment else None
