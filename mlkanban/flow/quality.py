"""Data quality: what in the history makes numbers doubtful, counted and listed.

Every tool that hid such cards was caught out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from mlkanban.core.milestones import Phase
from mlkanban.flow.history import CardHistory, PastPoint, Workflow
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope

KINDS = (
    "never_worked",
    "moved_after_done",
    "backward_moves",
    "equal_timestamps",
    "clock_skew",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of doubt: how often it happened, and to which cards."""

    kind: str
    count: int
    cards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Every finding, those that were not met too; `n` cards were looked at. `past_points` are the
    parts of the workflow that were others while there were cards, `until` in the zone of the
    board."""

    n: int
    findings: tuple[Finding, ...]
    past_points: tuple[PastPoint, ...]
    scope: Scope


def quality(sample: Sample) -> Quality:
    """Look through the history of every card, what lies after `as_of` included."""
    met: dict[str, list[str]] = {kind: [] for kind in KINDS}
    met["never_worked"] = [card.ref for card in sample.never_worked]
    for history in sample.histories:
        for kind in _doubts(sample.workflow, history):
            met[kind].append(history.ref)
        if history.steps[-1].at > sample.as_of:
            late = sum(step.at > sample.as_of for step in history.steps)
            met["clock_skew"] += [history.ref] * late
    return Quality(
        len(sample.histories),
        tuple(Finding(k, len(refs), tuple(dict.fromkeys(refs))) for k, refs in met.items()),
        _past_points(sample),
        sample.scope,
    )


def _past_points(sample: Sample) -> tuple[PastPoint, ...]:
    """Those that held on another day than that of their change, after the first card was there."""
    workflow = sample.workflow
    first = min((c.history.steps[0].at for c in sample.everyone), default=sample.as_of)
    found = []
    for point in workflow.past_points:
        since = max(point.since or first, first)
        if since <= sample.as_of and workflow.day(since) < workflow.day(point.until):
            found.append(point._replace(until=point.until.astimezone(workflow.timezone)))
    return tuple(found)


def _doubts(workflow: Workflow, history: CardHistory) -> Iterator[str]:
    delivered = workflow.first_delivered
    for before, after in pairwise(history.steps):
        # Most steps: they meet none of the doubts below, and are passed over without a phase.
        if (
            before.stage <= after.stage
            and before.at != after.at
            and before.stage < delivered
            and before.outcome is None
        ):
            continue
        moved = before.stage != after.stage
        if not moved and before.outcome == after.outcome:
            continue
        done = workflow.phase(before) is Phase.AFTER
        if done and (moved or workflow.phase(after) is not Phase.AFTER):
            yield "moved_after_done"
        elif after.stage < before.stage:
            yield "backward_moves"
        if before.at == after.at and moved:
            yield "equal_timestamps"
