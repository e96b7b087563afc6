"""Aging work in progress: how old the open cards are for where they stand.

Source: D. Vacanti, Actionable Agile Metrics: the aging chart. The pace of a stage is a percentile
of the age that finished cards had when they left it, made non-decreasing from left to right.
"""

from bisect import bisect_right
from collections.abc import Sequence

from mlkanban.flow.pace import Pace
from mlkanban.flow.percentiles import PERCENTILES, needed, percentiles
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.records import record

STALE = 85


@record(frozen=True, slots=True)
class StagePace:
    """`percentiles` of the ages `n` finished cards had when they left the stage at a position."""

    position: int
    stage: str
    n: int
    percentiles: dict[int, int | None]


@record(frozen=True, slots=True)
class AgingCard:
    """An open card. `pace`: share of the finished cards that left its stage at its age or younger,
    None where fewer than five did."""

    ref: str
    title: str
    stage: int
    age_days: int
    pace: float | None
    marks: str


@record(frozen=True, slots=True)
class Aging:
    """Open cards, oldest first, and the pace of each committed stage."""

    stages: tuple[StagePace, ...]
    cards: tuple[AgingCard, ...]
    n: int
    sle_days: int | None
    scope: Scope

    @property
    def pace(self) -> Pace:
        stale = {stage.position: stage.percentiles[STALE] for stage in self.stages}
        counted = {stage.position: stage.n for stage in self.stages}
        positions = range(max(stale) + 1)
        return Pace(
            tuple(map(stale.get, positions)),
            self.sle_days,
            tuple(counted.get(at, 0) for at in positions),
        )

    @property
    def names(self) -> dict[int, str]:
        """The name of each stage by its position."""
        return {stage.position: stage.stage for stage in self.stages}


def aging(sample: Sample, sle_days: int | None) -> Aging:
    """Measure the pace of each stage on the cards finished in the window, and hold the open cards
    against it. A skipped stage was left when the next one visited was entered."""
    workflow = sample.workflow
    left = {at: _ages_on_leaving(sample, at) for at in sample.stages}
    stages: list[StagePace] = []
    floor: dict[int, int | None] = dict.fromkeys(PERCENTILES)
    for at, ages in left.items():
        for p, value in percentiles(ages).items():
            before = floor[p]
            if value is not None:
                floor[p] = value if before is None else max(before, value)
        enough = {p: floor[p] if len(ages) >= needed(p) else None for p in PERCENTILES}
        stages.append(StagePace(at, workflow.stages[at], len(ages), enough))
    aging = Aging(tuple(stages), (), len(sample.finished), sle_days, sample.scope)
    cards = [_card(sample, card, left[card.stage], aging.pace) for card in sample.open]
    cards.sort(key=lambda card: (-card.age_days, card.ref))
    return Aging(aging.stages, tuple(cards), aging.n, sle_days, sample.scope)


def _ages_on_leaving(sample: Sample, at: int) -> list[int]:
    ages = []
    for card in sample.finished:
        left = card.arrived[at + 1]
        if left is not None and card.start is not None:
            ages.append(left - card.start + 1)
    return sorted(ages)


def _card(sample: Sample, card: Followed, left: Sequence[int], pace: Pace) -> AgingCard:
    age = sample.days_of(card)
    share = bisect_right(left, age) / len(left) if len(left) >= needed(50) else None
    blocked = card.history.steps[-1].block is not None
    return AgingCard(
        card.ref, card.history.title, card.stage, age, share,
        pace.marks(card.stage, age, blocked=blocked),
    )  # fmt: skip
