"""What the reports screen counts, away from the screen's own thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mlkanban.charts.spec import Spec
from mlkanban.charts.views import NumberView
from mlkanban.core.models import Board
from mlkanban.flow.said import Number
from mlkanban.flow.sample import Grouping, Sample, follow
from mlkanban.flow.window import Window
from mlkanban.service import Service


@dataclass
class Counted:
    """A sample, a number and a picture for each group of cards; remarks are told later."""

    groups: list[tuple[str, Sample, Number]]
    specs: list[Spec | None]
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


def counted(view: NumberView, sample: Sample, by: Grouping | None) -> Counted:
    """The number and picture of a view, for all cards or group by group."""
    groups = view.by(sample, by) if by else [("all cards", sample, view.count(sample))]
    return Counted(groups, [view.draw(number, some) for _, some, number in groups])


class GivenUp(Exception):
    """Nobody waits for it any more."""


class Progress:
    """Tells how far a simulation is in percent, and ends it once it is given up."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._told = -1
        self._over = threading.Event()

    def __call__(self, share: float) -> None:
        if self._over.is_set():
            raise GivenUp
        percent = int(100 * share)
        if percent != self._told:
            self._told = percent
            self._tell(percent)

    def give_up(self) -> None:
        self._over.set()
