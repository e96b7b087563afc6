"""One action = one transaction: load, ask the rules, append events."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlkanban.core.actors import is_person
from mlkanban.core.board import Board, CardFace, Stage
from mlkanban.core.card_fields import BLANK
from mlkanban.core.events import Change, Event
from mlkanban.core.field_kinds import items_in
from mlkanban.core.lifecycle import shown
from mlkanban.errors import NotFound, RuleRefused
from mlkanban.hints import hint
from mlkanban.records import record
from mlkanban.store import repository
from mlkanban.store.database import Connection, Store
from mlkanban.store.log import Writer
from mlkanban.store.rows import board_of, repeats_of

if TYPE_CHECKING:
    from mlkanban.core.card import Card, CheckItem

Clock = Callable[[], datetime]
Consequence = Callable[[Connection, Event], Iterable[Change]]
"""The changes that follow from an event, whichever use case wrote it, in the same action."""

WENT_BACK = (
    "The store file is older than what was written before (it was put back): it goes on as a new "
    "replica, and the next sync brings back what had been sent."
)


@record(frozen=True, slots=True)
class Done:
    """What an action did: one sentence for the person, the cards as they are now, a warning. The
    last of the `cards` is the one that the person goes on with.

    `changed` is False when all was that way already: nothing was written, nothing can be undone.
    `forced` when a reason was needed for it, `board_gone` when the board was taken back by it.
    `back` is `undone` or `redone` when it took a change back or did it again, else ''.
    """

    message: str
    cards: tuple[Card, ...] = ()
    warning: str = ""
    changed: bool = True
    forced: bool = False
    board_gone: bool = False
    back: str = ""


class Transaction:
    """A write in progress: its reads see what it wrote, others see nothing before its end. Only one
    with `slots` may take slots of limits."""

    def __init__(
        self,
        conn: Connection,
        writer: Writer,
        now: datetime,
        consequences: Sequence[Consequence],
        *,
        slots: bool = False,
    ) -> None:
        self.slots = slots
        self.conn = conn
        self.writer = writer
        self.now = now
        self._consequences = consequences
        self.events: list[Event] = []
        self._wrote = self._forced = False

    def write(self, change: Change) -> Event | None:
        """Append one change, bring the projections up to date with it, and write what follows.
        RuleRefused when a person changes an archived board, except to bring it back."""
        actor = change.actor or self.writer.actor
        comes_back = not change.card and not change.stage and "archived" in change.set
        if not comes_back and is_person(actor):
            check_archived(self.conn, change.board)
        event = self.writer.append(change)
        self.writer.projector.flush()
        self._wrote = True
        self._forced |= bool(change.reason)
        if event is not None:
            self.events.append(event)
            for changes_after in self._consequences:
                for following in changes_after(self.conn, event):
                    self.write(following)
        return event

    def change(
        self,
        kind: str,
        face: CardFace,
        values: Mapping[str, Any],
        *,
        note: str = "",
        reason: str = "",
        unticked: Sequence[str] = (),
        broken: Sequence[str] = (),
    ) -> Change:
        """A change of a card. What something is done with is not out of mind: it wakes."""
        if face.snoozed_until and "snoozed_until" not in values:
            values = {**values, "snoozed_until": None}
        board = repository.board_id(self.conn, face)
        return Change(
            kind, board, card=face.id, set=values, note=note, reason=reason, unticked=unticked,
            broken=broken,
        )  # fmt: skip

    def done(self, message: str, cards: Sequence[Card] = (), warning: str = "") -> Done:
        """What is answered at the end, which is less when nothing was written."""
        if not self._wrote:
            return Done("Nothing changed.", tuple(cards), changed=False)
        return Done(message, tuple(cards), warning, forced=self._forced)

    def new_values(self, card_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of `values` that a card does not have yet; what is empty, or what a blank card has,
        is the same as none."""
        state = shown(self.writer.projector.entity(card_id))
        return {n: v for n, v in values.items() if _kept(n, state.get(n)) != _kept(n, v)}

    def fields(self, face: CardFace) -> Mapping[str, Any]:
        """The fields of a card as they were written, those too that its end hides."""
        return self.writer.projector.entity(face.id).fields

    def checklist(self, face: CardFace) -> tuple[CheckItem, ...]:
        return items_in(self.fields(face).get("checklist") or ())

    def weak_guards(self, face: CardFace) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The guards of a card that stand beyond their limits, and those whose limits lie within
        the spread of its runs, in words."""
        fields = self.fields(face)
        if not fields.get("guards"):
            return (), ()
        from mlkanban.runs.model.brief import weak_guards  # few cards have guards

        return weak_guards(fields, repeats_of(self.conn))

    def face(self, ref: str) -> CardFace:
        """The card called `ref`; NotFound when there is none."""
        return find_face(self.conn, ref)

    def card(self, ref: str) -> Card:
        return repository.card(self.conn, self.face(ref))

    def board_of(self, face: CardFace) -> Board:
        return board_of(self.conn, repository.board_id(self.conn, face))


_MOST_NAMED = 8
"""So many cards are named."""


def _kept(name: str, value: Any) -> Any:
    return None if value == BLANK.get(name) else value or None


def find_face(conn: Connection, ref: str) -> CardFace:
    """The card called `ref`, however it is written, or the one a label of this store names (as a
    job finds it in MLKANBAN_CARD), or the only one that another tool calls so (ML-2); NotFound when
    there is none, or several have this key."""
    face = repository.face_by_label(conn, ref)
    if face is None:
        named = repository.refs_by_key(conn, ref.strip())
        if len(named) == 1:
            return find_face(conn, named[0])
        if named:
            listed = ", ".join(sorted(named)[:_MOST_NAMED])
            raise NotFound(f"Several cards have the key {ref!r}: {listed}.", "Name one of them.")
        raise NotFound(f"There is no card {ref!r}.", hint("List them: {list --all}"))
    return face


def free_key(tx: Transaction, key: str) -> None:
    """Refuse a key that another board has."""
    there = repository.board_keys(tx.conn).get(key)
    if there:
        raise RuleRefused(f"There is a board {key!r} already.", "Choose another name.")
    if there is not None:
        raise RuleRefused(
            f"The key {key!r} stays with the board whose import was undone.",
            hint("Choose another name, or do the import again: {--board {} redo}", key),
        )


def check_archived(conn: Connection, board_id: str) -> None:
    """Refuse an archived board: it is looked at, and nothing is changed on it."""
    if repository.is_archived(conn, board_id):
        raise RuleRefused(
            f"The board {(board := board_of(conn, board_id)).name} is archived.",
            hint("Bring it back: {boards restore {}}", board.key),
        )


def find_stage_by_id(board: Board, stage_id: str) -> Stage:
    """The stage of a board; NotFound when it is not there (any more)."""
    matching = next((stage for stage in board.stages if stage.id == stage_id), None)
    if matching is None:
        raise NotFound(f"That stage is not on the board {board.key} (any more).", "Choose another.")
    return matching


Send = Callable[["Transaction"], None]
TakeTurn = Callable[["Context"], contextlib.AbstractContextManager[Send]]
"""Takes the turn of one person among a team: what all others wrote is here then, and nobody takes a
slot until its end. What it gives sends what a transaction wrote, before that is committed here."""


@record(frozen=True, slots=True)
class Context:
    """What every use case works with: a store, who acts, the clock, and what follows from events.

    `new_events` were written since the last look, `notices` what a person should know of
    the store. In the folder `marks` the store keeps how far it has written (store/replica.py).
    """

    store: Store
    actor: str
    clock: Clock
    consequences: Sequence[Consequence]
    new_events: list[Event] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    marks: Path | None = None
    take_turn: TakeTurn | None = None

    @contextlib.contextmanager
    def writing(self, *, slots: bool = False) -> Iterator[Transaction]:
        """One action. One that may take `slots` has its turn among the team, where a board has
        limits that hold for all of it."""
        load_what_writing_needs()
        with contextlib.ExitStack() as stack:
            send = stack.enter_context(self._turn(slots))
            conn = stack.enter_context(self.store.writing())
            # Under the lock, so that the log has its events in order of time.
            now = self.clock()
            writer = Writer(conn, self.store.path, actor=self.actor, now=now, marks=self.marks)
            tx = Transaction(conn, writer, now, self.consequences, slots=slots)
            yield tx
            writer.projector.flush()
            if tx.events:
                send(tx)
        writer.keep_mark()
        if writer.went_back:
            self.notices.append(WENT_BACK)
        self.new_events.extend(tx.events)

    def _turn(self, slots: bool) -> contextlib.AbstractContextManager[Send]:
        if slots and self.take_turn is not None:
            with self.store.reading() as conn:
                of_team = repository.has_team_limits(conn)
            if of_team:
                return self.take_turn(self)
        return contextlib.nullcontext(lambda _: None)

    def take_notices(self) -> list[str]:
        """What a person should know of the store since the last look."""
        notices = [*self.notices]
        self.notices.clear()
        return notices


def load_what_writing_needs() -> None:
    """The board is read without these; loaded after the lock was taken, others would wait."""
    # OpenSSL, and what checks events: 10 ms.
    import hashlib  # noqa: F401

    import mlkanban.core.event_validation  # noqa: F401
