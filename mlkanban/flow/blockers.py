"""Blocker clusters: what holds work up, how often and for how long.

Source: K. Leopold and T. Magennis, blocker clustering. A block is one stretch of time with one
reason, however often the card moves meanwhile. Days are lost while a card is committed: what holds
up a card that nobody has begun costs it nothing yet.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from mlkanban.core.milestones import Phase
from mlkanban.flow.history import Block, Step, Workflow, known, spans
from mlkanban.flow.said import Said, Table
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.text import quantity

_CONVENTION = "real days of 24 hours within the window; committed cards"
_DAY = timedelta(days=1)
_LEAST = 0.1
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
    def median(self) -> float:
        return median(block.days for block in self.blocks)

    @property
    def open(self) -> int:
        return sum(block.end is None for block in self.blocks)

    @property
    def cards(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(block.ref for block in self.blocks))

    @property
    def side(self) -> str:
        return "external" if self.external else "internal"


@dataclass(frozen=True, slots=True)
class Blockers:
    """The clusters, most days lost first; `uncommitted` cards were blocked at the end of the window
    but not committed, and are in no cluster."""

    clusters: tuple[Cluster, ...]
    uncommitted: int
    scope: Scope

    @property
    def n(self) -> int:
        return sum(len(cluster.blocks) for cluster in self.clusters)

    @property
    def days(self) -> float:
        return sum(cluster.days for cluster in self.clusters)

    @property
    def leader(self) -> Cluster | None:
        """The cluster that most days went to, if they are days to speak of."""
        return self.clusters[0] if self.clusters and self.clusters[0].days >= _LEAST else None

    @property
    def still(self) -> tuple[Stretch, ...]:
        """What was blocked at the end of the window, longest first."""
        found = [b for cluster in self.clusters for b in cluster.blocks if b.end is None]
        return tuple(sorted(found, key=lambda block: (block.begin, block.ref)))

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "days": self.days,
            "blocked_not_committed": self.uncommitted,
            "clusters": [
                {
                    "reason": c.reason, "external": c.external, "count": len(c.blocks),
                    "days": c.days, "median_days": c.median, "open": c.open, "cards": list(c.cards),
                }
                for c in self.clusters
            ],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }  # fmt: skip

    def figures(self) -> tuple[tuple[str, str], ...]:
        return (
            ("blocks", str(self.n)),
            ("days lost", f"{self.days:.1f}"),
            ("open", str(len(self.still))),
            ("most", self.leader.reason if self.leader else "-"),
        )

    def said(self) -> Said:
        note = f"n {quantity(self.n, 'block')} | {self.scope.words} | {_CONVENTION}"
        others = [f"{self.uncommitted} blocked before commitment"] if self.uncommitted else []
        if not self.clusters:
            nothing = "Nothing committed was blocked in this window."
            return Said("Blockers", (nothing, *others), None, note)
        lost = f"{self.days:.1f}" if self.days >= _LEAST else f"less than {_LEAST}"
        lines = [f"{quantity(self.n, 'block')}, {lost} days lost, {len(self.still)} still open"]
        if top := self.leader:
            lines.append(
                f"Most days went to {top.reason} ({top.side}): {top.days:.1f}"
                f" ({100 * top.days / self.days:.0f} %)"
            )
        lines += others
        rows = tuple(
            (c.reason, c.side, str(len(c.blocks)), f"{c.days:.1f}", f"{c.median:.1f}", str(c.open))
            for c in self.clusters
        )
        head = ("reason", "side", "blocks", "days lost", "median", "still open")
        return Said("Blockers", tuple(lines), Table(head, rows), note)


def blockers(sample: Sample) -> Blockers:
    """Cluster the blocks of committed cards that lasted into the window."""
    groups: defaultdict[Block, list[Stretch]] = defaultdict(list)
    start, end = _frame(sample)
    uncommitted = 0
    for card in sample.cards:
        steps = known(card.history.steps, end)
        if not steps:
            continue
        for stretch in _stretches(sample.workflow, card, steps, start, end):
            groups[stretch.block].append(stretch)
        last = steps[-1]
        before = sample.workflow.phase(last) is Phase.BEFORE and last.outcome is None
        uncommitted += before and last.block is not None
    clusters = [Cluster(b.reason, b.external, tuple(some)) for b, some in groups.items()]
    clusters.sort(key=lambda cluster: (-cluster.days, cluster.reason, cluster.external))
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
