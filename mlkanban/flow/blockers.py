"""Blocker clusters: what holds work up, how often and for how long.

Source: K. Leopold and T. Magennis, blocker clustering. A block is one stretch of time with one
reason, however often the card moves meanwhile. Days are lost while a card is committed: what holds
up a card that nobody has begun costs it nothing yet.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median

from mlkanban.core.milestones import Phase
from mlkanban.flow.history import Block, Step, Workflow, known, spans
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope

_DAY = timedelta(days=1)
LEAST = 0.1
"""Days that show as more than 0.0; who lost fewer leads nobody."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A card was blocked from `begin` until `end`, None when it still was at the end of the window;
    `days` are those within the window while the card was committed."""

    ref: str
    title: str
    block: Block
    begin: datetime
    end: datetime | None
    days: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """All blocks with one reason on one side (internal or external)."""

    reason: str
    external: bool
    blocks: tuple[Stretch, ...]

    @property
    def days(self) -> float:
        return sum(block.days for block in self.blocks)

    @property
    def median_days(self) -> float:
        return median(block.days for block in self.blocks)

    @property
    def open(self) -> int:
        return sum(block.end is None for block in self.blocks)

    @property
    def cards(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(block.ref for block in self.blocks))


@dataclass(frozen=True, slots=True)
class Reason:
    """The clusters of one reason, that of the side that cost more first."""

    clusters: tuple[Cluster, ...]

    @property
    def name(self) -> str:
        return self.clusters[0].reason

    @property
    def days(self) -> float:
        return sum(cluster.days for cluster in self.clusters)


@dataclass(frozen=True, slots=True)
class Blockers:
    """The clusters, those of one reason together, the reason that most days went to first;
    `blocked_not_committed` cards were blocked at the end of
    the window but not committed, and are in no cluster."""

    clusters: tuple[Cluster, ...]
    blocked_not_committed: int
    scope: Scope

    @property
    def n(self) -> int:
        return sum(len(cluster.blocks) for cluster in self.clusters)

    @property
    def days(self) -> float:
        return sum(cluster.days for cluster in self.clusters)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What was lost to each reason over both sides, in the order of the clusters."""
        together = groupby(self.clusters, key=lambda cluster: cluster.reason)
        return tuple(Reason(tuple(some)) for _, some in together)

    @property
    def leader(self) -> Reason | None:
        """The reason that most days went to, if they are days to speak of."""
        reasons = self.reasons
        return reasons[0] if reasons and reasons[0].days >= LEAST else None

    @property
    def still(self) -> tuple[Stretch, ...]:
        """What was blocked at the end of the window, longest first."""
        open_blocks = [b for cluster in self.clusters for b in cluster.blocks if b.end is None]
        return tuple(sorted(open_blocks, key=lambda block: (block.begin, block.ref)))


def blockers(sample: Sample) -> Blockers:
    """Cluster the blocks of committed cards that lasted into the window."""
    groups: defaultdict[Block, list[Stretch]] = defaultdict(list)
    start, end = _frame(sample)
    uncommitted = 0
    for card in sample.cards:
        steps = known(card.history.steps, end)
        if all(step.block is None for step in steps):
            continue
        for stretch in _stretches(sample.workflow, card, steps, start, end):
            groups[stretch.block].append(stretch)
        last = steps[-1]
        before = sample.workflow.phase(last) is Phase.BEFORE and last.outcome is None
        uncommitted += before and last.block is not None
    clusters = [Cluster(b.reason, b.external, tuple(some)) for b, some in groups.items()]
    lost: defaultdict[str, float] = defaultdict(float)
    for cluster in clusters:
        lost[cluster.reason] += cluster.days
    clusters.sort(key=lambda c: (-lost[c.reason], c.reason, -c.days, c.external))
    return Blockers(tuple(clusters), uncommitted, sample.scope)


def _frame(sample: Sample) -> tuple[datetime | None, datetime]:
    workflow, window = sample.workflow, sample.window
    start = None if window.first is None else workflow.start_of_day(window.first)
    return start, min(sample.as_of, workflow.end_of_day(window.last))


def _stretches(
    workflow: Workflow,
    card: Followed,
    steps: Sequence[Step],
    start: datetime | None,
    end: datetime,
) -> Iterator[Stretch]:
    """The blocks of a card that lasted into the window while it was committed."""
    block: Block | None = None
    begin, lost, counts = end, timedelta(), False

    def made(over: datetime | None) -> Stretch:
        assert block is not None
        return Stretch(card.ref, card.history.title, block, begin, over, lost / _DAY)

    for step, until in spans(steps, end):
        # An outcome ends every block.
        now = None if step.outcome else step.block
        if now != block:
            if block is not None and counts:
                yield made(step.at)
            block, begin, lost, counts = now, step.at, timedelta(), False
        within = start is None or step.at >= start or until > start
        if now is not None and within and workflow.phase(step) is Phase.INSIDE:
            counts = True
            lost += until - max(step.at, start or step.at)
    if block is not None and counts:
        yield made(None if workflow.phase(steps[-1]) is Phase.INSIDE else end)
