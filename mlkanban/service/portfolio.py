"""The state of each board in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.core.board import Board, CardFace, place
from mlkanban.flow.portfolio import standing
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from mlkanban.service.history import History
from mlkanban.service.transaction import Context
from mlkanban.store import repository

if TYPE_CHECKING:
    from mlkanban.flow.portfolio import Standing


class Portfolio:
    def __init__(self, context: Context, history: History) -> None:
        self._context = context
        self._history = history

    def standing(self, board: Board) -> Standing:
        """The numbers of one board as of now."""
        # Numbers, with statistics: only a portfolio waits for them.
        now = self._context.clock()
        workflow, histories = self._history.for_flow(board, now)
        with self._context.store.reading() as conn:
            faces = repository.faces(conn, board.id)
        window = Window.back(None, workflow.day(now))
        return standing(board, faces, follow(workflow, histories, now, window))

    def open_cards(self, board: Board) -> list[CardFace]:
        """The open cards of a board, as it has them."""
        with self._context.store.reading() as conn:
            faces = repository.faces(conn, board.id)
        return sorted(
            (face for face in faces if face.is_open),
            key=lambda face: (board.position(face.stage), *place(face)),
        )
