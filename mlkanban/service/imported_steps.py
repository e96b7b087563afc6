"""Imported steps: for cards that are on the board already they continue from where each card
stands, and overwrite nothing that a person did here; they come with no ranks."""

from dataclasses import replace
from enum import Enum, auto
from typing import Any

from mlkanban.core.board import Board, Outcome
from mlkanban.core.events import Change
from mlkanban.errors import RuleRefused
from mlkanban.service.transaction import Transaction
from mlkanban.store import ranks, repository, run_queries
from mlkanban.store.rows import board_of


class LeftOut(Enum):
    """Why a step of a log is left out: a file or a person moved the card on after it, or a person
    ended the card."""

    IMPORTED = auto()
    DONE_HERE = auto()
    ENDED_HERE = auto()


def is_known(tx: Transaction, card: str) -> bool:
    """Whether a card with this id is, or was, on a board."""
    return "ref" in tx.writer.projector.entity(card).fields


def continued(tx: Transaction, change: Change) -> Change | LeftOut | None:
    """A step from a log for a known card, as a change of the card as it stands, never with a new
    title or type.

    None when the card is there already; the reason where the step is left out. A change that is no
    dated step stays as it is.
    """
    if not change.at or "place" not in change.set:
        return change
    fields = tx.writer.projector.entity(change.card).fields
    ended = fields.get("outcome") or ""
    if fields.get("deleted") or fields.get("archived") or ended not in ("", Outcome.SHIPPED.value):
        return LeftOut.ENDED_HERE
    if change.at < run_queries.last_step(tx.conn, change.card):
        imported = run_queries.last_was_imported(tx.conn, change.card)
        return LeftOut.IMPORTED if imported else LeftOut.DONE_HERE
    stage = change.set["place"][0]
    if fields["place"][0] == stage:
        return None
    values: dict[str, Any] = {"place": change.set["place"]}
    kind = "card.moved"
    delivered = board_of(tx.conn, change.board).is_delivered(stage)
    if delivered and not ended:
        values["outcome"] = Outcome.SHIPPED.value
    elif ended and not delivered:
        values["outcome"] = None
        kind = "card.reopened"
    return replace(change, kind=kind, set=values)


class Ends:
    """Ranks for imported history, whose cards are not in the projections yet."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._boards: dict[str, Board] = {}
        self._ends: dict[str, str | None] = {}

    def placed(self, change: Change) -> Change:
        """`change` with a rank where it has none: a stage goes last, a card where `rank_at_end`
        would put it. RuleRefused when the stage of a card is not on the board (any more)."""
        if not change.card:
            self._boards.pop(change.board, None)
        place = change.set.get("place")
        if place:
            self._check(change.board, place[0])
        if place and not place[1]:
            placed = {"place": [place[0], self._card(change, place[0])]}
            return replace(change, set={**change.set, **placed})
        if change.set.get("rank") == "":
            stages = board_of(self._tx.conn, change.board).stages
            last = stages[-1].rank if stages else None
            return replace(change, set={**change.set, "rank": ranks.between(last, None)})
        return change

    def _board(self, board_id: str) -> Board:
        if board_id not in self._boards:
            self._boards[board_id] = board_of(self._tx.conn, board_id)
        return self._boards[board_id]

    def _check(self, board_id: str, stage_id: str) -> None:
        board = self._board(board_id)
        if all(stage.id != stage_id for stage in board.stages):
            gone = next((stage.name for stage in board.former if stage.id == stage_id), stage_id)
            raise RuleRefused(
                f"Cards would go to {gone}, which was removed from the board {board.key}.",
                "Bring them in on a board of another name. Nothing was written.",
            )

    def _card(self, change: Change, stage: str) -> str:
        newest_first = self._board(change.board).is_delivered(stage)
        if stage not in self._ends:
            look = repository.first_rank if newest_first else repository.last_rank
            self._ends[stage] = look(self._tx.conn, change.board, stage)
        end = self._ends[stage]
        rank = ranks.between(None, end) if newest_first else ranks.between(end, None)
        self._ends[stage] = rank
        return rank
