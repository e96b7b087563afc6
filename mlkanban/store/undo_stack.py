"""The undo stack: the actions that undo and redo take next, of one person in this store, newest
first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mlkanban.core.actors import CONDITION
from mlkanban.core.events import Event
from mlkanban.store.repository import is_undone
from mlkanban.store.rows import COLUMNS, IN_FORCE, event_of

_SOURCES = (
    "event.replica = :replica",
    "event.replica != :replica AND event.replica IN (SELECT id FROM replica) AND"
    " (event.seq < :first OR event.replica IN (SELECT id FROM replica WHERE inode = 'restored'))",
)
"""Where an event is from that was done in this store: the replica that it is now, else one that it
was before it was restored or moved. A store that was copied and lives on in both places was the
other one too: of that one only what was here before this store wrote counts, the rest was synced.
"""

_OWN = f"actor = :actor AND ({' OR '.join(f'({source})' for source in _SOURCES)})"


# By the index of cards: those about none are few, those of a board may be all there are.
_OF_BOARD = "SELECT action FROM event INDEXED BY event_card WHERE card = '' AND board = :board"
_MADE_BOARD = f"{_OF_BOARD} AND kind = 'board.created' EXCEPT {_OF_BOARD} AND kind = 'import.noted'"
"""The making of a board is not undone, unless an import made it."""

_ABOUT = (
    "CASE WHEN event.kind != 'redone' THEN json_array(event.id)"
    " WHEN undo.undoes != '' THEN json_array(undo.undoes)"
    " ELSE coalesce(json_extract(undo.data, '$.instead'), '[]') END"
)
"""The events that an event is or, if it is a redo, did again."""


class _UndoEvent(NamedTuple):
    """An event of an undo or a redo; `passed` are the actions that it skipped."""

    id: str
    action: str
    kind: str
    passed: list[str]


class UndoStack:
    """The actions of `actor` on a board that were done in this store, which writes as `replica`.
    Actions that arrived by sync are not among them, even if the same person did them elsewhere."""

    def __init__(self, conn: sqlite3.Connection, replica: str, board: str, actor: str) -> None:
        self._conn = conn
        row = conn.execute(
            "SELECT seq FROM event WHERE replica = ? ORDER BY rseq LIMIT 1", (replica,)
        ).fetchone()
        first = row[0] if row else 1 << 62
        self.board = board
        self._about = {"replica": replica, "first": first, "board": board, "actor": actor}

    def to_undo(self, passing: Iterable[str] = ()) -> list[str]:
        """The newest action that is in force, or the actions that were last done again as one,
        newest first; none where there is nothing to undo. Actions that were skipped since the last
        new action stay skipped, as do those in `passing`."""
        passed = [*passing, *(action for step in self._steps() for action in step.passed)]
        for source in _SOURCES:
            if row := self._in_turn(source, passed, most=1).fetchone():
                as_one = self._in_turn(source, passed, most=-1, redo=row[1]) if row[1] else [row]
                return list(dict.fromkeys(str(action) for action, _ in as_one))
        return []

    def latest(self, most: int) -> list[str]:
        """The newest actions that are in force, newest first, at most `most` (-1: all of them);
        skipped ones are among them."""
        found: dict[str, None] = {}
        for source in _SOURCES:
            for action, _ in self._in_turn(source, (), most=-1):
                found[action] = None
                if len(found) == most:
                    return list(found)
        return list(found)

    def actions(self) -> list[str]:
        """The ids of all actions on the board, of whomever."""
        rows = self._conn.execute(
            "SELECT DISTINCT action FROM event WHERE board = :board", self._about
        )
        return [str(action) for (action,) in rows]

    def holds(self, action: str) -> bool:
        """Whether an action is among those in force."""
        rows = (self._in_turn(source, (), most=1, only=action).fetchone() for source in _SOURCES)
        return any(row is not None for row in rows)

    def _in_turn(
        self, source: str, passed: Sequence[str], *, most: int, only: str = "", redo: str = ""
    ) -> sqlite3.Cursor:
        """The actions of events in force from a source, newest first, an action once for each of
        its events, and the redo that did it again, else ''. An action that was done again is as new
        as its redo. All of them, or `only` one, or those of one `redo`."""
        return self._conn.execute(
            "SELECT done.action, CASE event.kind WHEN 'redone' THEN event.action ELSE '' END"
            " FROM event LEFT JOIN event AS undo"
            " ON event.kind = 'redone' AND undo.id = event.undoes"
            f" CROSS JOIN json_each({_ABOUT}) AS about"
            " CROSS JOIN event AS done ON done.id = about.value"
            f" WHERE event.board = :board AND event.actor = :actor AND event.{IN_FORCE}"
            f" AND {source}"
            " AND done.board = :board AND done.actor = :actor"
            " AND done.id NOT IN (SELECT event FROM undone)"
            " AND done.kind NOT IN"
            " ('undone', 'redone', 'board.created', 'triage.ended', 'redacted')"
            f" AND done.action NOT IN ({_MADE_BOARD})"
            " AND done.action NOT IN (SELECT value FROM json_each(:passed))"
            f"{' AND done.action = :only' if only else ''}"
            f"{' AND event.action = :redo' if redo else ''} ORDER BY event.seq DESC LIMIT :most",
            {**self._about, "passed": json.dumps([*passed]), "most": most, "only": only,
             "redo": redo},
        )  # fmt: skip

    def to_redo(self, passing: Iterable[str] = ()) -> list[str]:
        """The newest undo that was not redone, as long as nothing new was done since."""
        steps = self._steps()
        passed = {*passing, *(action for step in steps for action in step.passed)}
        for step in steps:
            if step.kind != "undone" or step.action in passed or not self._in_force(step.id):
                continue
            if not self._lifted_itself(step.id):
                return [step.action]
        return []

    def _steps(self) -> list[_UndoEvent]:
        """The undos and redos since the last new action, newest first."""
        steps: list[_UndoEvent] = []
        for source in _SOURCES:
            mine = f"FROM event WHERE board = :board AND actor = :actor AND {source} AND {IN_FORCE}"
            newest = self._conn.execute(
                f"SELECT seq {mine} AND kind NOT IN"
                " ('undone', 'redone', 'triage.ended', 'redacted') ORDER BY seq DESC LIMIT 1",
                self._about,
            ).fetchone()
            rows = self._conn.execute(
                f"SELECT id, action, kind, json_extract(data, '$.passed') {mine}"
                " AND kind IN ('undone', 'redone') AND seq > :newest ORDER BY seq DESC",
                {**self._about, "newest": newest[0] if newest else 0},
            ).fetchall()
            steps += [_UndoEvent(event, action, kind, json.loads(passed or "[]"))
                      for event, action, kind, passed in rows]  # fmt: skip
            if newest:
                break
        return steps

    def _lifted_itself(self, event_id: str) -> bool:
        """Whether an undo took back a block that lifted itself. On the board of what caused that,
        it goes along; on another board there is nothing to redo."""
        (actor,) = self._conn.execute(
            "WITH RECURSIVE back (id, undoes, actor) AS ("
            " SELECT id, undoes, actor FROM event WHERE id = ? UNION"
            " SELECT event.id, event.undoes, event.actor FROM event"
            " JOIN back ON event.id = back.undoes)"
            " SELECT actor FROM back WHERE undoes = '' UNION ALL SELECT '' LIMIT 1",
            (event_id,),
        ).fetchone()
        return bool(actor == CONDITION)

    def _in_force(self, event_id: str) -> bool:
        return not is_undone(self._conn, event_id)

    def touched(self, card: str, action: str) -> bool:
        """Whether a card, or with '' the whole board, was changed apart from `action` in a way that
        this stack does not take back before it: by somebody else, here or elsewhere, by a run, or
        by a skipped action."""
        row = self._conn.execute(
            f"SELECT 1 FROM event WHERE {'card = :card' if card else 'board = :board'}"
            " AND action != :action AND actor != :condition"
            " AND kind NOT IN ('triage.ended', 'redacted', 'review.began', 'review.answered',"
            " 'review.ended')"
            f" AND {IN_FORCE} AND NOT ({_OWN}"
            " AND (kind IN ('undone', 'redone') OR id IN (SELECT event FROM undone))) LIMIT 1",
            {**self._about, "card": card, "action": action, "condition": CONDITION},
        ).fetchone()
        return row is not None

    def worked_on(self, card: str, action: str) -> bool:
        """Whether `actor` changed a card in this store apart from `action`, in a way in force."""
        row = self._conn.execute(
            "SELECT 1 FROM event WHERE card = :card AND action != :action AND kind NOT IN"
            " ('undone', 'redone', 'triage.ended', 'redacted', 'review.began', 'review.answered',"
            f" 'review.ended') AND {IN_FORCE} AND {_OWN}"
            " AND id NOT IN (SELECT event FROM undone) LIMIT 1",
            {**self._about, "card": card, "action": action},
        ).fetchone()
        return row is not None


def set_off(conn: sqlite3.Connection, events: Iterable[Event]) -> list[Event]:
    """The lifted blocks in force that these events caused: conditions on the cards they ended, and
    conditions of the blocks they set."""
    lifted: dict[str, Event] = {}
    for event in events:
        values = event.data.get("set", {})
        if not event.card:
            continue
        if values.get("outcome") or values.get("archived"):
            row = conn.execute("SELECT ref FROM card WHERE id = ?", (event.card,)).fetchone()
            lifted |= _lifted(conn, event, "until", f"card:{row[0]}" if row else "")
        if values.get("blocker"):
            lifted |= _lifted(conn, event, "set_by", event.stamp)
    return list(lifted.values())


_LIFTED = {
    "until": "json_extract(data, '$.was.blocker[0].until') = :value",
    "set_by": "card = :card AND json_extract(data, '$.was.blocker[1]') = :value",
}


def _lifted(conn: sqlite3.Connection, event: Event, which: str, value: str) -> dict[str, Event]:
    parameters: dict[str, Any] = {
        "seq": event.seq, "actor": CONDITION, "card": event.card, "value": value,
    }  # fmt: skip
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE seq > :seq AND actor = :actor"
        f" AND kind = 'card.unblocked' AND CASE WHEN {IN_FORCE} THEN {_LIFTED[which]} END"
        " AND id NOT IN (SELECT event FROM undone) ORDER BY seq",
        parameters,
    ).fetchall()
    return {event.id: event for event in map(event_of, rows)}
