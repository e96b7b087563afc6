"""Undo and redo: new events that put the old values back, in any session."""

from collections.abc import Mapping
from typing import Any

from mlkanban.core import rules
from mlkanban.core.events import REDONE, UNDONE, Change, Event, changed_since, putting_back
from mlkanban.core.models import Board
from mlkanban.errors import RuleRefused
from mlkanban.service.asking import check_growth
from mlkanban.service.transaction import Desk, Done, Transaction
from mlkanban.store import latest, repository
from mlkanban.store.rows import board_of


class Undoing:
    """One action of this person at a time, newest first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def undo(self, board_id: str) -> Done:
        """Take back the last action of this person on the board that is in force."""
        with self._desk.writing() as tx:
            action = latest.action(tx.conn, board_id, self._desk.actor)
            if not action:
                raise RuleRefused("There is nothing to undo.", "Nothing was changed.")
            return self._take_back(tx, action, UNDONE)

    def redo(self, board_id: str) -> Done:
        """Do again what was undone last, as long as nothing new was done since."""
        with self._desk.writing() as tx:
            action = latest.undo(tx.conn, board_id, self._desk.actor)
            if not action:
                raise RuleRefused("There is nothing to redo.", "Nothing was changed.")
            return self._take_back(tx, action, REDONE)

    def _take_back(self, tx: Transaction, action: str, kind: str) -> Done:
        undone = repository.undone_ids_of_action(tx.conn, action)
        events = [e for e in repository.action(tx.conn, action) if e.id not in undone]
        boards = dict.fromkeys(event.board for event in events)
        before = {board: repository.loads(tx.conn, board) for board in boards}
        refs = dict.fromkeys(self._put_back(tx, event, kind) for event in reversed(events))
        warning = check_growth(tx, before)
        for board in dict.fromkeys(event.board for event in events if "stage" in event.data):
            _check_order(board_of(tx.conn, board))
        faces = [face for ref in refs if ref and (face := repository.face_by_ref(tx.conn, ref))]
        cards = tuple(repository.card(tx.conn, face) for face in faces)
        names = ", ".join(ref for ref in refs if ref)
        if kind == REDONE:
            return Done(f"Done again: {names or 'the change of the board'}.", cards, warning)
        what = " ".join(filter(None, (_what(events), names)))
        return Done(f"Undone: {what}.", cards, warning)

    def _put_back(self, tx: Transaction, event: Event, kind: str) -> str:
        """Undo one event under the rules that hold now; the short id of the card it is about."""
        entity = tx.writer.projector.entity(event.entity)
        ref = str(entity.fields.get("ref", ""))
        later = changed_since(event, entity)
        if later:
            raise RuleRefused(
                f"{ref or 'This'} was changed again since ({', '.join(map(_spoken, later))}).",
                "Undo would overwrite that; look at it with: mlkanban history"
                + (f" {ref}" if ref else ""),
            )
        values, origins = putting_back(event)
        _check_stages(tx, event, {**entity.fields, **values})
        tx.write(
            Change(
                kind, event.board, card=event.card, stage=str(event.data.get("stage", "")),
                set=values, restores=origins, undoes=event.id,
            )
        )  # fmt: skip
        return ref


def _check_stages(tx: Transaction, event: Event, then: Mapping[str, Any]) -> None:
    """No card without a stage, no stage taken away under its cards."""
    board = board_of(tx.conn, event.board)
    known = {stage.id for stage in board.stages}
    if event.card and then["place"][0] not in known and not then.get("deleted"):
        raise RuleRefused(
            f"The stage {then['ref']} stood in was removed since.", "Nothing was changed."
        )
    if not event.card and event.data.get("stage") in known and then.get("deleted"):
        stage = board.stage(event.data["stage"])
        standing = len(repository.stage_order(tx.conn, board.id, stage.id))
        rules.required(rules.remove_stage(board, stage, standing))


def _check_order(board: Board) -> None:
    """The stages as they would be now: names told apart, committed ones together."""
    rules.required(rules.arrange(board.stages))
    names = [stage.name.casefold() for stage in board.stages]
    twice = next((s.name for s in board.stages if names.count(s.name.casefold()) > 1), "")
    if twice:
        raise RuleRefused(f"There would be two stages {twice}.", "Rename one of them first.")


_DOING = {
    "card.created": "adding", "card.edited": "editing", "card.moved": "moving",
    "card.reordered": "reordering", "card.blocked": "blocking", "card.unblocked": "unblocking",
    "card.noted": "the note on", "card.finished": "finishing", "card.reopened": "re-opening",
    "card.archived": "archiving",
    "card.snoozed": "snoozing", "card.woken": "waking", "card.restored": "restoring",
    "card.settled": "a decision on",
    "card.alerted": "the alert of",
    "stage.added": "adding a stage",
    "stage.edited": "changing a stage", "stage.removed": "removing a stage",
    "board.edited": "changing the board",
    "view.saved": "saving a view", "view.removed": "removing a view",
    "charter.edited": "changing the charter",
    "run.linked": "linking a run to", "run.unlinked": "unlinking a run from",
    "run.ignored": "ignoring runs", "run.heeded": "listing runs again",
}  # fmt: skip


def _what(events: list[Event]) -> str:
    """What an action did, ready for the ids of its cards; what was edited on the way is less."""
    kinds = [event.kind for event in events]
    beside = ("card.edited", "run.moved")
    return _DOING.get(next((kind for kind in kinds if kind not in beside), kinds[0]), "")


def _spoken(field: str) -> str:
    name, _, member = field.partition(":")
    return {
        "place": "its place", "tag": f"tag {member}", "needs": "dependencies",
        "lineage": "lineage", "alert": f"the reading of {member}", "charter": f"charter: {member}",
    }.get(name, name.replace("_", " "))  # fmt: skip
