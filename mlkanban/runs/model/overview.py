"""All runs of a card by configuration, whatever became of them: what a table of runs shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from mlkanban.runs.model.configurations import (
    configuration_key,
    differences,
    grouped,
    with_origin,
)
from mlkanban.runs.model.importance import (
    beyond_chance,
    contributions,
    most_telling_first,
    rank_correlation,
)
from mlkanban.runs.model.launch_words import Differing, launch_names, parameter_sets
from mlkanban.runs.model.parameters import differing, rounded
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.results import Configuration, Results, inner_word, outer_runs
from mlkanban.runs.model.run import Run, parents_of, tasks_apart
from mlkanban.runs.model.state import AT_WORK, UNSEEN, RunStanding
from mlkanban.runs.model.usage import length

BEST_FROM = 3
"""Runs of a configuration from which on it may be called the best: fewer are luck."""
_LEAST_TO_TELL = 5
"""Configurations from which on it is said how much parameters tell."""
RUNNING = "running"
"""What the curve of a run is called that goes on."""
MOST_DRAWN = 4
"""Runs whose curves are drawn at once."""


class Order(StrEnum):
    """What a table of configurations is sorted by."""

    METRIC = "metric"
    NEWEST = "newest"
    MOST_RUNS = "runs"
    LONGEST = "time"


@dataclass(frozen=True)
class ConfigurationRuns:
    """All runs of one configuration, newest first. `key` stays the same when further runs are made:
    the id of the first one. `result` is what those say that count for the
    metric of the card, None where none does; `differs` are the values of the hyper-parameters in
    which the configurations of the card are not the same, `launch` those of the launch words."""

    key: str
    runs: tuple[Run, ...]
    result: Configuration | None
    differs: Mapping[str, str]
    launch: Mapping[str, str]

    @property
    def name(self) -> str:
        """What tells it from the others: `lr 3e-4  depth 6`, '' for nothing."""
        unlike = {**self.differs, **self.launch}.items()
        return "  ".join(f"{name} {value}" for name, value in unlike if value)

    def only(self, ids: Collection[str]) -> ConfigurationRuns:
        """The same configuration with no other runs than these."""
        return replace(self, runs=tuple(run for run in self.runs if run.id in ids))

    @cached_property
    def standings(self) -> list[tuple[tuple[RunStanding, str], int]]:
        """How its runs stand, each with the word for it and how many do, in the order of
        `RunStanding`."""
        counts, order = Counter((run.standing, run.word) for run in self.runs), [*RunStanding]
        return sorted(counts.items(), key=lambda one: order.index(one[0][0]))

    def seconds(self, now: datetime) -> float:
        """How long its runs took together, up to now for those that go on; those of which it is
        not known are left out."""
        lengths = (length(run, now) for run in self.runs)
        return sum(known.total_seconds() for known in lengths if known is not None)


def overview(
    runs: Iterable[Run], found: Results | None, repeats: Repeats = DEFAULT
) -> list[ConfigurationRuns]:
    """The configurations of a card, the one that was tried last first, with the parameters that
    tell most of the metric first."""
    groups = grouped(arrays_apart(with_origin([*runs]), repeats), repeats)
    results = {run.id: one for one in (found.configurations if found else ()) for run in one.runs}
    of_groups = [
        next((results[run.id] for run in tasks_apart(group) if run.id in results), None)
        for group in groups
    ]
    means = [one.mean if one else None for one in of_groups]
    everything = [run for group in groups for run in group]
    outer = outer_runs(everything, parents_of(everything))
    inner = [at for at, group in enumerate(groups) if _is_compared(group, outer)]
    launch = launch_names(everything, repeats)
    unlike = most_telling_first(
        _spread(differences([groups[at] for at in inner], repeats), inner, len(groups)),
        means, launch,
    )  # fmt: skip
    return [
        ConfigurationRuns(
            group[0].id,
            tuple(reversed(group)),
            result,
            {name: values[at] for name, values in unlike.items() if name not in launch},
            {name: values[at] for name, values in unlike.items() if name in launch},
        )
        for at, (group, result) in enumerate(zip(groups, of_groups, strict=True))
    ][::-1]


def arrays_apart(runs: Iterable[Run], repeats: Repeats = DEFAULT) -> list[Run]:
    """Runs, with each job array whose tasks are of several configurations as a run for each of
    them."""
    made: list[Run] = []
    for run in runs:
        tasks = tasks_apart([run])
        keys = {configuration_key(task, repeats) for task in tasks} if len(tasks) > 1 else ()
        made += tasks if len(keys) > 1 else [run]
    return made


class RunCounts(NamedTuple):
    """How many runs there are, what one of them is called (a `run` or a `trial`), in how many
    configurations, 0 where that was not counted, and the `outer` ones beside them: the runs in
    which these were started are none of their own."""

    runs: int
    outer: int
    word: str
    configurations: int = 0


def run_counts(runs: Sequence[Run], rows: Sequence[ConfigurationRuns] = ()) -> RunCounts:
    """The counts of the runs of a card, with the tasks of arrays apart as its table has them, and
    of its configurations, the `rows`."""
    outer = outer_runs(runs, parents_of(runs))
    inner = [run for run in runs if run.id not in outer]
    groups = sum(any(run.id not in outer for run in row.runs) for row in rows)
    return RunCounts(len(inner), len(runs) - len(inner), inner_word(inner), groups)


def in_order(
    rows: Sequence[ConfigurationRuns], order: Order, now: datetime, *, lower: bool = False
) -> list[ConfigurationRuns]:
    """The configurations as they are sorted by `order`, from those given newest first. By metric
    the best is first, and what has no value last."""
    match order:
        case Order.NEWEST:
            return [*rows]
        case Order.MOST_RUNS:
            return sorted(rows, key=lambda row: -len(row.runs))
        case Order.LONGEST:
            return sorted(rows, key=lambda row: -row.seconds(now))
    sign = 1 if lower else -1

    def place(row: ConfigurationRuns) -> tuple[bool, float, int]:
        if row.result is None:
            return True, 0.0, 0
        return False, sign * row.result.mean, -row.result.n

    return sorted(rows, key=place)


def best_of(found: Results | None) -> Configuration | None:
    """The configuration with the best mean, if it has runs enough to be called so."""
    return found.best if found and found.best and found.best.observed >= BEST_FROM else None


def worth_watching(runs: Sequence[Run], found: Results | None) -> list[tuple[Run, str]]:
    """Of the runs of a card, newest first, those whose curves tell most, with what to call each:
    the best one and the newest that go on, of which those that nobody can see here are called by
    their state; without either the newest ones."""
    going_on = [run for run in runs if run.state in AT_WORK or run.state in UNSEEN]
    chosen = [(found.best_run, "best")] if found and found.best_run else []
    chosen += [
        (run, run.state.value if run.state in UNSEEN else RUNNING)
        for run in going_on[: MOST_DRAWN - len(chosen)]
    ]
    return chosen or [(run, "newest" if at == 0 else "before") for at, run in enumerate(runs[:2])]


# Which parameters tell most


def telling_differences(
    runs: Sequence[Run], metric: str, repeats: Repeats = DEFAULT, *, exact: bool = False
) -> Differing:
    """The parameters that are not the same in all runs, with the value that each run has, '' for
    those of the runs in which others were started: what tells most of a metric first; launch words
    apart."""
    values = [run.metrics.get(metric) if run.is_result else None for run in runs]
    outer = outer_runs(runs, parents_of(runs))
    inner = [at for at, run in enumerate(runs) if _is_compared([run], outer)]
    found = differing([runs[at] for at in inner], exact=exact)
    launch = launch_names(runs, repeats)
    unlike = most_telling_first(_spread(found, inner, len(runs)), values, launch)
    return Differing(
        {name: some for name, some in unlike.items() if name not in launch},
        {name: some for name, some in unlike.items() if name in launch},
    )


def _is_compared(runs: Iterable[Run], outer: Collection[str]) -> bool:
    """Whether some of these runs tell what runs differ in: the runs in which others were started,
    whose ids are `outer`, have other parameters than those, and what never started is no run."""
    return any(run.id not in outer and not run.never_started for run in runs)


def _spread(
    values: Mapping[str, Sequence[str]], places: Sequence[int], size: int
) -> dict[str, tuple[str, ...]]:
    """Values of some rows of a table at their `places` among all `size` rows, '' in the others."""
    spread: dict[str, tuple[str, ...]] = {}
    for name, some in values.items():
        at = dict(zip(places, some, strict=True))
        spread[name] = tuple(at.get(place, "") for place in range(size))
    return spread


def run_parameters(
    runs: Sequence[Run], metric: Mapping[str, Any] | None, repeats: Repeats = DEFAULT
) -> Differing:
    """The parameters that a table of runs shows: those in which they differ, what tells most of the
    metric of the card first; of an only run all that its tracker keeps. Launch words are apart."""
    if len(runs) == 1:
        return Differing(
            *(
                {name: (rounded(value),) for name, value in some.items() if name in runs[0].params}
                for some in parameter_sets(runs[0], repeats)
            )
        )
    return telling_differences(runs, str((metric or {}).get("name") or ""), repeats)


class Importance(NamedTuple):
    """How much a parameter adds to what those before it tell of the metric: `share` is from 0 to 1;
    of numbers `correlation` is the rank correlation with the means, None of other values; `n` is
    over how many configurations; `beyond_chance` is whether shuffled values hardly ever tell as
    much."""

    name: str
    share: float
    correlation: float | None
    n: int
    beyond_chance: bool


def importances(rows: Sequence[ConfigurationRuns]) -> list[Importance]:
    """How much each hyper-parameter tells of the metric, the one that tells most first, and those
    within chance last; none for fewer than five configurations with a value, which any order could
    be chance in."""
    known = [row for row in rows if row.result]
    if len(known) < _LEAST_TO_TELL:
        return []
    means = tuple(row.result.mean for row in known if row.result)
    differs = {name: tuple(row.differs[name] for row in known) for name in known[0].differs}
    varied = {n: values for n, values in differs.items() if len(set(values)) > 1}
    beyond = beyond_chance(tuple(varied.values()), means)
    names = [*varied]
    found = [
        Importance(
            names[at],
            share,
            rank_correlation(varied[names[at]], means),
            len(known),
            beyond[at],
        )
        for at, share in contributions(tuple(varied.values()), means)
    ]
    return sorted(found, key=lambda one: not one.beyond_chance)
