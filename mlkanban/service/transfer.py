"""Moving cards to another board, with their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlkanban.core import checklist, rules
from mlkanban.core.board import Board, CardFace, Stage, StageRole
from mlkanban.core.card import CheckItem
from mlkanban.core.card_templates import role_of
from mlkanban.core.events import Change
from mlkanban.core.lineage import PARENT, origins
from mlkanban.errors import NoSuchStage, RuleRefused
from mlkanban.hints import sentences
from mlkanban.service.card_writes import rank_at_end
from mlkanban.service.enforce import began_early, enter
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.store import repository
from mlkanban.store.rows import board_of
from mlkanban.text import quantity, some


class Transfers:
    """A card goes to another board with its id, notes, runs, relations and history."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def transfer(
        self, refs: Sequence[str], board_id: str, stage_id: str = "", *, override: str = ""
    ) -> Done:
        """Move open cards, with their open parts, to the end of a stage of another board; without
        one to the stage that is called like theirs (NoSuchStage where there is none). A full stage
        refuses (LimitReached), unless `override` gives a reason."""
        with self._context.writing(slots=True) as tx:
            board = board_of(tx.conn, board_id)
            wanted = list(dict.fromkeys(tx.face(ref).ref for ref in refs))
            faces = [face for ref in wanted for face in _with_parts(tx, tx.face(ref))]
            faces = list({face.id: face for face in faces}.values())
            warnings: dict[str, None] = {}
            for face in faces:
                target = stage_id if face.ref in wanted else ""
                warnings[_move(tx, face, board, target, stage_id, override)] = None
            warnings |= dict.fromkeys(_left_behind(tx, faces))
            cards = [tx.card(face.ref) for face in faces]
        names = ", ".join(some([face.ref for face in faces], 10))
        return Done(f"{names} moved to the board {board.name}.", tuple(cards), sentences(warnings))


def _with_parts(tx: Transaction, face: CardFace) -> list[CardFace]:
    """A card and its open parts on its board, and theirs."""
    found, ahead = {face.id: face}, [face]
    board = repository.board_id(tx.conn, face)
    while ahead:
        for part in repository.tied(tx.conn, board, f"{PARENT}:{ahead.pop().ref}"):
            if part.is_open and part.id not in found:
                found[part.id] = part
                ahead.append(part)
    return list(found.values())


def _move(
    tx: Transaction, face: CardFace, board: Board, stage_id: str, otherwise: str, override: str
) -> str:
    """Move one card; returns the warning. `otherwise` is the stage of a part where no stage is
    called like its own."""
    before = tx.board_of(face)
    if before.id == board.id:
        raise RuleRefused(f"{face.ref} is on {board.name} already.", "Nothing was changed.")
    if not face.is_open:
        what = "archived" if face.archived else "finished"
        raise RuleRefused(
            f"{face.ref} is {what}, and counts on {before.name}.",
            "Open cards go to another board; bring it back, or re-open it, first.",
        )
    was = before.stage(face.stage)
    stage = _stage(board, stage_id) or _alike(was, board) or _stage(board, otherwise)
    if stage is None:
        raise NoSuchStage(
            f"{board.name} has no stage {was.name}, where {face.ref} is.",
            "Name one before its delivery with --stage: "
            f"{', '.join(stage.name for stage in board.stages[: board.first_delivered])}.",
        )
    if board.is_delivered(stage.id):
        raise RuleRefused(
            f"{stage.name} is past delivery on {board.name}.",
            "Move the card to a stage before it, and finish it there.",
        )
    work = rules.work_in(stage, face.work)
    warning, forced = enter(tx, board, stage, work, None, override=override)
    values: dict[str, Any] = {"place": [stage.id, rank_at_end(tx, board, stage), board.id]}
    if work != face.work:
        values["work"] = work.value
    items = tx.checklist(face)
    if (gates := _gates(before, board, items)) != items:
        values["checklist"] = checklist.dumped(gates)
    change = tx.change("card.transferred", face, values, note=f"{board.name}, {stage.name}",
                       reason=forced)  # fmt: skip
    tx.write(change)
    tx.write(Change("card.arrived", board.id, card=face.id, note=f"{before.name}, {was.name}"))
    moved = tx.face(face.ref)
    left = ""
    if before.is_committed(was.id):
        left = (
            f"{face.ref} was in progress: {before.name} counts it as abandoned today, and"
            f" {board.name} counts its cycle time from its commitment there."
        )
    return sentences((warning, began_early(tx, moved, None), left))


def _stage(board: Board, stage_id: str) -> Stage | None:
    return next((stage for stage in board.stages if stage.id == stage_id), None)


def _alike(stage: Stage, board: Board) -> Stage | None:
    """The stage of a board that is called like this one of another board."""
    name = stage.name.casefold()
    return next((other for other in board.stages if other.name.casefold() == name), None)


def _gates(before: Board, board: Board, items: Sequence[CheckItem]) -> tuple[CheckItem, ...]:
    """A checklist with the gates of the stages of another board: of the stage with the same name,
    else with the same role; one that has neither stands for the last committed stage."""
    names = {stage.name.casefold(): stage.id for stage in board.stages}
    roles: Mapping[StageRole | None, str] = {
        role_of(board, stage): stage.id for stage in reversed(board.stages)
    }

    def gate(name: str) -> str:
        closed = rules.gate(before, name)
        if closed is None:
            return name
        role = role_of(before, closed)
        by_role = roles.get(role, "") if role is not None else ""
        return names.get(closed.name.casefold()) or by_role or name

    return tuple(replace(item, gate=gate(item.gate)) for item in items)


def _left_behind(tx: Transaction, faces: Sequence[CardFace]) -> list[str]:
    """The parts, and the cards that these are parts of, that are on another board now: progress of
    a card counts the parts on its own board."""
    sentences_left = []
    for face in faces:
        board = tx.board_of(face)
        for parent in origins(face, PARENT):
            other = repository.face_by_ref(tx.conn, parent)
            if other is not None and tx.board_of(other).id != board.id:
                sentences_left.append(
                    f"{face.ref} is a part of {parent}, which is on {tx.board_of(other).name} and"
                    " counts the parts there alone."
                )
    for face in faces:
        apart = 0
        for one in repository.boards(tx.conn):
            if one.id != tx.board_of(face).id:
                apart += len(repository.tied(tx.conn, one.id, f"{PARENT}:{face.ref}"))
        if apart:
            sentences_left.append(
                f"{quantity(apart, 'part')} of {face.ref} {'is' if apart == 1 else 'are'} on other"
                f" boards: {face.ref} counts the parts on its own board alone."
            )
    return sentences_left
