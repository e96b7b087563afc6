"""What became of an entity that several replicas wrote to: its conflicts, and its fields as the
rules of merging have them."""

import sqlite3
from collections.abc import Sequence

from mlkanban.core import lifecycle as life
from mlkanban.core.conflicts import (
    DELETED,
    Conflict,
    conflict_between,
    conflicts_of,
    overruled_deletions,
    standing_verdict,
)
from mlkanban.core.events import Entity, Event, in_order
from mlkanban.core.lifecycle import lifecycle
from mlkanban.core.models import Board


def judge(
    conn: sqlite3.Connection, entity: Entity, events: Sequence[Event], board: Board | None
) -> list[Conflict]:
    """The conflicts of an entity with these events, which are all there are. The fields of a card
    get what follows: what an undone adding took away stays when another machine used it, and the
    outcome fits the stages of its `board`."""
    found = conflicts_of(events)
    if not events[0].card:
        return found
    ordered = in_order(events)
    if any(one.field == DELETED for one in found):
        entity.fields[DELETED] = False
    for deletion in filter(lambda one: one.undoes, overruled_deletions(ordered)):
        conn.execute("DELETE FROM undone WHERE event = ?", (deletion.undoes,))
        conn.execute("UPDATE transition SET live = 1 WHERE event = ?", (deletion.undoes,))
    now = lifecycle(entity.fields)
    if entity.fields.get(DELETED):
        entity.fits = {}  # a card that is on no board has to fit none
        return found
    if board is None or not now.stage:
        return found
    writer = next(event for event in reversed(ordered) if life.writes(event))
    entity.fits = life.fitting(board, entity.fields, ended_in_place=life.ended_in_place(ordered))
    fit = lifecycle({**entity.fields, **entity.fits})
    if fit != now:
        found = [
            c for c in found
            if c.field != life.FIELD
            or (c.other_stamp != writer.stamp and life.from_conflict_value(c.other) != fit)
        ]  # fmt: skip
        kept, other = (
            life.conflict_value(fit, entity.fields),
            life.conflict_value(now, entity.fields),
        )
        found.append(conflict_between(life.FIELD, kept, other, writer))
    if any(one.field == life.FIELD for one in found):
        # Nothing is written to a card with a conflict without judging it again.
        verdict = standing_verdict(ordered, fit.outcome)
        if verdict != entity.fields.get(life.VERDICT):
            entity.fits.setdefault(life.VERDICT, verdict)
    _outcomes_of_steps(conn, ordered, writer, fit)
    _end_where_it_stands(conn, writer, fit)
    return found


def _outcomes_of_steps(
    conn: sqlite3.Connection, ordered: Sequence[Event], writer: Event, fit: life.Lifecycle
) -> None:
    """Give the steps of a card the outcomes that their events wrote, and the last one that of the
    board's stages, which nobody need have written."""
    steps = {
        event
        for (event,) in conn.execute(
            "SELECT event FROM transition WHERE card = ? AND live", (writer.card,)
        )
    }
    standing = ""
    for event in ordered:
        if event.undoes or not life.writes(event):
            continue
        values = event.data.get("set", {})
        outcome = (values["outcome"] or "") if "outcome" in values else None
        if event is writer and (outcome is not None or fit.outcome != standing):
            outcome = fit.outcome
        conn.execute("UPDATE transition SET outcome = ? WHERE event = ?", (outcome, event.id))
        if event.id in steps and outcome is not None:
            standing = outcome


def _end_where_it_stands(conn: sqlite3.Connection, writer: Event, fit: life.Lifecycle) -> None:
    """Let the steps of a card end where it stands. An undo takes a step back and is none itself;
    where another machine moved the card meanwhile, unseen, the step left is not where it stands
    now, and the undo that decided is a step of its own."""
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
    if (stage, outcome) != (fit.stage, fit.outcome):
        conn.execute(
            "INSERT INTO transition VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, 1, ?)",
            (writer.id, writer.card, writer.board, max(writer.at, last), writer.seq, fit.stage,
             fit.outcome, writer.stamp),
        )  # fmt: skip
