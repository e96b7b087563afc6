"""How long a key of the filter takes: the query is read and asked of every card again, and the
store is asked where its words are written."""

import time
from datetime import UTC, datetime
from pathlib import Path

from mlkanban.core.query.store_terms import StoreTerms
from mlkanban.errors import BadQuery
from mlkanban.service import Service
from mlkanban.tui.board_model import BoardModel

QUERY = "tag:gpu (stage:train or age>5d) -blocked:yes loss"


def dearest_key(home: Path) -> float:
    """Seconds of the dearest of the keys that type a query, on the board below `home`."""
    now = datetime.now(UTC)
    service = Service.open(home, actor="bench", clock=lambda: now, write=False)
    board, faces, *_ = service.boards.snapshot(service.boards.find().id)
    model = BoardModel.of(board, faces, now.date())
    service.close()
    taken = []
    for end in range(1, len(QUERY) + 1):
        start = time.perf_counter()
        try:
            model.filter(QUERY[:end])
        except BadQuery:
            continue  # half typed: the board stays as it is
        taken.append(time.perf_counter() - start)
    return max(taken)


def dearest_look(home: Path) -> float:
    """Seconds of the dearest look for words in everything that is written about the cards."""
    now = datetime.now(UTC)
    service = Service.open(home, actor="bench", clock=lambda: now, write=False)
    board = service.boards.find()
    taken = []
    for words in ("l", "lo", "loss", "nowhere"):
        start = time.perf_counter()
        service.search.answers(board.id, StoreTerms((words,)))
        taken.append(time.perf_counter() - start)
    service.close()
    return max(taken)
