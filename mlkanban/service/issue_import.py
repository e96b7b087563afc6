"""Cards from the lists of other tools: made, and brought up to date when the list comes again.

What a list says is compared with what it said the last time: a field, a note or a stage that
changed there is changed here, unless a person changed it here.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from mlkanban.core import lifecycle, notes
from mlkanban.core.board import Board, Outcome, Work
from mlkanban.core.card_fields import BLANK, SETS, noun
from mlkanban.core.events import Change, Entity, Event
from mlkanban.errors import LimitReached, MlkanbanError
from mlkanban.hints import hint
from mlkanban.service.enforce import check_links, may_enter, passed
from mlkanban.service.imported_steps import Ends
from mlkanban.service.transaction import Context, Transaction
from mlkanban.store import repository, run_queries
from mlkanban.store.rows import board_of

_NAMESPACE = uuid.UUID("0b5f3a52-1f0c-5f0e-8a4e-6d6c6b697373")
_PREFIXES = tuple(each.stored for each in SETS)


@dataclass(frozen=True, slots=True)
class ImportedStep:
    """A card came to a stage at an instant, with an outcome where it ended there. `at` is '' where
    nobody knows when: then it is the time of the import. `guessed`: the list does not name the
    outcome. `archived`: the card goes off the board."""

    at: str
    stage: str
    outcome: str = ""
    guessed: bool = False
    archived: bool = False


@dataclass(frozen=True, slots=True)
class ImportedNote:
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class ImportedCard:
    """A card of a list: `key` names it there, for good. `values` are stored values of all fields
    that the list has, empty ones too; `steps` begin with its writing. `parent` and `needs` are
    keys of other cards, None where the list has none for any card."""

    key: str
    values: Mapping[str, Any]
    steps: Sequence[ImportedStep]
    description: str | None = None
    comments: Sequence[ImportedNote] = ()
    parent: str | None = None
    needs: Sequence[str] | None = None


@dataclass(slots=True)
class IssuesTaken:
    """What came of a list: how many cards were `created`, `updated` or `unchanged`; `kept` {short
    id: what a person changed here and the list too}; ties to cards that cannot be (`untied`)."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: dict[str, list[str]] = field(default_factory=dict)
    untied: Counter[str] = field(default_factory=Counter)
    warnings: dict[str, None] = field(default_factory=dict)
    refs: list[str] = field(default_factory=list)


def _note_of(step: ImportedStep) -> str:
    return lifecycle.GUESSED if step.outcome and step.guessed else ""


class IssueImport:
    def __init__(self, context: Context) -> None:
        self._context = context

    def take(
        self,
        board_id: str,
        source: str,
        name: str,
        cards: Iterable[ImportedCard],
        *,
        override: str = "",
        progress: Callable[[int], None] | None = None,
        every: int = 200,
    ) -> IssuesTaken:
        """Write the cards of a list called `name` in one transaction, which is one undo. `source`
        is the tool that gives the keys. LimitReached when a stage is full, unless `override` gives
        a reason. `progress` is told the number of cards looked at so far."""
        with self._context.writing(slots=True) as tx:
            taking = _Taking(tx, board_of(tx.conn, board_id), source, override)
            for number, card in enumerate(cards, 1):
                taking.take(card)
                if progress is not None and number % every == 0:
                    progress(number)
            taking.tie()
            taken = taking.taken
            if taken.created or taken.updated:
                total = taken.created + taken.updated + taken.unchanged
                note = f"{name}: {total} cards, {taken.created} new"
                tx.writer.append(Change("import.noted", board_id, note=note))
        return taken


class _Taking:
    """One list on its way into the log."""

    def __init__(self, tx: Transaction, board: Board, source: str, override: str) -> None:
        self.taken = IssuesTaken()
        self._tx = tx
        self._board = board
        self._source = source
        self._override = override
        self._ends = Ends(tx)
        self._imports = repository.import_actions(tx.conn, board.id) | {tx.writer.action}
        self._ids: dict[str, str] = {}
        self._ties: list[tuple[str, ImportedCard, bool]] = []

    def take(self, card: ImportedCard) -> None:
        card_id = self._ids.setdefault(card.key, self._id_of(card.key))
        new = "ref" not in self._entity(card_id).fields
        if new:
            self._create(card_id, card)
            self.taken.created += 1
        else:
            changed = self._update(card_id, card)
            self.taken.updated += changed
            self.taken.unchanged += not changed
            new = changed  # it is counted
        if card.parent is not None or card.needs is not None:
            self._ties.append((card_id, card, new))

    def tie(self) -> None:
        """Parents and dependencies, when all cards are there."""
        if self._ties:
            self._tx.writer.projector.flush()
        for card_id, card, counted in self._ties:
            wanted: dict[str, Any] = {}
            if card.parent is not None:
                wanted["parent"] = self._ref_of(card.parent) if card.parent else None
                if card.parent and not wanted["parent"]:
                    self.taken.untied["parents that are not there"] += 1
                    continue
            for key in card.needs or ():
                if ref := self._ref_of(key):
                    wanted[f"needs:{ref}"] = True
                else:
                    self.taken.untied["dependencies that are not there"] += 1
            if self._edit(card_id, wanted, ["needs:"] if card.needs is not None else []):
                self._tx.writer.projector.flush()
                if not counted:
                    self.taken.unchanged -= 1
                    self.taken.updated += 1

    def _entity(self, card_id: str) -> Entity:
        return self._tx.writer.projector.entity(card_id)

    def _id_of(self, key: str) -> str:
        """The id of the card with a key: the next one where an undo took the last one back."""
        for number in count():
            card_id = _id(self._board.id, self._source, key, str(number))
            if not self._entity(card_id).fields.get("deleted"):
                return card_id
        raise AssertionError

    def _ref_of(self, key: str) -> str:
        card_id = self._ids.get(key) or self._id_of(key)
        return str(self._entity(card_id).fields.get("ref") or "")

    def _create(self, card_id: str, card: ImportedCard) -> None:
        first, *later = card.steps
        ref = self._tx.writer.new_ref()
        values = {"ref": ref, "deleted": False, "place": [first.stage, ""], **card.values}
        if first.outcome:
            values["outcome"] = first.outcome
        if first.archived:
            values["archived"] = True
        values = {
            name: value
            for name, value in values.items()
            if value not in (None, "", []) and name not in _PREFIXES
        }
        reason = self._room(first, None) if not later else ""
        self._append(
            Change(
                "card.created", self._board.id, card=card_id, set=values | {"deleted": False},
                at=first.at, reason=reason, event_id=_id(card_id, "created"), note=_note_of(first),
            )
        )  # fmt: skip
        self._walk(card_id, first, later, new=True)
        if card.description:
            self._note(card_id, ImportedNote(first.at, card.description), "description")
        self._comment(card_id, card)
        self.taken.refs.append(ref)

    def _update(self, card_id: str, card: ImportedCard) -> bool:
        """Whether anything of a card was changed."""
        events = self._imported(card_id)
        sets = [name for name in _PREFIXES if any(n.startswith(name) for n in card.values)]
        listed = {name: value for name, value in card.values.items() if name not in _PREFIXES}
        changed = self._edit(card_id, listed, sets, events)
        changed |= self._move(card_id, card, events)
        if card.description is not None:
            changed |= self._describe(card_id, card.description, events)
        return self._comment(card_id, card) or changed

    def _imported(self, card_id: str) -> list[Event]:
        """The events of a card that came with imports, undone ones left out."""
        events = repository.history(self._tx.conn, "", card_id, 1_000_000)
        return [
            event for event in events
            if event.action in self._imports and not repository.is_undone(self._tx.conn, event.id)
        ]  # fmt: skip

    def _edit(
        self,
        card_id: str,
        listed: Mapping[str, Any],
        sets: Sequence[str],
        events: Sequence[Event] | None = None,
    ) -> bool:
        """Change the fields that the list changed since the last time, and of `sets` the members;
        whether there were any."""
        entity = self._entity(card_id)
        before = written_by(self._imported(card_id) if events is None else events)
        wanted = dict(listed)
        for prefix in sets:
            gone = (
                n for n, on in before.items() if on and n.startswith(prefix) and n not in listed
            )
            wanted |= dict.fromkeys(gone, False)
        changed: dict[str, Any] = {}
        for name, theirs in wanted.items():
            was, ours = before.get(name), entity.fields.get(name)
            if same_value(name, theirs, was) or same_value(name, theirs, ours):
                continue
            if not same_value(name, ours, was):
                self._keep(entity, noun(name))
            else:
                changed[name] = theirs
        try:
            check_links(self._tx, changed, str(entity.fields["ref"]))
        except MlkanbanError as error:
            self.taken.untied[error.message] += 1
            return False
        if changed:
            self._append(Change("card.edited", self._board.id, card=card_id, set=changed))
        return bool(changed)

    def _move(self, card_id: str, card: ImportedCard, events: Sequence[Event]) -> bool:
        """Go on to the stage and outcome that the list has now; whether anything changed."""
        entity, before = self._entity(card_id), written_by(events)
        state = lifecycle.shown(entity)
        theirs = card.steps[-1].stage, card.steps[-1].outcome
        ours = state["place"][0], state.get("outcome") or ""
        was = before.get("place", [""])[0], before.get("outcome") or ""
        if theirs in (ours, was):
            return False
        archived = bool(state.get("archived"))
        if ours != was or archived != bool(before.get("archived")):
            self._keep(entity, "stage")
            return False
        last = run_queries.last_step(self._tx.conn, card_id)
        *others, final = card.steps
        steps = [step for step in others if step.at > last]
        steps.append(final if final.at > last else replace(final, at=""))
        self._walk(card_id, ImportedStep(last, *ours, archived=archived), steps)
        return True

    def _walk(
        self,
        card_id: str,
        before: ImportedStep,
        steps: Sequence[ImportedStep],
        *,
        new: bool = False,
    ) -> None:
        """Write the steps of a card that change anything."""
        for step in steps:
            values: dict[str, Any] = {}
            if step.stage != before.stage:
                values["place"] = [step.stage, ""]
            if step.outcome != before.outcome:
                values["outcome"] = step.outcome or None
                values |= lifecycle.lifting(self._entity(card_id).fields)
            if step.archived != before.archived:
                values["archived"] = step.archived
            if not values:
                continue
            kind = "card.moved"
            if before.outcome and not step.outcome:
                kind = "card.reopened"
            elif step.outcome not in ("", Outcome.SHIPPED) and "outcome" in values:
                kind = "card.finished"
            reason = self._room(step, card_id) if step is steps[-1] else ""
            event_id = _id(card_id, step.at, step.stage, step.outcome) if new and step.at else ""
            if event_id and self._tx.writer.knows(event_id):
                event_id = ""  # there and back within a second
            self._append(
                Change(
                    kind, self._board.id, card=card_id, set=values, at=step.at, reason=reason,
                    event_id=event_id, note=_note_of(step),
                )
            )  # fmt: skip
            before = step

    def _room(self, step: ImportedStep, card_id: str | None) -> str:
        """The reason of the override, where one is needed for the last step of a card, else ''."""
        stage = self._board.stage(step.stage)
        limited = stage.limit is not None or self._board.conwip is not None
        if step.outcome or not limited or self._board.is_delivered(stage.id):
            return ""
        tx = self._tx
        tx.writer.projector.flush()
        face = next(iter(repository.faces_of(tx.conn, (card_id,))), None) if card_id else None
        try:
            verdict = may_enter(tx.conn, self._board, stage, Work.ATTENDED, face, tx.now)
            warning, reason = passed(verdict, self._override)
        except LimitReached as error:
            raise LimitReached(
                error.message,
                hint(
                    "Nothing was written. Give a status another stage (--status STATUS=STAGE),"
                    " change the limit ({stages limit}), or add --override REASON."
                ),
            ) from error
        if warning:
            self.taken.warnings[warning] = None
        return reason

    def _describe(self, card_id: str, text: str, events: Sequence[Event]) -> bool:
        """Bring the note that holds the description up to date; whether it changed."""
        entity = self._entity(card_id)
        note_id = self._live(card_id, "description")
        written = next((event for event in events if event.id == note_id), None)
        if written is None:
            return bool(text) and self._note(card_id, ImportedNote("", text), "description")
        first, name = str(written.data["note"]), notes.field(note_id)
        was = written_by(events).get(name, first)
        ours = notes.current_text(note_id, first, entity.fields)
        if text in (was, ours):
            return False
        if ours != was:
            self._keep(entity, "description")
            return False
        self._append(Change("card.edited", self._board.id, card=card_id, set={name: text}))
        return True

    def _comment(self, card_id: str, card: ImportedCard) -> bool:
        """Whether there were comments that the card does not have yet."""
        seen: Counter[ImportedNote] = Counter()
        new = False
        for comment in card.comments:
            seen[comment] += 1
            parts = "comment", comment.at, comment.text, str(seen[comment])
            new |= self._note(card_id, comment, *parts)
        return new

    def _note(self, card_id: str, note: ImportedNote, *parts: str) -> bool:
        """Write a note that the card does not have yet; whether it was one."""
        event_id = self._live(card_id, *parts)
        if self._tx.writer.knows(event_id):
            return False
        self._append(
            Change(
                "card.noted", self._board.id, card=card_id, note=note.text, at=note.at,
                event_id=event_id,
            )
        )  # fmt: skip
        return True

    def _live(self, card_id: str, *parts: str) -> str:
        """The id of an event that is in force or not there yet, not of one that was undone."""
        for number in count():
            event_id = _id(card_id, *parts, str(number))
            if not repository.is_undone(self._tx.conn, event_id):
                return event_id
        raise AssertionError

    def _append(self, change: Change) -> None:
        self._tx.writer.append(self._ends.placed(change))

    def _keep(self, entity: Entity, what: str) -> None:
        kept = self.taken.kept.setdefault(str(entity.fields["ref"]), [])
        if what not in kept:
            kept.append(what)


def written_by(events: Iterable[Event]) -> dict[str, Any]:
    """The last values in these events."""
    values: dict[str, Any] = {}
    for event in events:
        values |= event.data.get("set", {})
    return values


def same_value(name: str, value: Any, other: Any) -> bool:
    blank = BLANK.get(name)
    return (value or blank or None) == (other or blank or None)


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))
