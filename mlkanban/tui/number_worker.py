"""What the reports screen counts, away from the screen's own thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mlkanban.charts.layouts.canvas import Target
from mlkanban.charts.spec import Spec
from mlkanban.core.models import Board
from mlkanban.display.number_view import NumberView, Summary
from mlkanban.flow.sample import Grouping, Sample, follow
from mlkanban.flow.window import Window
from mlkanban.service import Service


@dataclass(frozen=True, slots=True)
class CountedGroup:
    """The number of a group of cards: its picture, if there is one, and its words."""

    name: str
    sample: Sample
    spec: Spec | None
    summary: Summary


def row_targets(group: CountedGroup) -> tuple[Target, ...]:
    """The rows of its table that begin with the short id of a card; none unless all do."""
    table = group.summary.table
    refs = {card.ref for card in group.sample.cards}
    if table is None or not all(row[0] in refs for row in table.rows):
        return ()
    return tuple(Target(row[0], (row[0],), 0, at) for at, row in enumerate(table.rows))


@dataclass
class Counted:
    """The name, sample, picture and words of each group of cards; remarks come later."""

    groups: list[CountedGroup]
    remarks: list[str] = field(default_factory=list)


class Samples:
    """The cards of a board, followed. They are read again only when something happened or another
    minute has begun, so that going from view to view costs no reading. For the store's thread."""

    def __init__(self) -> None:
        self._key: object = None
        self._sample: Sample | None = None

    def get(self, service: Service, board: Board, days: int | None, now: datetime) -> Sample:
        key = (board, service.boards.cursor(), now.replace(second=0, microsecond=0))
        if self._sample is None or key != self._key:
            workflow, histories = service.history.for_flow(board, now)
            everything = Window.back(None, workflow.day(now))
            sessions = service.triage.sessions(board.id, now)
            self._sample = follow(workflow, histories, now, everything, sessions)
            self._key = key
        return self._sample.within(Window.back(days, self._sample.today))


def counted(view: NumberView[Any], sample: Sample, by: Grouping | None) -> Counted:
    """The number of a view, for all cards or group by group."""
    groups = view.by(sample, by) if by else [("all cards", sample, view.count(sample))]
    return Counted(
        [
            CountedGroup(name, some, view.draw(number, some), view.summary(number))
            for name, some, number in groups
        ]
    )


class GivenUp(Exception):
    """Nobody waits for it any more."""


class Progress:
    """Tells how far a simulation is in percent, and ends it once it is given up."""

    def __init__(self, show: Callable[[int], None]) -> None:
        self._show = show
        self._shown = -1
        self._over = threading.Event()

    def __call__(self, share: float) -> None:
        if self._over.is_set():
            raise GivenUp
        percent = int(100 * share)
        if percent != self._shown:
            self._shown = percent
            self._show(percent)

    def give_up(self) -> None:
        self._over.set()
