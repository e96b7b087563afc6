"""Finding cards by a query: their fields, and everything that is written about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from mlkanban.core.board import Board, CardFace
from mlkanban.core.card_fields import FIELD
from mlkanban.core.query.store_terms import Answers, StoreTerms
from mlkanban.runs.use_cases.card_runs import newest_runs
from mlkanban.service.transaction import Context
from mlkanban.store import after_merge, repository
from mlkanban.text import accept

if TYPE_CHECKING:
    from mlkanban.core.markdown.charter import CharterLine


class Search:
    def __init__(self, context: Context) -> None:
        self._context = context

    def answers(self, board_id: str, terms: StoreTerms) -> Answers:
        """What a query asks of the cards of a board that their faces do not say. A text occurs in
        notes, hypothesis, checklist and so on, in any case."""
        texts = [accept(text, "the query") for text in terms.texts]
        for field in terms.fields:
            accept(field.text, "the query")
        with self._context.store.reading() as conn:
            return Answers(
                {text: repository.having(conn, board_id, text) for text in texts},
                newest_runs(conn, board_id) if terms.runs else None,
                frozenset(c.entity for c in after_merge.open_conflicts(conn))
                if terms.conflicts
                else None,
                {
                    field: repository.having_in(conn, board_id, FIELD[field.field], field.text)
                    for field in terms.fields
                },
                repository.actors(conn, board_id) if terms.actors else None,
            )

    def in_charter(self, board_id: str, query: str) -> list[CharterLine]:
        """The lines of the charter of a board that have all texts of a query which asks for texts
        and nothing else."""
        # As below.
        from mlkanban.core.markdown.charter import charter_in, lines_with
        from mlkanban.core.query.match import words_alone

        words = words_alone(query)
        if not words:
            return []
        with self._context.store.reading() as conn:
            return lines_with(charter_in(repository.entity(conn, board_id).fields), words)

    def find(
        self, board: Board, faces: Sequence[CardFace], query: str, today: date
    ) -> list[CardFace]:
        """Those of the cards of a board that a query finds; BadQuery says what is wrong with it."""
        if not query.strip():
            return list(faces)
        # The query language, which the board does without at its start.
        from mlkanban.core.query.fields import QueryContext
        from mlkanban.core.query.match import matcher, store_terms

        answers = self.answers(board.id, store_terms(query))
        return list(filter(matcher(query, QueryContext(board, today, faces, answers)), faces))
