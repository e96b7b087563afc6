"""One card to another stage, inside the transaction that writes."""

from __future__ import annotations

from mlkanban.core import rules
from mlkanban.core.visibility import stands
from mlkanban.errors import RuleRefused
from mlkanban.service.card_writes import write_move
from mlkanban.service.enforce import enter
from mlkanban.service.gates import Gates
from mlkanban.service.ordering import rank_at_end, rank_before
from mlkanban.service.transaction import Transaction


def move_one(
    tx: Transaction, ref: str, stage_id: str, gates: Gates, *, override: str, before: str
) -> str:
    """Move a card, for which `gates` were asked; the warning. LimitReached for a full stage."""
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
