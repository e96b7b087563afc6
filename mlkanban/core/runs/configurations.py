"""Configurations: which runs of a card are repeats of one another.

Two runs are repeats when they ran the same code with the same parameters, but for those that are
meant to differ between repeats, such as the seed. Only repeats are a sample; a mean over runs with
different parameters describes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mlkanban.core.runs.model import Run
from mlkanban.core.runs.parameters import differing, parameters
from mlkanban.core.runs.redaction import HIDDEN, names_a_secret
from mlkanban.core.runs.repeats import tells_repeats_apart

_HIDDEN_PART = re.compile(r"(?P<name>[\w.-]+)[\"']?(?:=|:\s*|\s+)[\"']?\*{3}|://\*{3}@")


class Key(NamedTuple):
    """What two runs have in common when they are repeats. `alone` is the id of a run of which
    neither command nor parameters are known, or of which one is hidden that may be other than a
    credential: it is a repeat of nothing."""

    commit: str
    dirty: bool
    parameters: tuple[tuple[str, str], ...]
    alone: str = ""


def configuration_key(run: Run) -> Key:
    """The configuration of a run: its commit, whether files differed from that, and its parameters
    by command line and tracker."""
    known = {**run.params, **parameters(run.argv)}
    kept = {name: value for name, value in known.items() if not tells_repeats_apart(name)}
    kept = {n: v for n, v in kept.items() if not (HIDDEN in v and names_a_secret(n))}
    told = bool(known) and not any(map(_hides_a_setting, kept.values()))
    return Key(run.commit, run.dirty, tuple(sorted(kept.items())), alone="" if told else run.id)


def _hides_a_setting(value: str) -> bool:
    """Whether a part of `value` is hidden that no name says to be a credential."""
    named = _HIDDEN_PART.sub(
        lambda part: "" if not part["name"] or names_a_secret(part["name"]) else part[0], value
    )
    return HIDDEN in named


def grouped(runs: Iterable[Run]) -> list[tuple[Run, ...]]:
    """Runs by configuration, each with its runs in the order they started; the configuration that
    was tried last stands last."""
    found: dict[Key, list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.started, run.id)):
        key = configuration_key(run)
        found[key] = [*found.pop(key, []), run]
    return [tuple(group) for group in found.values()]


def labels(groups: Sequence[Sequence[Run]]) -> list[str]:
    """What tells each configuration from the others: `depth 6  lr 3e-4`, `commit a1b2c3d`; '' for
    an only one."""
    firsts = [group[0] for group in groups]
    unlike = {
        name: values for name, values in differing(firsts).items() if not tells_repeats_apart(name)
    }
    commits = [run.commit[:7] + "*" * run.dirty for run in firsts]
    if len(set(commits)) > 1:
        unlike["commit"] = tuple(commits)
    return [
        "  ".join(f"{name} {values[at]}" for name, values in unlike.items() if values[at])
        for at in range(len(groups))
    ]
