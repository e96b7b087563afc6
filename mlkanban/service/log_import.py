"""The exported log of a board taken into a store: a board comes back with its whole history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mlkanban.core.events import Change, Event
from mlkanban.core.names import free_slug
from mlkanban.errors import RuleRefused
from mlkanban.hints import hint
from mlkanban.service.fields import by_ref
from mlkanban.service.history import HELD
from mlkanban.service.issue_import import same_value, written_by
from mlkanban.service.transaction import Context, Transaction, free_key
from mlkanban.store import repository


@dataclass(slots=True)
class LogTaken:
    """What came of a log: the keys of its `boards`, how many events are `new`, and are there and
    `undone`; `kept` {short id: fields} were changed here and stay."""

    boards: dict[str, str] = field(default_factory=dict)
    new: int = 0
    undone: int = 0
    kept: dict[str, list[str]] = field(default_factory=dict)


class LogImport:
    def __init__(self, context: Context) -> None:
        self._context = context

    def take(
        self,
        events: Iterable[Event],
        name: str,
        *,
        board_name: str = "",
        restored: frozenset[str] = frozenset(),
        progress: Callable[[int], None] | None = None,
        every: int = 500,
    ) -> LogTaken:
        """Write the events of a file called `name`, in the order of their log, in one transaction,
        which is one undo. Events that are there already add nothing. `board_name` is the name of a
        board that is new here. `restored` are the stamps of the events whose values undos in
        the file put back. RuleRefused when the key of a board is taken."""
        with self._context.writing() as tx:
            taking = _LogTaking(tx, board_name, restored)
            for number, event in enumerate(events, 1):
                taking.take(event)
                if number % HELD == 0:
                    tx.writer.projector.forget()
                if progress is not None and number % every == 0:
                    progress(number)
            for board in taking.changed:
                note = f"{name}: {taking.taken.new} events"
                tx.writer.append(Change("import.noted", board, note=note))
        return taking.taken


class _LogTaking:
    """One log on its way into another."""

    def __init__(self, tx: Transaction, board_name: str, restored: frozenset[str]) -> None:
        self.taken = LogTaken()
        self.changed: dict[str, None] = {}
        self._tx = tx
        self._board_name = board_name
        self._here = repository.keys_by_id(tx.conn)
        self._refs: dict[str, str] = {}
        self._given: set[str] = set()
        self._restored = restored
        self._stamps: dict[str, str] = {}
        self._made: set[str] = set()
        self._begun: set[str] = set()
        self._imports: dict[str, set[str]] = {}

    def take(self, event: Event) -> None:
        tx, taken = self._tx, self.taken
        if event.kind == "board.created":
            self._begun.add(event.board)
        if tx.writer.knows(event.id):
            taken.undone += bool(event.card) and repository.is_undone(tx.conn, event.id)
            self._remember(event)
            return
        values = by_ref(event.data.get("set", {}), self._refs)
        if event.kind == "board.created":
            values = self._board(event, values)
        elif event.board not in self._begun:
            # Of a later part alone nobody could see what is missing before it.
            raise RuleRefused(
                "The file has no beginning of its board.",
                hint("Import the whole file of {export jsonl}. Nothing was written."),
            )
        taken.boards.setdefault(event.board, self._here[event.board])
        if event.kind == "card.created":
            self._made.add(event.card)
            values["ref"] = self._free_ref(str(values.get("ref", "")))
        elif event.card and event.card not in self._made:
            values = self._not_changed_here(event, values)
            if not values and event.data.get("set"):
                return
        data = event.data
        written = tx.writer.append(
            Change(
                event.kind, event.board, card=event.card, stage=str(data.get("stage", "")),
                set=values, note=str(data.get("note", "")), reason=str(data.get("reason", "")),
                unticked=data.get("unticked", ()), broken=data.get("broken", ()),
                undoes=event.undoes,
                restores={n: self._stamps.get(s, s) for n, s in data.get("restores", {}).items()},
                passed=data.get("passed", ()), instead=data.get("instead", ()),
                at=event.at, actor=event.actor, event_id=event.id,
            )
        )  # fmt: skip
        if written and event.stamp in self._restored:
            self._stamps[event.stamp] = written.stamp
        taken.new += 1
        self.changed[event.board] = None
        if not event.card:
            tx.writer.projector.flush()

    def _board(self, event: Event, values: dict[str, Any]) -> dict[str, Any]:
        if self._board_name:
            key = free_slug(self._board_name, repository.board_keys(self._tx.conn))
            values = {**values, "name": self._board_name, "key": key}
        free_key(self._tx, str(values["key"]))
        self._here[event.board] = str(values["key"])
        return values

    def _free_ref(self, ref: str) -> str:
        """The short id that a card had, or a new one where another card has it here."""
        new = ref
        if not ref or ref in self._given or repository.has_ref(self._tx.conn, ref):
            new = self._tx.writer.new_ref()
            while new in self._given:
                new = self._tx.writer.new_ref()
        self._refs[ref] = new
        self._given.add(new)
        return new

    def _remember(self, event: Event) -> None:
        """The short id that a card of the file has here, and the stamp of an event."""
        if event.stamp in self._restored:
            for here in repository.events_by_id(self._tx.conn, {event.id}):
                self._stamps[event.stamp] = here.stamp
        if event.kind == "card.created":
            ref = str(event.data.get("set", {}).get("ref", ""))
            self._refs[ref] = str(self._tx.writer.projector.entity(event.card).fields["ref"])
            self._given.add(self._refs[ref])

    def _not_changed_here(self, event: Event, values: dict[str, Any]) -> dict[str, Any]:
        """The values of those fields of a card that nobody changed here since the last import."""
        tx = self._tx
        if event.board not in self._imports:
            actions = repository.import_actions(tx.conn, event.board) | {tx.writer.action}
            self._imports[event.board] = actions
        before = repository.history(tx.conn, "", event.card, 1_000_000)
        imported = [one for one in before if one.action in self._imports[event.board]]
        # A part of the file that was left out before must not overwrite what came after it.
        latest = {name: one.at for one in imported for name in one.data.get("set", {})}
        values = {n: value for n, value in values.items() if latest.get(n, "") <= event.at}
        came = written_by(imported)
        now = tx.writer.projector.entity(event.card).fields
        kept = [name for name in values if not same_value(name, now.get(name), came.get(name))]
        if kept:
            names = self.taken.kept.setdefault(str(now.get("ref", "")), [])
            names += [name for name in kept if name not in names]
        return {name: value for name, value in values.items() if name not in kept}
