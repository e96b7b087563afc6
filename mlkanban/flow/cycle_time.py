"""Cycle time: how long finished cards took, and how long it is once the open ones count too.

Source: D. Vacanti, Actionable Agile Metrics: calendar days, both the day of commitment and the day
of delivery counted, nothing subtracted. Finished are shipped, learned and superseded cards;
an abandoned one is a departure, reported beside them.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from mlkanban.flow.histogram import COLUMNS, Bin, bins
from mlkanban.flow.history import FlowState, Step, Workflow, known, spans
from mlkanban.flow.percentiles import PERCENTILES, needed, percentiles
from mlkanban.flow.sample import EndedCard, Followed, Grouping, Sample, kept
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import in_progress_on

OUTCOMES = ("shipped", "learned", "superseded", "abandoned")
MOVED_ON = "moved on"
"""What a card did that left a stage and did not end there."""
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CycleTimes:
    """The cycle times of the cards finished in a window, in days; of a stage, the time in it of the
    cards that left it.

    `n` finished cards, `never_worked` ones apart; `open` are those in progress at the end of the
    window. A percentile is None where too few cards stand behind it; one that counts open cards
    also where enough do (`n_with_open`) but it is not reached yet, or lies at `withheld` days or
    more, of which nothing can be told (see `survival`). `cards` are the finished ones in
    order of their finish. `never_worked_percentiles` are of the days from the writing to the end of
    the cards that were never worked, which is all that lists with two dates of a card tell.
    `of_stage`: the times are those in one stage, not those of the whole way.
    """

    n: int
    never_worked: int
    never_worked_percentiles: dict[int, int | None]
    open: int
    mean: float | None
    mode: int | None
    min: int | None
    max: int | None
    percentiles: dict[int, int | None]
    percentiles_with_open: dict[int, int | None]
    withheld: int | None
    histogram: tuple[Bin, ...]
    outcomes: dict[str, int]
    of_stage: bool
    scope: Scope
    cards: tuple[EndedCard, ...]
    abandoned: tuple[EndedCard, ...]

    @property
    def n_with_open(self) -> int:
        """The finished, open and abandoned cards behind `percentiles_with_open`."""
        return self.n + self.open + self.outcomes["abandoned"]


class _Took(NamedTuple):
    """The days and hours that a card took, up to the day it ended if it has, how it ended, and the
    days it had taken when the window began."""

    card: Followed
    days: int
    hours: int
    before: int
    day: date
    outcome: str


@dataclass(slots=True)
class _Times:
    """What the cards of a window took: finished ones, abandoned ones and those still open."""

    finished: list[_Took] = field(default_factory=list)
    abandoned: list[_Took] = field(default_factory=list)
    open: list[_Took] = field(default_factory=list)


@kept
def cycle_times(sample: Sample) -> CycleTimes:
    """Count the cards finished or abandoned in the window, and those in progress at its end, in
    calendar days."""
    last, end = sample.window.last.toordinal(), _end(sample)
    times = _Times(
        [_calendar(sample, card, end) for card in sample.finished],
        [_calendar(sample, card, end) for card in sample.abandoned],
        [_calendar(sample, card, end) for card in in_progress_on(sample, last)],
    )
    return _counted(sample, times)


def grouped(sample: Sample, by: Grouping) -> list[tuple[str, CycleTimes]]:
    """Return the same numbers for each group of cards.

    The numbers of a stage are its residence: the real time of all visits, in days of 24 hours,
    rounded up, of the cards that left it for the last time within the window. Cards that stand in
    it at the end of the window are open there, those that were abandoned in it are censored.
    """
    groups = sample.grouped(by)
    if by == "stage":
        times = _in_stages(sample)
        return [
            (name, _counted(some, times[at], of_stage=True))
            for at, (name, some) in zip(sample.stages_before_delivery, groups, strict=True)
        ]
    return [(name, cycle_times(some)) for name, some in groups]


def _counted(sample: Sample, times: _Times, *, of_stage: bool = False) -> CycleTimes:
    days = sorted(took.days for took in times.finished)
    counts = Counter(days)
    names = (MOVED_ON, *OUTCOMES) if of_stage else OUTCOMES
    outcomes = Counter(took.outcome for took in times.finished)
    outcomes["abandoned"] = len(times.abandoned)
    censored = (*times.open, *times.abandoned)
    survival = kaplan_meier(
        days,
        (took.days for took in censored),
        (took.before for took in (*times.finished, *censored) if took.before),
    )
    total = len(days) + len(censored)
    return CycleTimes(
        n=len(days),
        never_worked=len(sample.never_worked),
        never_worked_percentiles=percentiles(_from_writing(sample)),
        open=len(times.open),
        mean=sum(days) / len(days) if days else None,
        mode=min(counts, key=lambda day: (-counts[day], day)) if counts else None,
        min=days[0] if days else None,
        max=days[-1] if days else None,
        percentiles=percentiles(days),
        percentiles_with_open={
            p: survival.time(p) if total >= needed(p) else None for p in PERCENTILES
        },
        withheld=survival.withheld,
        histogram=bins(counts, COLUMNS),
        outcomes={outcome: outcomes[outcome] for outcome in names},
        of_stage=of_stage,
        scope=sample.scope,
        cards=tuple(map(_ended, times.finished)),
        abandoned=tuple(map(_ended, times.abandoned)),
    )


def _from_writing(sample: Sample) -> list[int]:
    """The days from writing to end, both counted, of the cards that were never worked."""
    day = sample.workflow.ordinal
    return sorted(
        card.finish - day(card.history.steps[0].at) + 1
        for card in sample.never_worked
        if card.finish is not None
    )


def _ended(took: _Took) -> EndedCard:
    card = took.card
    return EndedCard(card.ref, card.history.title, took.day, took.days, took.hours, took.outcome)


def _calendar(sample: Sample, card: Followed, end: datetime) -> _Took:
    """The cycle time of a card that departed within the window, else its age at the end of it."""
    assert card.start is not None
    assert card.flow.start is not None
    days = sample.days_by_end(card)
    return _Took(
        card,
        days,
        _whole(min(end, card.flow.finish or end) - card.flow.start, _HOUR),
        sample.days_before(card),
        date.fromordinal(card.start + days - 1),
        card.flow.outcome or "shipped",
    )


def _in_stages(sample: Sample) -> dict[int, _Times]:
    """The residence of the cards in each stage, up to the end of the window."""
    workflow, first = sample.workflow, sample.window.first
    begin, end = None if first is None else workflow.start_of_day(first), _end(sample)
    times_by_stage = {at: _Times() for at in range(workflow.first_delivered)}
    for card in sample.cards:
        steps = known(card.history.steps, end)
        if not steps or card.flow.never_worked or card.flow.state is FlowState.DISCARDED:
            continue
        for at, visited in _visits(steps, end).items():
            if at not in times_by_stage or (begin and visited.left and visited.left < begin):
                continue
            took = _residence(workflow, card, visited, begin, end)
            if visited.left is None:
                times_by_stage[at].open.append(took)
            elif visited.outcome == "abandoned":
                times_by_stage[at].abandoned.append(took)
            else:
                times_by_stage[at].finished.append(took)
    for times in times_by_stage.values():
        times.finished.sort(key=lambda took: took.day)
        times.abandoned.sort(key=lambda took: took.day)
    return times_by_stage


@dataclass(slots=True)
class _Visits:
    """The stays of a card in a stage; when it left it for the last time, None while it is there,
    and the outcome that it left with."""

    stays: list[tuple[datetime, datetime]] = field(default_factory=list)
    left: datetime | None = None
    outcome: str | None = None


def _visits(steps: Sequence[Step], end: datetime) -> dict[int, _Visits]:
    visits: defaultdict[int, _Visits] = defaultdict(_Visits)
    standing: _Visits | None = None
    for step, until in spans(steps, end):
        here = visits[step.stage] if step.outcome is None else None
        if standing is not None and standing is not here:
            standing.left, standing.outcome = step.at, step.outcome
        if here is not None:
            here.stays.append((step.at, until))
            here.left = None
        standing = here
    return visits


def _residence(
    workflow: Workflow, card: Followed, visits: _Visits, begin: datetime | None, end: datetime
) -> _Took:
    spent = sum((until - since for since, until in visits.stays), timedelta())
    earlier = timedelta()
    if begin is not None:
        parts = (min(until, begin) - since for since, until in visits.stays if since < begin)
        earlier = sum(parts, timedelta())
    days = _whole(spent, _DAY)
    return _Took(
        card,
        days,
        _whole(spent, _HOUR),
        min(earlier // _DAY, max(0, days - 1)),
        workflow.day(visits.left or end),
        visits.outcome or MOVED_ON,
    )


def _end(sample: Sample) -> datetime:
    """The last instant of the window that is known."""
    return min(sample.as_of, sample.workflow.end_of_day(sample.window.last))


def _whole(duration: timedelta, unit: timedelta) -> int:
    return -(-duration // unit)
