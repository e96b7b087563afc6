"""Work in progress at the end of each day.

Source: the Kanban Guide (2025): WIP is the number of work items started but not finished. Here by
the cumulative flow: WIP(d) = committed by the end of day d - departed by then. Cards that were
never worked are in neither.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import accumulate, zip_longest

from mlkanban.flow.history import FlowState
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.records import record


@record(frozen=True, slots=True)
class WorkInProgress:
    """WIP on each day from `first` on (an ordinal), or the cards in one stage (`in_stage`);
    `counts` is empty when no day is counted."""

    first: int
    counts: tuple[int, ...]
    cards: tuple[str, ...]
    scope: Scope
    in_stage: bool = False

    @property
    def mean(self) -> float | None:
        return sum(self.counts) / len(self.counts) if self.counts else None

    @property
    def highest(self) -> tuple[int, date] | None:
        """The most cards at the end of a day, and the first such day."""
        if not self.counts:
            return None
        most = max(self.counts)
        return most, date.fromordinal(self.first + self.counts.index(most))


def wip(sample: Sample) -> WorkInProgress:
    """Count the cards in progress at the end of each day of the window."""
    days = sample.days
    begun = cumulative((card.start for card in sample.worked), days)
    gone = cumulative((card.finish for card in sample.worked), days)
    return WorkInProgress(
        days.start,
        tuple(into - out for into, out in zip(begun, gone, strict=True)),
        tuple(card.ref for card in in_progress_on(sample, days.stop - 1)),
        sample.scope,
    )


def wip_in_stages(sample: Sample) -> list[WorkInProgress]:
    """Count the cards that stood in each stage before delivery at the end of each day."""
    workflow, days = sample.workflow, sample.days
    came: defaultdict[int, list[int]] = defaultdict(list)
    went: defaultdict[int, list[int]] = defaultdict(list)
    there: defaultdict[int, list[str]] = defaultdict(list)
    for card in sample.cards:
        if card.flow.never_worked or card.flow.state is FlowState.DISCARDED:
            continue
        steps = card.history.steps
        for step, after in zip_longest(steps, steps[1:]):
            first = workflow.day(step.at).toordinal()
            last = None if after is None else workflow.day(after.at).toordinal()
            # Who came and went on one day stood there at the end of none.
            if step.outcome is None and first != last:
                came[step.stage].append(first)
                if last is not None:
                    went[step.stage].append(last)
                if first < days.stop and (last is None or last >= days.stop):
                    there[step.stage].append(card.ref)
    return [
        WorkInProgress(
            days.start,
            tuple(
                into - out
                for into, out in zip(
                    cumulative(came[at], days), cumulative(went[at], days), strict=True
                )
            ),
            tuple(there[at]),
            sample.scope,
            in_stage=True,
        )
        for at in sample.stages_before_delivery
    ]


def in_progress_on(sample: Sample, day: int) -> tuple[Followed, ...]:
    """The cards in progress at the end of a day (an ordinal)."""
    return tuple(
        card
        for card in sample.worked
        if card.start is not None
        and card.start <= day
        and (card.finish is None or card.finish > day)
    )


def cumulative(happened: Iterable[int | None], days: range) -> tuple[int, ...]:
    """How often something happened by the end of each of the days, those before included."""
    counts = Counter(day for day in happened if day is not None)
    before = sum(count for day, count in counts.items() if day < days.start)
    return tuple(accumulate((counts[day] for day in days), initial=before))[1:]
