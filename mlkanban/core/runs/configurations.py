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

REPEAT_PARAMETERS = frozenset(
    {
        "seed", "seeds", "random_state", "fold", "repeat", "rep", "replicate",
        "run", "run_name", "run_id", "exp_name", "experiment_name",
        "out", "out_dir", "out_file", "outdir", "outputs",
        "output", "output_dir", "output_file", "output_path",
        "save_dir", "save_path", "log_dir", "log_file", "logdir", "logging_dir",
        "checkpoint_dir", "ckpt_dir", "results_dir", "run.dir", "sweep.dir",
    }
)  # fmt: skip
"""Parameters in which repeats of one configuration differ, in lower case with `_` for `-`."""
_HIDDEN_PART = re.compile(r"(?P<name>[\w.-]+)[\"']?(?:=|:\s*|\s+)[\"']?\*{3}|://\*{3}@")
_SEED = re.compile(r"(?:.*_)?seed(?:_.*)?")


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


def tells_repeats_apart(name: str) -> bool:
    """Whether a parameter is one in which repeats differ: `seed`, `--random-state`,
    `trainer.data_seed`, `hydra.run.dir`."""
    plain = name.lower().replace("-", "_")
    last = re.split(r"[./]", plain)[-1]
    return (
        last in REPEAT_PARAMETERS
        or plain.endswith(tuple(f".{one}" for one in REPEAT_PARAMETERS if "." in one))
        or bool(_SEED.fullmatch(last))
    )


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
