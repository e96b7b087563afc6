"""Finding cards by a query: their fields, and everything that is written about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from mlkanban.core.models import Board, CardFace
from mlkanban.service.transaction import Desk
from mlkanban.store import repository
from mlkanban.text import accept


class Search:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def written(self, board_id: str, texts: Iterable[str]) -> dict[str, frozenset[str]]:
        """For each text the ids of the cards in whose notes, hypothesis, checklist and so on it
        occurs, in any case."""
        wanted = [accept(text, "the query") for text in texts]
        with self._desk.store.reading() as conn:
            return {text: repository.having(conn, board_id, text) for text in wanted}

    def find(
        self, board: Board, faces: Sequence[CardFace], query: str, today: date
    ) -> list[CardFace]:
        """Those of the cards of a board that a query finds; BadQuery says what is wrong with it."""
        if not query.strip():
            return list(faces)
        from mlkanban.core.query.fields import Scene  # which the board does without at its start
        from mlkanban.core.query.match import matcher, words_in

        written = self.written(board.id, words_in(query))
        return list(filter(matcher(query, Scene(board, today, faces, written)), faces))
