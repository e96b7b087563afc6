"""Where in a stage a card goes, as a rank."""

from mlkanban.core.events import Change
from mlkanban.core.models import Board, Stage
from mlkanban.service.transaction import Transaction
from mlkanban.store import ranks, repository


def rank_at_end(tx: Transaction, board: Board, stage: Stage) -> str:
    """A rank after all cards of the stage; past delivery the newest comes first."""
    if board.is_delivered(stage.id):
        return ranks.between(None, repository.first_rank(tx.conn, board.id, stage.id))
    return ranks.between(repository.last_rank(tx.conn, board.id, stage.id), None)


def rank_before(tx: Transaction, board: Board, stage: Stage, card_id: str, before: str) -> str:
    """A rank just ahead of the card `before` (id), or after all when it is ''.

    Where two neighbours share a rank, or ranks have grown long, the stage gets new ones first.
    """
    order = [
        entry
        for entry in repository.stage_order(tx.conn, board.id, stage.id)
        if entry[0] != card_id
    ]
    at = next((i for i, (other, _) in enumerate(order) if other == before), len(order))
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
            tx.write(
                Change("card.reordered", board.id, card=other, set={"place": [stage.id, rank]})
            )
    return mine
