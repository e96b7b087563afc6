"""What the reports screen counts, away from the screen's own thread."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from mlkanban.charts.layouts import layout
from mlkanban.charts.layouts.canvas import Target
from mlkanban.charts.spec import Spec
from mlkanban.core.board import Board
from mlkanban.display.number_view import Headline, NumberView, Summary
from mlkanban.display.table import Table
from mlkanban.flow.sample import Grouping, Sample, follow
from mlkanban.flow.window import Window
from mlkanban.service import Service


@dataclass(frozen=True, slots=True)
class CountedGroup:
    """The number of a group of cards: its picture, if there is one, its words, and the table that
    belongs to them."""

    name: str
    sample: Sample
    spec: Spec | None
    summary: Summary
    table: Table | None = None


def row_card(group: CountedGroup, row: int) -> str:
    """The short id of the card that a row of its table names first; '' for none."""
    refs = {card.ref for card in group.sample.cards}
    cells = group.table.rows[row] if group.table is not None else ()
    return next((cell for cell in cells if cell in refs), "")


def row_targets(group: CountedGroup) -> tuple[Target, ...]:
    """The rows of its table that begin with the short id of a card; none unless all do."""
    table = group.table
    refs = {card.ref for card in group.sample.cards}
    if table is None or not all(row[0] in refs for row in table.rows):
        return ()
    return tuple(Target(row[0], (row[0],), 0, at) for at, row in enumerate(table.rows))


_ROOMY = (160, 45)
"""In so many cells and lines any picture has a place."""


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
            sample = follow(workflow, histories, now, everything, sessions)
            self._sample = replace(sample, worth=service.worth.marks(board, now))
            self._key = key
        return self._sample.within(Window.back(days, self._sample.today))


def counted(view: NumberView[Any], sample: Sample, by: Grouping | None) -> Counted:
    """The number of a view, for all cards or group by group."""
    sample = view.scoped(sample)
    groups = view.by(sample, by) if by else [("all cards", sample, view.count(sample))]
    return Counted(
        [
            CountedGroup(
                name,
                some,
                _with_content(view.draw(number, some)),
                summary,
                summary.table or view.beside(number, some),
            )
            for name, some, number in groups
            for summary in [view.summary(number)]
        ]
    )


def _with_content(spec: Spec | None) -> Spec | None:
    """A picture, unless there is nothing in it: the words say why, and that is enough."""
    return spec if spec is not None and layout(spec, *_ROOMY) is not None else None


class Small(NamedTuple):
    """A number in little room: the figure that matters, and the picture or a few sentences."""

    headline: Headline
    spec: Spec | None
    sentences: tuple[str, ...]


def small(view: NumberView[Any], sample: Sample) -> Small:
    """A number for a tile; where there is nothing to draw, what is said instead."""
    sample = view.scoped(sample)
    number = view.count(sample)
    spec = _with_content(view.draw(number, sample, small=True))
    return Small(view.headline(number), spec, () if spec else view.summary(number).lines[:2])


def in_words(views: Iterable[tuple[NumberView[Any], int]], sample: Sample) -> Small:
    """One sentence of some numbers: the one at a place, or the last."""
    found = [(view.summary(view.count(view.scoped(sample))).lines, at) for view, at in views]
    return Small((), None, tuple(lines[min(at, len(lines) - 1)] for lines, at in found if lines))


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
