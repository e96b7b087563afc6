"""Cycle time: how long finished cards took, and how long it is once the open ones count too.

Source: D. Vacanti, Actionable Agile Metrics: calendar days, both the day of commitment and the day
of delivery counted, nothing subtracted. Finished are shipped, learned and superseded cards;
an abandoned one is a departure, reported beside them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from mlkanban.flow.histogram import Bin, bins
from mlkanban.flow.history import CardFlow, CardHistory, State, Workflow, trace_all
from mlkanban.flow.percentiles import PERCENTILES, needed, percentiles
from mlkanban.flow.survival import kaplan_meier

OUTCOMES = ("shipped", "learned", "superseded", "abandoned")
COLUMNS = 80

Grouping = Literal["type", "tag", "stage"]


@dataclass(frozen=True, slots=True)
class FinishedCard:
    """A finished card: calendar days, the same in elapsed hours rounded up, and the outcome."""

    ref: str
    title: str
    days: int
    hours: int
    outcome: str


@dataclass(frozen=True, slots=True)
class CycleTimes:
    """The cycle times of the cards finished in a window, in days.

    `n` finished cards, `never_worked` ones apart; `open` cards count whatever the window; `as_of`
    is a day in `timezone`. A percentile is None where too few cards stand behind it; one that
    counts open cards also where enough do (`n_with_open`) but it is not reached yet.
    """

    n: int
    never_worked: int
    open: int
    mean: float | None
    mode: int | None
    min: int | None
    max: int | None
    percentiles: dict[int, int | None]
    percentiles_with_open: dict[int, int | None]
    histogram: tuple[Bin, ...]
    outcomes: dict[str, int]
    window_days: int | None
    as_of: date
    timezone: str
    cards: tuple[FinishedCard, ...]

    @property
    def window(self) -> str:
        return "all" if self.window_days is None else f"{self.window_days}d"

    @property
    def n_with_open(self) -> int:
        """The finished, open and abandoned cards behind `percentiles_with_open`."""
        return self.n + self.open + self.outcomes["abandoned"]

    def to_data(self) -> dict[str, Any]:
        """Return the data of `flow cycle-time --json`; days of a bin are both included."""
        return {
            "n": self.n,
            "never_worked": self.never_worked,
            "open": self.open,
            "mean": self.mean,
            "mode": self.mode,
            "min": self.min,
            "max": self.max,
            "percentiles": _text_keys(self.percentiles),
            "percentiles_with_open": _text_keys(self.percentiles_with_open),
            "histogram": [
                {"from": bar.first, "to": bar.last, "count": bar.count} for bar in self.histogram
            ],
            "outcomes": dict(self.outcomes),
            "window": self.window,
            "as_of": self.as_of.isoformat(),
            "timezone": self.timezone,
        }


def cycle_times(
    workflow: Workflow,
    histories: Iterable[CardHistory],
    *,
    as_of: datetime,
    window_days: int | None,
) -> CycleTimes:
    """Count the cards finished or abandoned on a day in (Day(as_of) - window_days, Day(as_of)].

    `as_of` is an aware instant; no window counts them all. Days are calendar days in the board's
    zone.
    """
    frame = _Frame(workflow, as_of, window_days)
    return frame.count(frame.cards(histories), frame.cycle_time)


def grouped(
    workflow: Workflow,
    histories: Iterable[CardHistory],
    *,
    by: Grouping,
    as_of: datetime,
    window_days: int | None,
) -> list[tuple[str, CycleTimes]]:
    """Return the same numbers for each type or tag, by name, or for each stage, in board order.

    A card with two tags counts in both; a card with none in the group "". The numbers of a stage
    before delivery are its residence: the real time of all visits of the cards that were there,
    in days of 24 hours, rounded up. Open cards stand for at least their residence so far.
    """
    frame = _Frame(workflow, as_of, window_days)
    cards = frame.cards(histories)
    if by == "stage":
        return [
            (name, frame.count([c for c in cards if c[1].passes[k]], _residence(k)))
            for k, name in enumerate(workflow.stages[: workflow.first_delivered])
        ]
    groups: defaultdict[str, list[_Card]] = defaultdict(list)
    for card in cards:
        for key in (card[0].type,) if by == "type" else card[0].tags or ("",):
            groups[key].append(card)
    return [(key, frame.count(groups[key], frame.cycle_time)) for key in sorted(groups)]


_Card = tuple[CardHistory, CardFlow]
_Measure = Callable[[CardFlow], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Frame:
    workflow: Workflow
    as_of: datetime
    window_days: int | None

    def cards(self, histories: Iterable[CardHistory]) -> list[_Card]:
        """Committed cards: the open ones, and those that departed within the window."""
        return [
            (history, flow)
            for history, flow in trace_all(self.workflow, histories, self.as_of)
            if flow.start is not None and (flow.finish is None or self._holds(flow.finish))
        ]

    def _holds(self, finish: datetime) -> bool:
        days = self.workflow.days(finish, self.as_of)
        return self.window_days is None or days <= self.window_days

    def cycle_time(self, flow: CardFlow) -> tuple[int, int]:
        assert flow.start is not None
        end = flow.finish or self.as_of
        return self.workflow.days(flow.start, end), _whole(end - flow.start, timedelta(hours=1))

    def count(self, cards: Sequence[_Card], measure: _Measure) -> CycleTimes:
        """Put cards of this frame into numbers; `measure` gives the days and hours of each."""
        worked = [(history, flow) for history, flow in cards if not flow.never_worked]
        finished = tuple(
            FinishedCard(history.ref, history.title, *measure(flow), flow.outcome or "shipped")
            for history, flow in worked
            if flow.state is State.FINISHED
        )
        censored = [measure(flow)[0] for _, flow in worked if flow.state is not State.FINISHED]
        n_open = sum(flow.state is State.OPEN for _, flow in worked)
        days = sorted(card.days for card in finished)
        counts = Counter(days)
        outcomes = Counter(card.outcome for card in finished)
        outcomes["abandoned"] = len(censored) - n_open
        survival = kaplan_meier(days, censored)
        total = len(finished) + len(censored)
        return CycleTimes(
            n=len(days),
            never_worked=len(cards) - len(worked),
            open=n_open,
            mean=sum(days) / len(days) if days else None,
            mode=min(counts, key=lambda day: (-counts[day], day)) if counts else None,
            min=days[0] if days else None,
            max=days[-1] if days else None,
            percentiles=percentiles(days),
            percentiles_with_open={
                p: survival.time(p) if total >= needed(p) else None for p in PERCENTILES
            },
            histogram=bins(counts, COLUMNS),
            outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
            window_days=self.window_days,
            as_of=self.workflow.day(self.as_of),
            timezone=str(self.workflow.timezone),
            cards=finished,
        )


def _residence(stage: int) -> _Measure:
    def measure(flow: CardFlow) -> tuple[int, int]:
        spent = flow.residence[stage]
        return _whole(spent, timedelta(days=1)), _whole(spent, timedelta(hours=1))

    return measure


def _whole(duration: timedelta, unit: timedelta) -> int:
    return -(-duration // unit)


def _text_keys(values: dict[int, int | None]) -> dict[str, int | None]:
    return {str(p): value for p, value in values.items()}
