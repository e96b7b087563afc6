"""Writes of cards that several use cases share, and the ranks they give. The caller checks limits,
except for moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlkanban.core import notes, rules
from mlkanban.core.board import Board, CardFace, Outcome, Stage, stands
from mlkanban.core.events import RANK, Change
from mlkanban.core.lifecycle import lifting
from mlkanban.errors import RuleRefused
from mlkanban.service.enforce import Gates, check_health, check_links, enter
from mlkanban.service.transaction import Transaction
from mlkanban.store import ranks, repository
from mlkanban.store.replica import uuid7
from mlkanban.text import accept


def rank_at_end(tx: Transaction, board: Board, stage: Stage) -> str:
    """A rank after all cards of the stage; past delivery the newest card comes first."""
    if board.is_delivered(stage.id):
        return ranks.between(None, repository.first_rank(tx.conn, board.id, stage.id))
    return ranks.between(repository.last_rank(tx.conn, board.id, stage.id), None)


def rank_before(tx: Transaction, board: Board, stage: Stage, card_id: str, before: str) -> str:
    """A rank just ahead of the card `before` (id), or after all cards when it is ''. Where two
    neighbours share a rank, or ranks have grown long, the stage gets new ranks first."""
    order = [
        entry
        for entry in repository.stage_order(tx.conn, board.id, stage.id)
        if entry[0] != card_id
    ]
    at = next((i for i, (other, _) in enumerate(order) if other == before), len(order))
    if before and at == len(order):
        raise RuleRefused(f"The card to go ahead of is not in {stage.name}.", "Choose another one.")
    low = order[at - 1][1] if at else None
    high = order[at][1] if at < len(order) else None
    crossed = low is not None and high is not None and low >= high
    if not crossed:
        rank = ranks.between(low, high)
        if len(rank) <= ranks.LONGEST:
            return rank
    new = ranks.fresh(len(order) + 1)
    mine = new.pop(at)
    for (other, old), rank in zip(order, new, strict=True):
        if old != rank:
            tx.write(Change("card.reordered", board.id, card=other, set={RANK + stage.id: rank}))
    return mine


def write_new(
    tx: Transaction, board: Board, stage: Stage, wanted: Mapping[str, Any], reason: str = ""
) -> CardFace:
    """Write a new card with these values (checked and flat) at the end of a stage."""
    check_links(tx, wanted)
    ref, card_id = tx.writer.new_ref(), uuid7(tx.now)
    values: dict[str, Any] = {
        "ref": ref,
        "deleted": False,
        "place": [stage.id, rank_at_end(tx, board, stage)],
        **wanted,
    }
    if board.is_delivered(stage.id):
        values |= {"outcome": Outcome.SHIPPED.value, **lifting(values)}
    check_health(values, "The card", values.get("outcome", ""))
    tx.write(Change("card.created", board.id, card=card_id, set=values, reason=reason))
    return tx.face(ref)


def write_edit(
    tx: Transaction, face: CardFace, wanted: Mapping[str, Any], reason: str = ""
) -> None:
    """Write those of these values (checked and flat) that the card does not have yet."""
    changed = tx.new_values(face.id, wanted)
    check_links(tx, changed, face.ref)
    check_health(changed, face.ref, face.outcome)
    if changed:
        tx.write(tx.change("card.edited", face, changed, reason=reason))


def correct_notes(tx: Transaction, face: CardFace, texts: Mapping[str, str]) -> None:
    """Give notes of a card new texts, by the ids of the notes; '' deletes a note."""
    values = {notes.field(note): accept(text, "the note").strip() for note, text in texts.items()}
    if values:
        tx.write(tx.change("card.edited", face, values))


def archived(face: CardFace) -> dict[str, Any]:
    """The values that take a card off the board. Work in progress counts as abandoned from then
    on."""
    values: dict[str, Any] = {"archived": True}
    if face.started_at and not face.finished_at:
        values["outcome"] = Outcome.ABANDONED.value
    return values


def write_move(
    tx: Transaction, board: Board, face: CardFace, stage: Stage, rank: str, work: str, **kept: Any
) -> None:
    """Move a card, doing `work`, to a place in a stage.

    Past delivery the card is shipped, before delivery it is open again. `kept` goes with the event:
    the reason of an override, and the unticked items.
    """
    values: dict[str, Any] = {}
    work = rules.work_in(stage, work)
    if work != face.work:
        values["work"] = str(work)
    kind = "card.moved" if face.stage != stage.id else "card.reordered"
    if face.archived:
        values["archived"] = False
        kind = "card.moved" if face.stage != stage.id else "card.restored"
    if board.is_delivered(stage.id):
        if not face.outcome:
            values |= {"outcome": Outcome.SHIPPED.value, **lifting(tx.fields(face))}
    elif face.outcome:
        values |= lifting(tx.fields(face)) | values | {"outcome": None}
        kind = "card.reopened"
    if kind == "card.reordered" and "outcome" not in values:
        values[RANK + stage.id] = rank
    else:
        values["place"] = [stage.id, rank]
    tx.write(tx.change(kind, face, values, **kept))


def move_one(
    tx: Transaction, ref: str, stage_id: str, gates: Gates, *, override: str, before: str
) -> str:
    """Move a card whose gates are in `gates`; returns the warning. LimitReached for a full
    stage."""
    face = tx.face(ref)
    board = tx.board_of(face)
    if all(s.id != stage_id for s in board.stages):
        raise RuleRefused(
            f"{face.ref} is on the board {board.key}, which has no such stage.",
            "Choose cards of one board.",
        )
    stage = board.stage(stage_id)
    if face.stage == stage_id and stands(board, face) and not before:
        return ""
    work = rules.work_in(stage, face.work)
    warning, forced = "", ""
    if not board.is_delivered(stage_id) and not (face.is_open and face.stage == stage_id):
        warning, forced = enter(tx, board, stage, work, face, override=override)
    rank = (
        rank_before(tx, board, stage, face.id, tx.face(before).id)
        if before
        else rank_at_end(tx, board, stage)
    )
    write_move(tx, board, face, stage, rank, work, **({"reason": forced} | gates.kept(face)))
    return warning
