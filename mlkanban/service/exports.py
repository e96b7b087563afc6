"""What exports read: whole cards, their flow, their runs and the log of a board, in portions, so
that a large board needs little memory and no writer waits for a slow reader."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from mlkanban.core.board import Board, CardFace, place
from mlkanban.core.card import Card
from mlkanban.core.events import Event
from mlkanban.flow.history import CardHistory, FlowState, Step, Workflow, spans, trace
from mlkanban.records import record
from mlkanban.runs.model.run import Run, runs_in
from mlkanban.service.flow_history import read
from mlkanban.service.transaction import Context
from mlkanban.store import repository
from mlkanban.store.export_file import ExportFile, is_export, writing_export

_CARDS = 500
_EVENTS = 2000
_DAY = timedelta(days=1)


class BlockedSpan(NamedTuple):
    """A time in which an open card was blocked; `until` is None while it still is."""

    since: datetime
    until: datetime | None
    reason: str
    external: bool
    days: float


@record(frozen=True, slots=True)
class CardDays:
    """What happened to a card up to now, in days of its board. `entered` has the day on which it
    entered each stage last, `arrived` that on which it came to each stage up to delivery or past
    it, and last that of delivery; None where it never was, or went back since. `cycle_days` are
    those of a card that was worked and ended, as `flow cycle-time` counts them."""

    state: FlowState
    outcome: str
    never_worked: bool
    started: date | None
    finished: date | None
    cycle_days: int | None
    reopened: int
    entered: tuple[date | None, ...]
    arrived: tuple[date | None, ...]
    blocked: tuple[BlockedSpan, ...]
    steps: tuple[Step, ...]

    @property
    def blocked_days(self) -> float:
        """Days of 24 hours, all blocks together."""
        return round(sum(span.days for span in self.blocked), 2)

    @property
    def counts_as_finished(self) -> bool:
        return self.state is FlowState.FINISHED

    @property
    def left(self) -> bool:
        """Whether it left the flow without being finished."""
        return self.state in (FlowState.ABANDONED, FlowState.DISCARDED)


class ExportedCard(NamedTuple):
    """A card with its flow, None where its board has no history of it."""

    face: CardFace
    card: Card
    days: CardDays | None
    runs: tuple[Run, ...]


@record(frozen=True)
class ExportedFlow:
    """The stages of a board, as its history has them, and the cards, as of an instant."""

    as_of: datetime
    workflow: Workflow
    histories: dict[str, CardHistory]

    def days(self, ref: str) -> CardDays | None:
        """What happened to a card."""
        history = self.histories.get(ref)
        flow = trace(self.workflow, history, self.as_of) if history else None
        if history is None or flow is None:
            return None
        workflow, steps = self.workflow, history.until(self.as_of).steps
        worked = flow.start is not None and flow.finish is not None and not flow.never_worked
        return CardDays(
            state=flow.state,
            outcome=flow.outcome or "",
            never_worked=flow.never_worked,
            started=self._day(None if flow.never_worked else flow.start),
            finished=self._day(flow.finish),
            cycle_days=workflow.days(flow.start, flow.finish)
            if worked and flow.start and flow.finish
            else None,
            reopened=flow.reopened,
            entered=self._entered(steps),
            arrived=tuple(map(self._day, flow.arrivals)),
            blocked=tuple(_blocked(steps, self.as_of)),
            steps=steps,
        )

    def _day(self, at: datetime | None) -> date | None:
        return None if at is None else self.workflow.day(at)

    def _entered(self, steps: tuple[Step, ...]) -> tuple[date | None, ...]:
        days: list[date | None] = [None] * len(self.workflow.stages)
        standing: int | None = None
        for step in steps:
            here = step.stage if step.outcome is None else None
            if here is not None and here != standing:
                days[here] = self.workflow.day(step.at)
            standing = here
        return tuple(days)


def _blocked(steps: tuple[Step, ...], as_of: datetime) -> Iterator[BlockedSpan]:
    """The times in which an open card was blocked, one for each block and reason."""
    block, since = None, as_of
    for step, until in spans(steps, as_of):
        here = step.block if step.outcome is None else None
        if here != block:
            if block is not None:
                yield _span(since, step.at, block.reason, external=block.external)
            block, since = here, step.at
        if until == as_of and step is steps[-1] and block is not None:
            yield _span(since, as_of, block.reason, external=block.external)._replace(until=None)


def _span(since: datetime, until: datetime, reason: str, *, external: bool) -> BlockedSpan:
    return BlockedSpan(since, until, reason, external, round((until - since) / _DAY, 4))


class Exports:
    def __init__(self, context: Context) -> None:
        self._context = context

    def flow(self, board: Board) -> ExportedFlow:
        """The stages of a board, and what happened to its cards up to now."""
        now = self._context.clock()
        workflow, histories = read(self._context.store, board, now)
        return ExportedFlow(now, workflow, {history.ref: history for history in histories})

    def cards(self, board: Board, flow: ExportedFlow) -> Iterator[ExportedCard]:
        """Every card of a board by its place, archived and finished ones too."""
        with self._context.store.reading() as conn:
            faces = sorted(repository.faces(conn, board.id), key=place)
        for start in range(0, len(faces), _CARDS):
            ids = [face.id for face in faces[start : start + _CARDS]]
            with self._context.store.reading() as conn:
                portion = {face.id: face for face in repository.faces_of(conn, tuple(ids))}
                there = [portion[card_id] for card_id in ids if card_id in portion]
                whole = repository.cards(conn, there)
                entities = repository.entities(conn, portion)
            for face, card in zip(there, whole, strict=True):
                runs = runs_in(entities[face.id].fields)
                yield ExportedCard(face, card, flow.days(face.ref), tuple(runs))

    def database(self, file: Path) -> AbstractContextManager[ExportFile]:
        """Write an export into a new database."""
        return writing_export(file)

    def is_database_export(self, file: Path) -> bool:
        """Whether a file is such an export."""
        return is_export(file)

    def undone(self, board_id: str) -> frozenset[str]:
        """The ids of the events of a board that are not in force."""
        with self._context.store.reading() as conn:
            return repository.undone_ids(conn, board_id)

    def card_refs(self, board_id: str) -> dict[str, str]:
        """The short id of every card of a board, by its long one."""
        with self._context.store.reading() as conn:
            return repository.ref_by_id(conn, board_id)

    def events(self, board_id: str) -> Iterator[Event]:
        """The whole log of a board, oldest first."""
        with self._context.store.reading() as conn:
            places = array("q", repository.history_places(conn, board_id))
        for start in range(0, len(places), _EVENTS):
            with self._context.store.reading() as conn:
                events = repository.events_at(conn, places[start : start + _EVENTS])
            yield from events
