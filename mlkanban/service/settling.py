"""Deciding between what two replicas wrote to one field."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mlkanban.core import notes
from mlkanban.core.clashes import SETTLED
from mlkanban.core.events import Change
from mlkanban.core.models import Outcome, Work
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.service.asking import enter
from mlkanban.service.placing import rank_at_end
from mlkanban.service.transaction import Desk, Done, Transaction, find_face, find_stage_by_id
from mlkanban.store import disputes, repository
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of


@dataclass(frozen=True, slots=True)
class Undecided:
    """A field that two replicas wrote to: the value that stands and the other one, as people read
    them, and who wrote the other. `name` is the short id of the card, or the stage or board."""

    name: str
    entity: str
    field: str
    kept: str
    other: str
    actor: str
    host: str
    at: str


class Settling:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def of_card(self, ref: str) -> list[Undecided]:
        """What is undecided about a card."""
        with self._desk.store.reading() as conn:
            return _undecided(conn, find_face(conn, ref).id)

    def all(self) -> list[Undecided]:
        """Everything that is undecided, on all boards."""
        with self._desk.store.reading() as conn:
            return _undecided(conn, "")

    def settle(self, name: str, field: str, *, take: bool, override: str = "") -> Done:
        """Keep the value that stands, or take the other one, of what is called `name` or has that
        long id. Taking another stage is asked as a move is."""
        with self._desk.writing() as tx:
            wanted = name.strip().casefold()
            found = {
                one.entity: one.name
                for one in _undecided(tx.conn, "")
                if wanted in (one.name.casefold(), one.entity) and one.field == field
            }
            if not found:
                raise NotFound(
                    f"Nothing is undecided about {field} of {name}.", "List: mlkanban settle"
                )
            if len(found) > 1:
                raise UsageProblem(
                    f"{field} of several called {name} is undecided.",
                    f"Name one by its long id: {', '.join(found)}.",
                )
            ((entity, name),) = found.items()
            rows = [row for row in disputes.clashes(tx.conn, entity) if row.field == field]
            state = tx.writer.projector.entity(entity)
            value: Any = json.loads(rows[-1].other) if take else state.fields.get(field)
            values, warning, forced = {field: value}, "", ""
            card = entity if entity in repository.ref_by_id(tx.conn, rows[0].board) else ""
            if card and field == "place" and take:
                values, warning, forced = _moved(tx, name, value, override)
            stamps = {field: [row.stamp for row in rows]}
            tx.write(
                Change(
                    SETTLED, rows[0].board, card=card, set=values, settles=stamps, reason=forced,
                    stage="" if card or entity == rows[0].board else entity,
                )
            )  # fmt: skip
            cards = (tx.card(name),) if card else ()
            what = "taken from there" if take else "kept"
            return tx.done(f"{name}: {_spoken(field)} {what}.", cards, warning)


def _moved(
    tx: Transaction, ref: str, place: list[str], override: str
) -> tuple[dict[str, Any], str, str]:
    """The values that put a card where the other replica had it; the warning, the reason."""
    face = tx.face(ref)
    board = tx.board_of(face)
    stage = find_stage_by_id(board, place[0])
    warning = forced = ""
    values: dict[str, Any] = {"place": [stage.id, rank_at_end(tx, board, stage)]}
    if board.is_delivered(stage.id):
        values |= {} if face.outcome else {"outcome": Outcome.SHIPPED.value}
    else:
        warning, forced = enter(tx, board, stage, Work(face.work), face, override=override)
        values |= {"outcome": None} if face.outcome else {}
    return values, warning, forced


def _undecided(conn: Connection, entity_id: str) -> list[Undecided]:
    found = []
    board, stages, refs = None, {}, {}
    for row in disputes.clashes(conn, entity_id):  # in order of boards
        if board is None or board.id != row.board:
            board = board_of(conn, row.board)
            stages = {stage.id: stage.name for stage in (*board.stages, *board.former)}
            refs = repository.ref_by_id(conn, row.board)
        name = refs.get(row.entity) or stages.get(row.entity) or board.key
        kept = repository.entity(conn, row.entity).fields.get(row.field)
        found.append(
            Undecided(
                name, row.entity, row.field, _text(row.field, kept, stages),
                _text(row.field, json.loads(row.other), stages), row.actor, row.host, row.at,
            )
        )  # fmt: skip
    return found


def _text(field: str, value: Any, stages: dict[str, str]) -> str:
    """A value as people read it."""
    if value in (None, "", [], {}):
        return "nothing"
    if field == "place":
        return stages.get(value[0], "a stage that was removed")
    if isinstance(value, dict):
        return str(value.get("reason") or value.get("name") or json.dumps(value))
    if isinstance(value, list):
        return f"{len(value)} items"
    return str(value)


def _spoken(field: str) -> str:
    if field.startswith(notes.PREFIX):
        return "a note"
    return "its place" if field == "place" else field.replace("_", " ")
