"""Configurations: which runs of a card are repeats of one another.

Two runs are repeats when they ran the same code on the same dataset with the same parameters, but
for those that are meant to differ between repeats, such as the seed, and those that only say on
which part of a machine they ran. Parameters are compared by value, however they are written. Only
repeats are a sample; a mean over runs with different parameters describes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from mlkanban.runs.model.importance import most_telling_first
from mlkanban.runs.model.launch_words import is_of_machine, launch_names
from mlkanban.runs.model.parameters import by_value, differing, is_word, known_parameters
from mlkanban.runs.model.redaction import HIDDEN, names_a_secret
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.run import Run, ancestors, parents_of

_HIDDEN_PART = re.compile(r"(?P<name>[\w.-]+)[\"']?(?:=|:\s*|\s+)[\"']?\*{3}|://\*{3}@")


class Key(NamedTuple):
    """What two runs have in common when they are repeats. `alone` is the id of a run of which
    neither command nor parameters are known, or of which one is hidden that may be other than a
    credential: it is a repeat of nothing."""

    commit: str
    dirty: bool
    folder: str
    dataset: str
    parameters: tuple[tuple[str, str], ...]
    alone: str = ""


def configuration_key(run: Run, repeats: Repeats = DEFAULT) -> Key:
    """The configuration of a run: its commit, whether files differed from that, the folder it was
    started in, its dataset, and its parameters by command line and tracker."""
    known = known_parameters(run)
    kept = {
        name: by_value(value) for name, value in known.items()
        if not repeats.may_differ(name, value) and not is_of_machine(name)
    }  # fmt: skip
    kept = {n: v for n, v in kept.items() if not (HIDDEN in v and names_a_secret(n))}
    from_tracker = bool(known) and not any(map(_hides_a_setting, kept.values()))
    return Key(
        run.commit, run.dirty, run.folder, run.dataset, tuple(sorted(kept.items())),
        alone="" if from_tracker else run.id,
    )  # fmt: skip


def _hides_a_setting(value: str) -> bool:
    """Whether a part of `value` is hidden that no name says to be a credential."""
    named = _HIDDEN_PART.sub(
        lambda part: "" if not part["name"] or names_a_secret(part["name"]) else part[0], value
    )
    return HIDDEN in named


def grouped(runs: Iterable[Run], repeats: Repeats = DEFAULT) -> list[tuple[Run, ...]]:
    """Runs by configuration, each with its runs in the order they started; the configuration that
    was tried last stands last."""
    groups: dict[Key, list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.started, run.id)):
        key = configuration_key(run, repeats)
        groups[key] = [*groups.pop(key, []), run]
    return [tuple(group) for group in groups.values()]


def observations(group: Sequence[Run], repeats: Repeats = DEFAULT) -> tuple[Run, ...]:
    """The runs of a configuration that are observations of their own: of those with the same seed,
    only the newest. Runs without a seed draw another one each time."""
    newest_by_draw: dict[object, Run] = {}
    for run in group:
        newest_by_draw[draw(run, repeats) or run.id] = run
    newest = {run.id for run in newest_by_draw.values()}
    return tuple(run for run in group if run.id in newest)


def draw(run: Run, repeats: Repeats) -> tuple[tuple[str, str], ...]:
    """The parameters, such as the seed, that make a run another observation of its
    configuration."""
    known = known_parameters(run)
    draws = ((n, by_value(value)) for n, value in known.items() if repeats.is_draw(n, value))
    return tuple(sorted(draws))


def with_origin(runs: Sequence[Run]) -> list[Run]:
    """Runs with the commit, the folder and the dataset of the run that they were started in, where
    a tracker that knows of none keeps them."""
    parents = parents_of(runs)
    return [_with_origin(run, [*ancestors(run, parents)]) for run in runs]


def _with_origin(run: Run, outer: Sequence[Run]) -> Run:
    if run.commit or not outer:
        return run
    above = next((other for other in outer if other.commit), outer[0])
    return replace(
        run, commit=above.commit, dirty=above.dirty, folder=above.folder,
        dataset=run.dataset or above.dataset,
    )  # fmt: skip


def differences(
    groups: Sequence[Sequence[Run]], repeats: Repeats = DEFAULT
) -> dict[str, tuple[str, ...]]:
    """What the configurations differ in, with the value that each has, '' where it has none: their
    parameters, then commit, folder and dataset."""
    firsts = [group[0] for group in groups]
    # A seed alone may be one of several in its configuration; a list of seeds is all of them.
    shown = {
        name: tuple("" if repeats.may_differ(name, value) else value for value in values)
        for name, values in differing(firsts).items()
        if not is_of_machine(name)
    }
    unlike = {name: values for name, values in shown.items() if any(values)}
    for name, values in (
        ("commit", [run.commit[:7] + "*" * run.dirty for run in firsts]),
        ("folder", [run.folder or "." * bool(run.commit) for run in firsts]),
        ("dataset", [run.dataset for run in firsts]),
    ):
        # A tracker that knows neither commit nor folder differs from nothing by that, as long as
        # something else tells its runs from the others.
        named = (any(some[at] for some in unlike.values()) for at, v in enumerate(values) if not v)
        told = [*filter(None, values)] if name != "dataset" and all(named) else values
        if len(set(told)) > 1:
            # A parameter may have that name too.
            unlike[f"{name} of the run" if name in unlike else name] = tuple(values)
    return unlike


def labels(
    groups: Sequence[Sequence[Run]],
    repeats: Repeats = DEFAULT,
    means: Sequence[float | None] | None = None,
) -> list[str]:
    """What tells each configuration from the others: `depth 6  lr 3e-4`, `commit a1b2c3d`; '' for
    an only one. What tells most of the `means` of a metric comes first, launch
    words last."""
    launch = launch_names((run for group in groups for run in group), repeats)
    unlike = most_telling_first(differences(groups, repeats), means or [None] * len(groups), launch)
    # A word of the command line has no name that would say more than itself.
    named = [("" if is_word(name) else f"{name} ", values) for name, values in unlike.items()]
    return [
        "  ".join(f"{name}{values[at]}" for name, values in named if values[at])
        for at in range(len(groups))
    ]
