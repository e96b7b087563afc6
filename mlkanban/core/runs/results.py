"""What the runs of a card say about its metric, configuration by configuration, and what verdict
that would be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from statistics import fmean, stdev
from typing import Any

from mlkanban.core.runs.configurations import grouped, labels
from mlkanban.core.runs.model import Run

LEAST = 2
"""Runs of a configuration from which on anything is concluded from it."""
SEARCH = 5
"""Configurations with one run each from which on they are called a search."""
_MOST = 1e150
"""Beyond this no value is a measurement, and its square no number."""
_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-=^"
_MOST_BARS = 40


class Proposal(StrEnum):
    """What the runs say about the target. A person decides."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    OPEN = "open"


@dataclass(frozen=True)
class Configuration:
    """The runs of one configuration that ended and reported the metric, oldest first.

    `label` is what tells it from the others of its card, '' for an only one. `margin` is what the
    mean is trusted to: the sample standard deviation of the runs, or the noise of the card where
    that is more.
    """

    runs: tuple[Run, ...]
    values: tuple[float, ...]
    noise: float = 0.0
    label: str = ""

    @property
    def n(self) -> int:
        return len(self.values)

    @cached_property
    def mean(self) -> float:
        return fmean(self.values)

    @cached_property
    def sd(self) -> float | None:
        """The sample standard deviation, None for one run."""
        return stdev(self.values) if self.n > 1 else None

    @property
    def margin(self) -> float:
        return max(self.sd or 0.0, self.noise)

    @property
    def dirty(self) -> bool:
        """Whether files differed from the commit: then the code of its runs may differ, too."""
        return any(run.dirty for run in self.runs)

    @property
    def summary(self) -> str:
        """`0.915 +- 0.003 (2 runs, depth 6)`."""
        spread = "" if self.sd is None else f" +- {self.sd:.2g}"
        many = f"{self.n} run{'' if self.n == 1 else 's'}"
        return f"{self.mean:.4g}{spread} ({', '.join(filter(None, (many, self.label)))})"


@dataclass(frozen=True)
class Results:
    """The metric of a card by configuration, the one that was tried last at the end.

    `lower` is whether less is better. `proposal` is None without a target; `why` says what it rests
    on, and `basis` is the configuration that it is about.
    """

    name: str
    lower: bool
    configurations: tuple[Configuration, ...]
    proposal: Proposal | None = None
    why: str = ""
    basis: Configuration | None = None

    @property
    def latest(self) -> Configuration:
        return self.configurations[-1]

    @cached_property
    def best(self) -> Configuration:
        """The configuration with the best mean; of equal ones, that with most runs."""
        return max(
            self.configurations, key=lambda one: (-one.mean if self.lower else one.mean, one.n)
        )

    @cached_property
    def runs(self) -> list[Run]:
        """All runs that count, in the order they started."""
        found = [run for one in self.configurations for run in one.runs]
        return sorted(found, key=lambda run: (run.started, run.id))

    @property
    def values(self) -> tuple[float, ...]:
        """Their values, in that order."""
        return tuple(float(run.metrics[self.name]) for run in self.runs)

    @property
    def best_run(self) -> Run:
        return (min if self.lower else max)(self.runs, key=lambda run: run.metrics[self.name])

    @property
    def is_search(self) -> bool:
        """Whether these are many configurations tried once, not repeats of a few."""
        return sum(one.n == 1 for one in self.configurations) >= SEARCH

    @property
    def summary(self) -> str:
        """`val_auc 0.915 +- 0.003 (2 runs)`: of the configuration that was tried last."""
        return f"{self.name} {self.latest.summary}"

    @property
    def verdict(self) -> str:
        """What a person may take for a verdict: `supported: val_auc 0.925 +- 0.003 (2 runs)`; ''
        where the runs leave it open, or without a target."""
        if self.proposal in (None, Proposal.OPEN) or self.basis is None:
            return ""
        return f"{self.proposal}: {self.name} {self.basis.summary}"


def results(runs: Iterable[Run], metric: Mapping[str, Any] | None) -> Results | None:
    """The results of a card with this metric; None without one, or when no run reported it."""
    name = (metric or {}).get("name")
    if not metric or not name:
        return None
    counted = {
        run.id: run
        for run in runs
        if run.state.ended and abs(run.metrics.get(name, math.nan)) <= _MOST
    }
    # What a run says for all that was started in it is not counted once more with each of those.
    groups = grouped(run for run in counted.values() if run.parent not in counted)
    if not groups:
        return None
    noise = float(metric.get("noise") or 0.0)
    configurations = tuple(
        Configuration(group, tuple(float(run.metrics[name]) for run in group), noise, label)
        for group, label in zip(groups, labels(groups), strict=True)
    )
    made = Results(str(name), metric.get("direction") == "<=", configurations)
    if metric.get("target") is None:
        return made
    return Results(made.name, made.lower, configurations, *_proposed(made, float(metric["target"])))


def _proposed(found: Results, target: float) -> tuple[Proposal, str, Configuration]:
    """What the configurations say together: supported if one of them is, not supported if all were
    repeated and none comes near."""
    aim = f"{'<=' if found.lower else '>='}{target:g}"
    many = len(found.configurations)
    said = [_alone(one, target, lower=found.lower) for one in found.configurations]
    ahead = [o for o, p in zip(found.configurations, said, strict=True) if p is Proposal.SUPPORTED]
    if ahead:
        basis = (min if found.lower else max)(ahead, key=lambda one: one.mean)
        why = f"{aim} is reached by more than the spread"
        if many > 1:
            why = f"the best of {many} configurations reaches {aim} by more than its spread"
        return Proposal.SUPPORTED, why + _doubt(basis), basis
    if all(proposal is Proposal.NOT_SUPPORTED for proposal in said):
        why = f"{aim} is missed by more than the spread"
        if many > 1:
            why = f"each of {many} configurations misses {aim} by more than its spread"
        return Proposal.NOT_SUPPORTED, why + _doubt(found.best), found.best
    if found.is_search:
        tried = sum(one.n == 1 for one in found.configurations)
        best = found.best_run.metrics[found.name]
        why = (
            f"{tried} configurations with one run each are a search, and the best of many is lucky:"
            f" repeat that with {best:.4g} with two more seeds"
        )
        return Proposal.OPEN, why, found.latest
    if found.latest.n < LEAST:
        one = "run" if many == 1 else "run of a configuration"
        return Proposal.OPEN, f"one {one} says too little about {aim}", found.latest
    if said[-1] is Proposal.OPEN:
        return Proposal.OPEN, f"{aim} lies within the spread", found.latest
    why = f"the configuration tried last misses {aim}, others say too little"
    return Proposal.OPEN, why, found.latest


def _alone(one: Configuration, target: float, *, lower: bool) -> Proposal:
    """Which side of the target the mean of a configuration is on, and whether its margin is on that
    side too."""
    ahead = (target - one.mean) if lower else (one.mean - target)
    if one.n < LEAST:
        return Proposal.OPEN
    if ahead - one.margin >= 0:
        return Proposal.SUPPORTED
    return Proposal.NOT_SUPPORTED if ahead + one.margin < 0 else Proposal.OPEN


def _doubt(basis: Configuration) -> str:
    """What the runs of a configuration may differ in without anybody having written it down."""
    return "; the runs had uncommitted changes, so their code may differ" if basis.dirty else ""


def sparkline(values: Sequence[float], *, ascii: bool = False) -> str:
    """Values as bars in a line, the newest of very many; '' for fewer than two."""
    shown = values[-_MOST_BARS:]
    if len(shown) < 2:
        return ""
    bars = _ASCII_BARS if ascii else _BARS
    low, high = min(shown), max(shown)
    # Scaled before they are subtracted: the span of two huge numbers has no end.
    scale = max(abs(low), abs(high)) or 1.0
    span = high / scale - low / scale
    if not span:
        return bars[len(bars) // 2] * len(shown)
    return "".join(
        bars[min(len(bars) - 1, int((one / scale - low / scale) / span * len(bars)))]
        for one in shown
    )
