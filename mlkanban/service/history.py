"""The history of a card or a board, and importing history from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from mlkanban.core.board import Board
from mlkanban.core.events import Change, Event, roots
from mlkanban.core.timestamps import AHEAD, instant
from mlkanban.service.fields import by_ref
from mlkanban.service.imported_steps import Ends, LeftOut, continued, is_known
from mlkanban.service.transaction import Context, find_face, free_key
from mlkanban.store import repository

if TYPE_CHECKING:
    from mlkanban.flow.history import CardHistory, Workflow
    from mlkanban.flow.pace import Pace
    from mlkanban.store.database import Connection

_EVERYTHING = 1_000_000_000
HELD = 5_000
"""After so many changes of an import the cards that they are about are written out."""


class HistoryEntry(NamedTuple):
    """An event with the short id of its card ('' for the board), whether it is in force, and the
    event that an undo or a redo is `about`, however often it was undone and done again."""

    event: Event
    ref: str
    in_force: bool
    about: Event | None = None


class BroughtIn(NamedTuple):
    """The result of an import: `new` events, events that are there and `undone`, and the short ids
    of cards with steps that were `left_out`, each with a reason."""

    new: int
    undone: int = 0
    left_out: tuple[tuple[str, LeftOut], ...] = ()


def _about(conn: Connection, events: Sequence[Event]) -> dict[str, Event]:
    """The event that each undo and redo of these is about, where it is in the log."""
    known = {event.id: event for event in events}
    due = {event.undoes for event in events if event.undoes} - known.keys()
    while due:
        due_events = repository.events_by_id(conn, due)
        known |= {event.id: event for event in due_events}
        due = {event.undoes for event in due_events if event.undoes} - known.keys()
    about = roots(known.values())
    return {e.id: known[about[e.id]] for e in events if about.get(e.id) in known}


class History:
    def __init__(self, context: Context) -> None:
        self._context = context

    def of_card(self, ref: str) -> list[HistoryEntry]:
        """Everything that happened to a card, oldest first."""
        with self._context.store.reading() as conn:
            face = find_face(conn, ref)
            events = repository.history(conn, "", face.id, _EVERYTHING)
            dead = repository.undone_ids_of_card(conn, face.id)
            about = _about(conn, events)
        return [HistoryEntry(e, face.ref, e.id not in dead, about.get(e.id)) for e in events]

    def of_board(self, board_id: str, limit: int) -> list[HistoryEntry]:
        """The newest `limit` events of a board, oldest first."""
        with self._context.store.reading() as conn:
            events = repository.history(conn, board_id, "", limit)
            dead = repository.undone_ids(conn, board_id)
            refs = repository.ref_by_id(conn, board_id)
            about = _about(conn, events)
        return [
            HistoryEntry(e, refs.get(e.card, ""), e.id not in dead, about.get(e.id)) for e in events
        ]

    def dated_ahead(self, now: datetime) -> tuple[int, str, list[str]]:
        """Events dated in the future: how many, the last date, the short ids of their cards."""
        with self._context.store.reading() as conn:
            return repository.dated_after(conn, instant(now + AHEAD))

    def for_flow(
        self, board: Board, now: datetime | None = None, day: date | None = None
    ) -> tuple[Workflow, list[CardHistory]]:
        """The board's workflow, with the stages and due dates of a `day` or now, and the steps of
        all its cards, undone ones left out. What a clock that was ahead dated later than `now`
        counts as of now, as it does on the board."""
        # What is counted, and what counts: 15 ms that commands without numbers are spared.
        from mlkanban.service.flow_history import read

        return read(self._context.store, board, now, day)

    def pace(self, board: Board, as_of: datetime) -> Pace:
        """What marks open cards as old: the pace of each stage and the service level expectation,
        from the cards finished lately; reads no others."""
        from mlkanban.service.flow_history import pace  # as above

        return pace(self._context.store, board, as_of)

    def bring_in(
        self,
        changes: Iterable[Change],
        progress: Callable[[int], None] | None = None,
        *,
        every: int = 500,
    ) -> BroughtIn:
        """Write history from elsewhere in one transaction; what is there already adds nothing.

        A card made by it gets its short id here, and later changes that name it by its long one
        (dependencies, parents, conditions) get the short one too; what has no rank goes to the end.
        A card that is there already goes on from where it stands, and keeps what was edited here.
        RuleRefused when a new board has the key of another, or a card's stage was removed.
        `progress` is told the number looked at so far.
        """
        added, undone, left_out = 0, 0, dict[tuple[str, LeftOut], None]()
        with self._context.writing() as tx:
            ends = Ends(tx)
            refs: dict[str, str] = {}
            for count, change in enumerate(changes, 1):
                if progress is not None and count % every == 0:
                    progress(count)
                if change.event_id and tx.writer.knows(change.event_id):
                    undone += bool(change.card) and repository.is_undone(tx.conn, change.event_id)
                    continue
                if change.kind == "import.noted" and not added:
                    continue
                if change.kind == "board.created":
                    free_key(tx, str(change.set["key"]))
                if change.card and change.card not in refs and is_known(tx, change.card):
                    step = continued(tx, change)
                    if isinstance(step, LeftOut):
                        ref = str(tx.writer.projector.entity(change.card).fields["ref"])
                        left_out[ref, step] = None
                    if not isinstance(step, Change):
                        continue
                    change = step
                change = ends.placed(replace(change, set=by_ref(change.set, refs)))
                if change.kind == "card.created":
                    named = {"ref": tx.writer.new_ref(), **change.set}
                    change = replace(change, set=named)
                    refs[change.card] = str(named["ref"])
                tx.writer.append(change)
                added += 1
                if added % HELD == 0:
                    tx.writer.projector.forget()
                elif not change.card:
                    tx.writer.projector.flush()
        return BroughtIn(added, undone, tuple(left_out))
