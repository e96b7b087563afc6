"""What the runs of a card say together about its metric, and what verdict that would be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev
from typing import Any

from mlkanban.core.runs.model import Run

LEAST = 2
"""Runs from which on anything is concluded."""
_MOST = 1e150
"""Beyond this no value is a measurement, and its square no number."""
_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-=^"
_MOST_BARS = 40


class Proposal(StrEnum):
    """What the runs say about the target. A person decides."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Figures:
    """The metric of a card over those of its runs that ended and reported it.

    `values` are theirs in the order the runs started; `sd` is the sample standard deviation, None
    for one run; `best` is the id of the best run. `margin` is what the mean is trusted to: the
    spread of the runs, or the noise of the card where that is more. `proposal` is None without a
    target; `why` says what it rests on.
    """

    name: str
    values: tuple[float, ...]
    mean: float
    sd: float | None
    best: str
    margin: float
    proposal: Proposal | None = None
    why: str = ""

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def said(self) -> str:
        """`val_auc 0.915 +- 0.003 (2 runs)`."""
        spread = "" if self.sd is None else f" +- {self.sd:.2g}"
        return f"{self.name} {self.mean:.4g}{spread} ({self.n} run{'' if self.n == 1 else 's'})"

    @property
    def verdict(self) -> str:
        """What a person may take for a verdict: `supported: val_auc 0.925 +- 0.003 (2 runs)`; ''
        where the runs leave it open, or without a target."""
        if self.proposal in (None, Proposal.OPEN):
            return ""
        return f"{self.proposal}: {self.said}"


def figures(runs: Iterable[Run], metric: Mapping[str, Any] | None) -> Figures | None:
    """The figures of a card with this metric; None without one, or when no run reported it."""
    name = (metric or {}).get("name")
    if not metric or not name:
        return None
    found = sorted(
        (run for run in runs if run.state.ended and abs(run.metrics.get(name, math.nan)) <= _MOST),
        key=lambda run: (run.started, run.id),
    )
    if not found:
        return None
    values = tuple(float(run.metrics[name]) for run in found)
    lower = metric.get("direction") == "<="
    best = (min if lower else max)(found, key=lambda run: run.metrics[name]).id
    mean = fmean(values)
    sd = stdev(values) if len(values) > 1 else None
    margin = max(sd or 0.0, float(metric.get("noise") or 0.0))
    made = Figures(str(name), values, mean, sd, best, margin)
    if metric.get("target") is None:
        return made
    proposal, why = _proposed(made, float(metric["target"]), lower=lower)
    return Figures(made.name, values, mean, sd, best, margin, proposal, why)


def _proposed(made: Figures, target: float, *, lower: bool) -> tuple[Proposal, str]:
    """Which side of the target the mean is on, and whether its margin is on that side too."""
    aim = f"{'<=' if lower else '>='}{target:g}"
    if made.n < LEAST:
        return Proposal.OPEN, f"one run says too little about {aim}"
    sign = -1.0 if lower else 1.0
    ahead = sign * (made.mean - target)
    if ahead - made.margin >= 0:
        return Proposal.SUPPORTED, f"{aim} is reached by more than the spread"
    if ahead + made.margin < 0:
        return Proposal.NOT_SUPPORTED, f"{aim} is missed by more than the spread"
    return Proposal.OPEN, f"{aim} lies within the spread"


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
