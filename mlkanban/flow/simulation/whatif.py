"""What if: today's limits and others, each played many times with the same cards.

It checks itself first. Of the two models (see model.py) those are played that the board's own legs
do not speak against; each has to give the cycle times, the throughput and the work in progress that
were observed, open cards included, no farther from its means than 95 % of its runs have all of them
at once, and within what 90 % of the runs with jobs and gaps drawn anew have; where the mean of one
is more than a fifth off, only the direction of a change is to be gone by. Where no model does,
where limits were often overridden, or too few cards were finished since they were changed, it
refuses and says why.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import hypot, sqrt
from typing import Literal, NamedTuple

from mlkanban.core.board import Board
from mlkanban.core.names import find_stage
from mlkanban.errors import UsageProblem
from mlkanban.flow.percentiles import nearest_rank
from mlkanban.flow.sample import Sample
from mlkanban.flow.simulation.learn import (
    FEWEST,
    Learned,
    Overridden,
    TouchFit,
    learn,
    under_these_limits,
)
from mlkanban.flow.simulation.model import Capacity, Model
from mlkanban.flow.simulation.run import SimulationResult, run
from mlkanban.flow.window import Scope

RUNS = 100
_FEWEST_RUNS, _FEWEST_PLAIN = 20, 40
_MOST_JOBS = 50_000
"""Busy boards are played less often, down to the fewest runs, so that it takes no longer."""
OFTEN = 0.15
"""Limits that are overridden more often than this when a stage is full are none to be played."""
SURE = 0.75
"""A change has a direction that so many of the runs agree on."""
NEAR = 0.2
"""A mean further than this share from what was observed is not near it."""
_ROUNDED = 0.5
"""Days: cycle times are whole days, so less is no difference."""
_ENDS = (0.05, 0.95)
"""An interval holds the next value with 90 %."""
Progress = Callable[[float], None]
Changes = dict[str, int | None]
"""Limits by stage name; None is no limit."""

_LIMIT = re.compile(r"([^=]+)=\s*([^\s,=]+)(?=[\s,]|$)")
MEASURES = ("p50", "p85", "per_week", "wip", "waiting")
CHECKED = ("p50", "p85", "per_week", "wip")

Refusal = Literal["few", "few_since_change", "no_gaps", "overridden", "not_reproduced"]


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over many runs: the mean of the plain ones, and the ends of a span that holds this
    mean, and with about 90 % the next of those with jobs and gaps drawn anew. From `lowest` to
    `highest` it is reproduced: 95 % of the plain runs have all figures that are compared between
    theirs at once.
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


class PlayedRuns(NamedTuple):
    """The outcomes of a model, `plain` with the jobs and gaps of the history, which say what the
    model makes of it, and `drawn` from these anew, which say what another period may bring."""

    plain: list[SimulationResult]
    drawn: list[SimulationResult]


@dataclass(frozen=True, slots=True)
class LimitEffect:
    """What a change of limits does to a measure: the means of today and of the proposed limits, and
    the share of the runs, each with the same cards, that agree on the direction. The change from
    today's limits to the others, as a share of what it was, lies between `low` and `high` in 90 %
    of the runs; None where one of them had nothing to be compared with."""

    before: float
    after: float
    agreed: float
    low: float | None = None
    high: float | None = None

    @property
    def direction(self) -> int:
        """1 for more, -1 for less, 0 where the runs do not agree."""
        if self.agreed < SURE or self.after == self.before:
            return 0
        return 1 if self.after > self.before else -1


@dataclass(frozen=True, slots=True)
class Play:
    """One model: `today` as played, with the measures that it does not reproduce, and the
    `proposed` limits with their `effects`, empty where none were asked for or it is refused."""

    capacity: Capacity
    today: Played
    not_reproduced: tuple[str, ...]
    proposed: Played
    effects: Mapping[str, LimitEffect]

    def far_off(self, seen: Mapping[str, float]) -> tuple[str, ...]:
        """The measures whose mean is not near what was observed. Where cards queue for long, that
        of a right model may well be elsewhere: the direction of a change holds, its size hardly."""
        return tuple(
            m for m in CHECKED
            if m in self.today and abs(self.today[m].mean - seen[m])
            > max(NEAR * seen[m], _ROUNDED if m in ("p50", "p85") else 0.0)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`plays` are those of the models that the legs of the board do not speak against (`fit`), the
    better one first; `shown` those of them that reproduce what was `observed`.

    `changes` is what was asked for, `limits` those of today, `since` the day on which these were
    changed within the window: only later cards are counted. `days` is the length of a run.
    """

    n: int
    runs: int
    days: int
    changes: Changes
    limits: Changes
    since: date | None
    observed: dict[str, float]
    fit: TouchFit | None
    overridden: Overridden | None
    plays: tuple[Play, ...]
    refused: Refusal | None
    scope: Scope

    @property
    def shown(self) -> tuple[Play, ...]:
        """The models to go by: none where all are refused."""
        return () if self.refused else tuple(p for p in self.plays if not p.not_reproduced)

    @property
    def first(self) -> Play | None:
        """The model to go by, the better one where there are two; else the better one played."""
        return next(iter((*self.shown, *self.plays)), None)

    @property
    def trusted(self) -> bool:
        return bool(self.shown)

    def direction(self, measure: str) -> int:
        """Which way the changes move a measure: 1, -1, or 0 where the runs or models disagree."""
        ways = {play.effects[measure].direction for play in self.shown if play.effects}
        return ways.pop() if len(ways) == 1 else 0


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
    workflow = sample.workflow
    positions = {workflow.stages[at]: at - workflow.first_committed for at in workflow.committed}
    wanted = {positions[stage]: limit for stage, limit in changes.items()}
    limits: Changes = {
        name: workflow.limits[workflow.first_committed + at].cards for name, at in positions.items()
    }
    whole = len(sample.finished)
    sample, since = under_these_limits(sample)
    learned = learn(sample)
    plays: list[Play] = []
    refused: Refusal | None = None
    if learned is None:
        refused = "no_gaps" if len(sample.finished) >= FEWEST else "few"
        refused = "few_since_change" if refused == "few" and whole >= FEWEST else refused
    else:
        runs = min(runs, max(_FEWEST_RUNS, _MOST_JOBS // _model(learned).jobs_a_run))
        plays, refused = _played(learned, wanted, runs, progress)
    return WhatIf(
        n=len(sample.finished),
        runs=runs,
        days=_model(learned).days if learned else 0,
        changes=changes,
        limits=limits,
        since=since,
        observed=observed(sample) if learned else {},
        fit=learned.fit if learned else None,
        overridden=learned.overridden if learned else None,
        plays=tuple(plays),
        refused=refused,
        scope=sample.scope,
    )


def _model(learned: Learned) -> Model:
    """Any of the models: they differ in their legs alone."""
    return learned.models[Capacity.INDEPENDENT]


def _played(
    learned: Learned, wanted: dict[int, int | None], runs: int, progress: Progress | None
) -> tuple[list[Play], Refusal | None]:
    """The models that are possible, today's limits first; others only where one reproduces them."""
    seen = observed(learned.sample)
    possible = learned.fit.possible
    parts = len(possible) * (2 if wanted else 1)
    todays = [
        both_ways(learned.models[capacity], runs, part_of(progress, at, parts))
        for at, capacity in enumerate(possible)
    ]
    refused: Refusal | None = None
    missed = [missing(seen, today) for today in todays]
    if learned.overridden.share > OFTEN:
        refused = "overridden"
    elif all(missed):
        refused = "not_reproduced"
    plays: list[Play] = []
    for at, (capacity, today, wrong) in enumerate(zip(possible, todays, missed, strict=True)):
        others = PlayedRuns([], [])
        if wanted and not refused and not wrong:
            model = learned.models[capacity].limited(wanted)
            others = both_ways(model, runs, part_of(progress, len(possible) + at, parts))
        plays.append(Play(capacity, summed(today), wrong, summed(others), effects(today, others)))
    return plays, refused


def both_ways(model: Model, runs: int, progress: Progress | None = None) -> PlayedRuns:
    """So many runs that draw jobs and gaps anew, and as many plain ones, or enough of them to say
    what is reproduced, before."""
    plain = play(model, max(_FEWEST_PLAIN, runs), part_of(progress, 0, 2), resampled=False)
    return PlayedRuns(plain, play(model, runs, part_of(progress, 1, 2)))


def not_reproduced(seen: Mapping[str, float], plain: list[SimulationResult]) -> tuple[str, ...]:
    """The measures observed farther off than 95 % of the plain runs have any of them."""
    today = summed(PlayedRuns(plain, plain))
    return tuple(m for m in CHECKED if not today or seen[m] not in today[m])


def missing(seen: Mapping[str, float], today: PlayedRuns) -> tuple[str, ...]:
    """The measures that are not reproduced, and those observed outside what 90 % of the runs with
    jobs and gaps drawn anew have."""
    spreads = summed(today)
    off = not_reproduced(seen, today.plain)
    return tuple(
        m for m in CHECKED
        if m in off or not spreads or not spreads[m].low <= seen[m] <= spreads[m].high
    )  # fmt: skip


def reproducing(
    learned: Learned, runs: int, skipped: int = 0
) -> list[tuple[Model, list[SimulationResult]]]:
    """The models to go by, with the outcomes of today's limits (see `play`); none where it is
    refused."""
    if learned.overridden.share > OFTEN:
        return []
    seen = observed(learned.sample)
    models = [learned.models[capacity] for capacity in learned.fit.possible]
    plain = [play(model, RUNS, resampled=False) for model in models]
    # As many as a what-if shows: the interval of fewer runs is another one.
    drawn = [play(model, RUNS) for model in models]
    return [
        (model, play(model, runs, skipped=skipped))
        for model, plainly, outcomes in zip(models, plain, drawn, strict=True)
        if not missing(seen, PlayedRuns(plainly, outcomes))
    ]


def effects(before: PlayedRuns, after: PlayedRuns) -> Mapping[str, LimitEffect]:
    """Every measure before and after: means of the plain runs, and what the drawn ones agree on,
    run by run; empty where one has no runs."""
    pairs = list(zip(before.drawn, after.drawn, strict=False))
    if not pairs or len(before.drawn) != len(after.drawn):
        return {}
    first, then = summed(before), summed(after)
    made: dict[str, LimitEffect] = {}
    for measure in MEASURES:
        values = [(float(getattr(b, measure)), float(getattr(a, measure))) for b, a in pairs]
        more = then[measure].mean > first[measure].mean
        agreed = sum((a > b) if more else (a < b) for b, a in values) / len(values)
        low = high = None
        if all(b > 0 for b, _ in values):
            shares = sorted(a / b - 1 for b, a in values)
            low, high = (_at_rank(shares, end * (len(shares) + 1)) for end in _ENDS)
        made[measure] = LimitEffect(first[measure].mean, then[measure].mean, agreed, low, high)
    return made


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


def play(
    model: Model,
    runs: int,
    progress: Progress | None = None,
    *,
    resampled: bool = True,
    skipped: int = 0,
) -> list[SimulationResult]:
    """The outcomes of so many runs after the first `skipped` ones; the n-th run of any model of a
    board has the same cards."""
    outcomes: list[SimulationResult] = []
    for seed in range(runs):
        outcome = run(model, skipped + seed, resampled=resampled)
        if outcome is not None:
            outcomes.append(outcome)
        if progress is not None:
            progress((seed + 1) / runs)
    return outcomes


def summed(runs: PlayedRuns) -> Played:
    """Every measure over all runs; empty without a run that finished a card."""
    if not runs.plain or not runs.drawn:
        return {}
    plain, drawn = (
        {m: [float(getattr(outcome, m)) for outcome in outcomes] for m in MEASURES}
        for outcomes in runs
    )
    means = {m: sum(values) / len(values) for m, values in plain.items()}
    sides = {m: _deviations(values, means[m]) for m, values in plain.items()}
    reach = _ranked(
        sorted(
            max(
                _distance(value - means[m], *sides[m])
                for m, value in zip(CHECKED, run, strict=True)
            )
            for run in zip(*(plain[m] for m in CHECKED), strict=True)
        ),
        95,
    )
    ordered = {m: sorted(values) for m, values in drawn.items()}
    return {
        m: Spread(
            means[m],
            *_held(ordered[m], means[m]),
            max(0.0, means[m] - reach * sides[m][0]),
            means[m] + reach * sides[m][1],
        )
        for m in MEASURES
    }


def _held(ordered: Sequence[float], mean: float) -> tuple[float, float]:
    """The ends of a span that holds the next value with 90 %, 5 % on either side, and the mean:
    the values at ranks of n + 1, interpolated (Weibull; Hyndman and Fan, Sample Quantiles in
    Statistical Packages, The American Statistician 50, 1996, definition 6).

    Whole days tie at these ends, so that both of them may hold far more: without the tied values
    at one end, or at both, where that comes nearer to 90 % of the runs."""
    low, high = (_at_rank(ordered, share * (len(ordered) + 1)) for share in _ENDS)
    lows = low, *ordered[bisect_right(ordered, low) :][:1]
    highs = high, *ordered[: bisect_left(ordered, high)][-1:]
    low, high = min(
        ((a, b) for a in lows for b in highs if a <= b),
        key=lambda ends: abs(_share_within(ordered, *ends) - (_ENDS[1] - _ENDS[0])),
    )
    return min(low, mean), max(high, mean)


def _share_within(ordered: Sequence[float], low: float, high: float) -> float:
    return (bisect_right(ordered, high) - bisect_left(ordered, low)) / len(ordered)


def _at_rank(ordered: Sequence[float], rank: float) -> float:
    """The value at a rank from 1, between two values in proportion."""
    at = min(max(rank - 1, 0.0), len(ordered) - 1.0)
    below = ordered[int(at)]
    return below + (at - int(at)) * (ordered[min(int(at) + 1, len(ordered) - 1)] - below)


def _deviations(values: Sequence[float], mean: float) -> tuple[float, float]:
    """How far values lie below the mean, and above it: root mean squares of either side."""
    below = [mean - value for value in values if value < mean]
    above = [value - mean for value in values if value > mean]
    return hypot(*below) / sqrt(len(below) or 1), hypot(*above) / sqrt(len(above) or 1)


def _distance(off: float, below: float, above: float) -> float:
    """How many deviations of its side a value lies off the mean."""
    side = below if off < 0 else above
    return abs(off) / side if side else 0.0


def _ranked(ordered: Sequence[float], p: int) -> float:
    """The value that p % do not exceed (nearest rank)."""
    return ordered[max(0, (p * len(ordered) + 99) // 100 - 1)]


def observed(sample: Sample) -> dict[str, float]:
    """What the measures were in the window; all cards count as work in progress while they were."""
    took = sorted(map(sample.days_of, sample.finished))
    days = len(sample.days)
    workflow = sample.workflow
    begin = workflow.start_of_day(date.fromordinal(sample.days.start))
    end = min(sample.as_of, workflow.end_of_day(sample.window.last))
    spent = sum(
        (
            max(
                0.0,
                (min(card.flow.finish or end, end) - max(card.flow.start, begin)).total_seconds(),
            )
        )
        for card in sample.worked
        if card.flow.start is not None
    )
    return {
        "p50": nearest_rank(took, 50),
        "p85": nearest_rank(took, 85),
        "per_week": 7 * len(took) / days,
        "wip": spent / max(1.0, (end - begin).total_seconds()),
    }


def part_of(progress: Progress | None, at: int, parts: int) -> Progress | None:
    """What tells the progress of one of several parts as progress of the whole."""
    return progress and (lambda share: progress((at + share) / parts))
