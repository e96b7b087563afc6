"""What if: today's limits and others, each played many times with the same cards.

It checks itself first: today, simulated, has to give the cycle times and the throughput that were
observed, within 1 to 99 % of its runs; else it says that it is not to be trusted on this history.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from mlkanban.core.models import Board
from mlkanban.core.names import find_stage
from mlkanban.errors import UsageProblem
from mlkanban.flow.percentiles import nearest_rank
from mlkanban.flow.sample import Sample
from mlkanban.flow.simulation.learn import learn
from mlkanban.flow.simulation.model import Model
from mlkanban.flow.simulation.run import SimulationResult, run
from mlkanban.flow.window import Scope

RUNS = 100
_FEWEST_RUNS = 20
_MOST_JOBS = 50_000
"""Busy boards are played less often, down to the fewest runs, so that it takes no longer."""
Progress = Callable[[float], None]
Changes = dict[str, int | None]
"""Limits by stage name; None is no limit."""

_LIMIT = re.compile(r"([^=]+)=\s*([^\s,=]+)(?=[\s,]|$)")
MEASURES = ("p50", "p85", "per_week", "wip", "waiting")
_CHECKED = ("p50", "p85", "per_week")


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over many runs: its mean, the values that 5 % and 95 % of them do not exceed, and
    those that 1 % and 99 % do not.

    The outer ones say whether a figure is reproduced: several figures are held against them at
    once, and with 5 to 95 % a model that is right would be refused in every fourth window.
    """

    mean: float
    low: float
    high: float
    lowest: float
    highest: float

    def __contains__(self, value: float) -> bool:
        return self.lowest <= value <= self.highest


Played = dict[str, Spread]
"""A spread for every measure."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`today` and `proposed` as played, `observed` as it was. All empty when the history has too
    few cards. `changes` is what was asked for, `limits` those of today."""

    n: int
    runs: int
    changes: Changes
    limits: Changes
    observed: dict[str, float]
    today: Played
    proposed: Played
    scope: Scope

    @property
    def not_reproduced(self) -> list[str]:
        """The measures that today's simulation does not reproduce."""
        return [m for m in _CHECKED if self.today and self.observed[m] not in self.today[m]]

    @property
    def trusted(self) -> bool:
        return bool(self.today) and not self.not_reproduced


def what_if(
    sample: Sample,
    changes: Changes,
    *,
    runs: int = RUNS,
    progress: Progress | None = None,
) -> WhatIf:
    """Play today's limits and the changed ones, at most `runs` times each.

    KeyError for a stage that is not committed.
    """
    model = learn(sample)
    positions = {
        sample.workflow.stages[at]: at - sample.workflow.first_committed
        for at in sample.workflow.committed
    }
    wanted = {positions[stage]: limit for stage, limit in changes.items()}
    limits: Changes = {name: sample.workflow.limits[sample.workflow.first_committed + at].cards
                       for name, at in positions.items()}  # fmt: skip
    today: Played = {}
    proposed: Played = {}
    observed: dict[str, float] = {}
    if model is not None:
        runs = min(runs, max(_FEWEST_RUNS, _MOST_JOBS // model.jobs_a_run))
        parts = 2 if changes else 1
        today = summed(play(model, runs, part_of(progress, 0, parts)))
        if changes:
            proposed = summed(play(model.limited(wanted), runs, part_of(progress, 1, parts)))
        observed = _observed(sample)
    return WhatIf(
        n=len(sample.finished), runs=runs, changes=changes, limits=limits, observed=observed,
        today=today, proposed=proposed, scope=sample.scope,
    )  # fmt: skip


def limits_from(board: Board, text: str) -> Changes:
    """Limits from `Training=1 Data prep=none`, the stages by the beginning of their names.
    UsageProblem or NotFound say what is wrong."""
    changes: Changes = {}
    matches = list(_LIMIT.finditer(text))
    if "".join(match[0] for match in matches).strip() != text.strip():
        raise UsageProblem(
            f"{text!r} is not a list of stages and limits.", "Write it as Training=1 Evaluation=2."
        )
    for match in matches:
        stage = find_stage(board, match[1].strip(" ,"))
        if not board.is_committed(stage.id):
            raise UsageProblem(
                f"{stage.name} is not a committed stage: its limit plays no part.",
                "Name a stage between commitment and delivery.",
            )
        if not re.fullmatch(r"[1-9][0-9]{0,5}|none", match[2].lower()):
            raise UsageProblem(
                f"{match[2]} is no limit for {stage.name}.",
                "Give a whole number from 1 on, or none.",
            )
        if stage.name in changes:
            raise UsageProblem(f"Two limits are given for {stage.name}.", "Give one of them.")
        changes[stage.name] = None if match[2].lower() == "none" else int(match[2])
    return changes


def play(model: Model, runs: int, progress: Progress | None = None) -> list[SimulationResult]:
    """The outcomes of so many runs; the n-th run of any model of a board has the same cards."""
    outcomes: list[SimulationResult] = []
    for seed in range(runs):
        outcome = run(model, seed)
        if outcome is not None:
            outcomes.append(outcome)
        if progress is not None:
            progress((seed + 1) / runs)
    return outcomes


def summed(outcomes: list[SimulationResult]) -> Played:
    """Every measure over all runs; empty without a run that finished a card."""
    if not outcomes:
        return {}
    made: Played = {}
    for measure in MEASURES:
        values = sorted(float(getattr(outcome, measure)) for outcome in outcomes)
        low, high, lowest, highest = (
            values[max(0, (p * len(values) + 99) // 100 - 1)] for p in (5, 95, 1, 99)
        )
        made[measure] = Spread(sum(values) / len(values), low, high, lowest, highest)
    return made


def _observed(sample: Sample) -> dict[str, float]:
    took = sorted(map(sample.days_of, sample.finished))
    days = len(sample.days)
    return {
        "p50": nearest_rank(took, 50),
        "p85": nearest_rank(took, 85),
        "per_week": 7 * len(took) / days,
    }


def part_of(progress: Progress | None, at: int, parts: int) -> Progress | None:
    """What tells the progress of one of several parts as progress of the whole."""
    return progress and (lambda share: progress((at + share) / parts))
