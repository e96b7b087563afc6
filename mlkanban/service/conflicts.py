"""Resolve conflicts: what two machines wrote to one field, or did with one card."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlkanban.core import lifecycle, notes, rules
from mlkanban.core.board import Board, Outcome, Work
from mlkanban.core.card_fields import brief, called, noun, word_of
from mlkanban.core.conflicts import DELETED, SETTLED
from mlkanban.core.events import Change, Entity
from mlkanban.core.lifecycle import Lifecycle, shown
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.hints import hint
from mlkanban.service.card_writes import rank_at_end
from mlkanban.service.enforce import enter
from mlkanban.service.transaction import Context, Done, Transaction, find_face
from mlkanban.store import after_merge, replica, repository
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of
from mlkanban.text import short_name


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """An open conflict: a field with the value that stands and the other one, as people read them,
    and who wrote the other, on which `machine` as it is called from here. `name` is the short id of
    the card, or the stage or board."""

    name: str
    entity: str
    field: str
    kept: str
    other: str
    actor: str
    host: str
    at: str
    machine: str = dataclasses.field(compare=False)

    @property
    def label(self) -> str:
        """The field of the conflict in words."""
        return _spoken(self.field)

    @property
    def word(self) -> str:
        """The name of the field on a command line."""
        return "stage" if self.field == lifecycle.FIELD else word_of(self.field)


class Conflicts:
    def __init__(self, context: Context) -> None:
        self._context = context

    def of_card(self, ref: str) -> list[OpenConflict]:
        """The open conflicts of a card."""
        with self._context.store.reading() as conn:
            return conflicts_in(conn, find_face(conn, ref).id)

    def all(self) -> list[OpenConflict]:
        """The open conflicts of all boards."""
        with self._context.store.reading() as conn:
            return conflicts_in(conn, "")

    def resolve(self, name: str, field: str, *, take: bool, override: str = "") -> Done:
        """Resolve a conflict: keep the value that stands, or take the other one, of the entity with
        this name or id. Taking another stage is checked like a move."""
        known = called(field)
        field = known.stored if known else field
        field = lifecycle.FIELD if field in lifecycle.PARTS else field
        with self._context.writing(slots=True) as tx:
            wanted = name.strip().casefold()
            names = {
                conflict.entity: conflict.name
                for conflict in conflicts_in(tx.conn, "")
                if wanted in (conflict.name.casefold(), conflict.entity) and conflict.field == field
            }
            if not names:
                raise NotFound(
                    f"There is no conflict about the {_spoken(field)} of {name}.",
                    hint("List: {resolve}"),
                )
            if len(names) > 1:
                raise UsageProblem(
                    f"There are conflicts about the {_spoken(field)} of several called {name}.",
                    f"Name one by its long id: {', '.join(names)}.",
                )
            ((entity, name),) = names.items()
            rows = [
                row for row in after_merge.open_conflicts(tx.conn, entity) if row.field == field
            ]
            state = tx.writer.projector.entity(entity)
            card = entity if entity in repository.ref_by_id(tx.conn, rows[0].board) else ""
            other = json.loads(rows[-1].other)
            warning, forced = "", ""
            if field == lifecycle.FIELD:
                then = other if take else _standing(state)
                values, warning, forced = _living(tx, name, then, override)
            else:
                values = {field: other if take else state.fields.get(field)}
            stamps = {field: [row.stamp for row in rows]}
            tx.write(
                Change(
                    SETTLED, rows[0].board, card=card, set=values, settles=stamps, reason=forced,
                    stage="" if card or entity == rows[0].board else entity,
                )
            )  # fmt: skip
            cards = (tx.card(name),) if card and not values.get(DELETED) else ()
            what = "taken from there" if take else "kept"
            return tx.done(f"{name}: {_spoken(field)} {what}.", cards, warning)


def _living(
    tx: Transaction, ref: str, wanted: Mapping[str, Any], override: str
) -> tuple[dict[str, Any], str, str]:
    """The values that give a card the lifecycle `wanted` (core/lifecycle.py) and what belongs to
    it, as far as the stages of its board allow; then the warning and the override's reason."""
    face = tx.face(ref)
    home, fields = tx.board_of(face), tx.fields(face)
    there = repository.board_of_stage(tx.conn, str(wanted["stage"]))
    board = board_of(tx.conn, there) if there else home
    now = lifecycle.lifecycle(shown(tx.writer.projector.entity(face.id)))
    then = _allowed(board, lifecycle.from_conflict_value(wanted))
    kept = lifecycle.conflict_value(then, wanted)
    stage = board.stage(then.stage)
    work = rules.work_in(stage, kept.get("work", Work.ATTENDED))
    values: dict[str, Any] = {
        "place": fields["place"], "outcome": then.outcome or None, "archived": then.archived,
        lifecycle.VERDICT: kept.get(lifecycle.VERDICT),
    }  # fmt: skip
    if then.stage != now.stage:
        values["place"] = [then.stage, rank_at_end(tx, board, stage)]
        values["place"] += [board.id] if board.id != home.id else []
    for name in lifecycle.COMPANIONS:
        if fields.get(name) or kept.get(name):
            values[name] = kept.get(name)
    if "work" in values:
        values["work"] = work.value
    warning = forced = ""
    if then.is_open and not (face.is_open and now.stage == then.stage and work == face.work):
        warning, forced = enter(tx, board, stage, work, face, override=override)
    return values, warning, forced


def _standing(state: Entity) -> dict[str, Any]:
    """The present lifecycle of a card, with what belongs to it."""
    fields = shown(state)
    return lifecycle.conflict_value(lifecycle.lifecycle(fields), fields)


def _allowed(board: Board, then: Lifecycle) -> Lifecycle:
    """A lifecycle in a stage that the board has and where it can be: a shipped card goes past
    delivery, an open one stays before it."""
    stage = board.stage(then.stage)
    if then.outcome == Outcome.SHIPPED and not then.archived and not board.is_delivered(stage.id):
        stage = rules.resting_place(board, Outcome.SHIPPED) or stage
    elif then.is_open and board.is_delivered(stage.id):
        stage = board.stages[board.first_delivered - 1]
    return then._replace(stage=stage.id)


def conflicts_in(conn: Connection, entity_id: str) -> list[OpenConflict]:
    """The open conflicts of an entity, or of all boards for ''."""
    conflicts = []
    board, stages, refs = None, {}, {}
    for row in after_merge.open_conflicts(conn, entity_id):  # in order of boards
        if board is None or board.id != row.board:
            board = board_of(conn, row.board)
            stages = repository.stage_names(conn) | {
                stage.id: stage.name for stage in (*board.former, *board.stages)
            }
            refs = repository.ref_by_id(conn, row.board)
        name = refs.get(row.entity) or stages.get(row.entity) or board.key
        state = repository.entity(conn, row.entity)
        living = row.field == lifecycle.FIELD
        kept = _standing(state) if living else state.fields.get(row.field)
        conflicts.append(
            OpenConflict(
                name, row.entity, row.field, _text(row.field, kept, stages),
                _text(row.field, json.loads(row.other), stages), row.actor, row.host, row.at,
                _machine(conn, row),
            )
        )  # fmt: skip
    return conflicts


def _machine(conn: Connection, row: after_merge.ConflictRow) -> str:
    """The name of the machine that wrote the other value: two machines may have one host name."""
    if replica.known_here(conn, row.stamp.rpartition(":")[2]):
        return "this machine"
    host = short_name(row.host)
    return f"another machine named {host}" if replica.is_host_here(conn, row.host) else host


def _text(field: str, value: Any, stages: Mapping[str, str]) -> str:
    """A value as people read it."""
    if field == DELETED:
        return "its adding undone" if value else "the card stays"
    if field == lifecycle.FIELD and value:
        return lifecycle.lifecycle_text(value, stages)
    return brief(field, value) or "nothing"


def _spoken(field: str) -> str:
    if field.startswith(notes.PREFIX):
        return "note"
    words = {
        lifecycle.FIELD: "stage and outcome",
        DELETED: "undoing of its adding",
    }
    return words.get(field, noun(field))
