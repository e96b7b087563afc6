"""Ordering: the rank of a card in its stage."""

from dataclasses import replace

from mlkanban.core.events import RANK, Change
from mlkanban.core.models import Board, Stage
from mlkanban.errors import RuleRefused
from mlkanban.service.transaction import Transaction
from mlkanban.store import ranks, repository
from mlkanban.store.rows import board_of


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
