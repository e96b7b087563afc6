"""Work out the conflicts of an entity that several replicas wrote to, and the values of its fields
that follow from the rules of merging."""

import sqlite3
from collections.abc import Sequence

from mlkanban.core import lifecycle
from mlkanban.core.board import Board
from mlkanban.core.conflicts import (
    DELETED,
    Conflict,
    conflict_between,
    conflicts_of,
    overruled_deletions,
    standing_verdict,
)
from mlkanban.core.events import Entity, Event, in_order


def judge(
    conn: sqlite3.Connection, entity: Entity, events: Sequence[Event], board: Board | None
) -> list[Conflict]:
    """Find the conflicts of an entity from all its events, and correct its fields by the rules of
    merging.

    `events` must be all events of the entity. A card whose creation was undone stays if another
    machine has used it since, and its outcome is made to fit the stages of `board`.
    """
    open_conflicts = conflicts_of(events)
    if not events[0].card:
        return open_conflicts
    ordered = in_order(events)
    if any(conflict.field == DELETED for conflict in open_conflicts):
        entity.fields[DELETED] = False
    for deletion in filter(lambda event: event.undoes, overruled_deletions(ordered)):
        conn.execute("DELETE FROM undone WHERE event = ?", (deletion.undoes,))
        conn.execute("UPDATE transition SET live = 1 WHERE event = ?", (deletion.undoes,))
    now = lifecycle.lifecycle(entity.fields)
    if entity.fields.get(DELETED):
        entity.derived = {}  # a card on no board follows from no stages
        return open_conflicts
    if board is None or not now.stage:
        return open_conflicts
    writer = next(event for event in reversed(ordered) if lifecycle.writes(event))
    entity.derived = lifecycle.derived_values(
        board, entity.fields, ended_in_place=lifecycle.ended_in_place(ordered)
    )
    derived = lifecycle.lifecycle({**entity.fields, **entity.derived})
    if derived != now:
        open_conflicts = [
            conflict
            for conflict in open_conflicts
            if conflict.field != lifecycle.FIELD
            or (
                conflict.other_stamp != writer.stamp
                and lifecycle.from_conflict_value(conflict.other) != derived
            )
        ]
        kept, other = (
            lifecycle.conflict_value(derived, entity.fields),
            lifecycle.conflict_value(now, entity.fields),
        )
        open_conflicts.append(conflict_between(lifecycle.FIELD, kept, other, writer))
    if any(conflict.field == lifecycle.FIELD for conflict in open_conflicts):
        # Nothing is written to a card with a conflict without judging it again.
        verdict = standing_verdict(ordered, derived.outcome)
        if verdict != entity.fields.get(lifecycle.VERDICT):
            entity.derived.setdefault(lifecycle.VERDICT, verdict)
    _outcomes_of_steps(conn, ordered, writer, derived)
    _end_where_it_stands(conn, writer, derived)
    return open_conflicts


def _outcomes_of_steps(
    conn: sqlite3.Connection, ordered: Sequence[Event], writer: Event, derived: lifecycle.Lifecycle
) -> None:
    """Give each step of a card the outcome that its event wrote. The last step gets the outcome
    that the board's stages make of it, which nobody need have written."""
    steps = {
        event
        for (event,) in conn.execute(
            "SELECT event FROM transition WHERE card = ? AND live", (writer.card,)
        )
    }
    standing = ""
    for event in ordered:
        if event.undoes or not lifecycle.writes(event):
            continue
        values = event.data.get("set", {})
        outcome = (values["outcome"] or "") if "outcome" in values else None
        if event is writer and (outcome is not None or derived.outcome != standing):
            outcome = derived.outcome
        conn.execute("UPDATE transition SET outcome = ? WHERE event = ?", (outcome, event.id))
        if event.id in steps and outcome is not None:
            standing = outcome


def _end_where_it_stands(
    conn: sqlite3.Connection, writer: Event, derived: lifecycle.Lifecycle
) -> None:
    """Make the steps of a card end at the stage it is in now.

    An undo takes a step back and is no step itself. But if another machine moved the card
    meanwhile, unseen, the last step left is not where the card is now: the undo that decided then
    becomes a step of its own.
    """
    conn.execute(
        "DELETE FROM transition WHERE card = ?1"
        " AND event IN (SELECT id FROM event WHERE card = ?1 AND undoes != '')",
        (writer.card,),
    )
    if not writer.undoes:
        return
    stage = outcome = last = ""
    for at, place, end in conn.execute(
        "SELECT at, stage, outcome FROM transition WHERE card = ? AND live ORDER BY stamp",
        (writer.card,),
    ):
        last = max(last, at)
        stage = stage if place is None else place
        outcome = outcome if end is None else end
    if (stage, outcome) != (derived.stage, derived.outcome):
        conn.execute(
            "INSERT INTO transition VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, 1, ?)",
            (writer.id, writer.card, writer.board, max(writer.at, last), writer.seq, derived.stage,
             derived.outcome, writer.stamp),
        )  # fmt: skip
