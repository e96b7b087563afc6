"""Blocker clusters: what holds work up, how often and for how long.

Source: K. Leopold and T. Magennis, blocker clustering. A block is one stretch of time with one
reason, however often the card moves meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from mlkanban.flow.history import Block, spans
from mlkanban.flow.said import Said, Table
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.text import quantity

_CONVENTION = (
    "real days of 24 hours, to now where still blocked; blocks that lasted into the window"
)
_DAY = timedelta(days=1)
_LEAST = 0.1
"""Days that show as more than 0.0; who lost fewer leads nobody."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A card was blocked from `begin` until `end`, None while it still is."""

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
    """The clusters, most days lost first."""

    clusters: tuple[Cluster, ...]
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
        """What is blocked now, longest first."""
        found = [b for cluster in self.clusters for b in cluster.blocks if b.end is None]
        return tuple(sorted(found, key=lambda block: (block.begin, block.ref)))

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "days": self.days,
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
        if not self.clusters:
            return Said("Blockers", ("Nothing was blocked in this window.",), None, note)
        lost = f"{self.days:.1f}" if self.days >= _LEAST else f"less than {_LEAST}"
        lines = [f"{quantity(self.n, 'block')}, {lost} days lost, {len(self.still)} still open"]
        if top := self.leader:
            lines.append(
                f"Most days went to {top.reason} ({top.side}): {top.days:.1f}"
                f" ({100 * top.days / self.days:.0f} %)"
            )
        rows = tuple(
            (c.reason, c.side, str(len(c.blocks)), f"{c.days:.1f}", f"{c.median:.1f}", str(c.open))
            for c in self.clusters
        )
        head = ("reason", "side", "blocks", "days lost", "median", "still open")
        return Said("Blockers", tuple(lines), Table(head, rows), note)


def blockers(sample: Sample) -> Blockers:
    """Cluster the blocks that ended in the window, or have not ended; the whole of each counts,
    before commitment too."""
    groups: defaultdict[Block, list[Stretch]] = defaultdict(list)
    for card in sample.cards:
        for block in _stretches(card, sample.as_of):
            if _counts(sample, block):
                groups[block.block].append(block)
    clusters = [Cluster(b.reason, b.external, tuple(some)) for b, some in groups.items()]
    clusters.sort(key=lambda cluster: (-cluster.days, cluster.reason, cluster.external))
    return Blockers(tuple(clusters), sample.scope)


def _counts(sample: Sample, block: Stretch) -> bool:
    first, day = sample.window.first, sample.workflow.day
    last: date = day(block.end) if block.end else sample.today
    return (first is None or last >= first) and day(block.begin) <= sample.window.last


def _stretches(card: Followed, as_of: datetime) -> Iterator[Stretch]:
    block: Block | None = None
    begin = as_of

    def made(end: datetime | None) -> Stretch:
        assert block is not None
        days = ((end or as_of) - begin) / _DAY
        return Stretch(card.ref, card.history.title, block, begin, end, days)

    for step, _ in spans(card.history.steps, as_of):
        # An outcome ends every block.
        now = None if step.outcome else step.block
        if now != block:
            if block is not None:
                yield made(step.at)
            block, begin = now, step.at
    if block is not None:
        yield made(None)
