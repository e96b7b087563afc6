"""Saved views: queries with a name, kept with the board."""

from __future__ import annotations

from mlkanban.core.events import Change
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.service.transaction import Context, Done
from mlkanban.store import repository
from mlkanban.store.rows import board_of
from mlkanban.text import accept, accept_title

VIEW = "view:"


class Views:
    def __init__(self, context: Context) -> None:
        self._context = context

    def of(self, board_id: str) -> dict[str, str]:
        """The queries of a board by their names, in order of these."""
        with self._context.store.reading() as conn:
            fields = repository.entity(conn, board_id).fields
        queries = {
            name.removeprefix(VIEW): str(query)
            for name, query in fields.items()
            if name.startswith(VIEW) and query
        }
        return dict(sorted(queries.items(), key=lambda item: item[0].casefold()))

    def query(self, board_id: str, name: str) -> str:
        """The query called so; NotFound lists what there is."""
        known = self.of(board_id)
        if name not in known:
            there = ", ".join(known) or "none yet"
            raise NotFound(f"There is no view {name!r}.", f"Saved views: {there}.")
        return known[name]

    def save(self, board_id: str, name: str, query: str) -> Done:
        """Keep a query by a name; one that is there already gets the new query."""
        name, query = accept_title(name), accept(query, "the query").strip()
        if not query:
            raise UsageProblem("A view needs a query.", "Filter the board first, or give -q QUERY.")
        # The query language, which the board does without at its start.
        from mlkanban.core.query.fields import QueryContext
        from mlkanban.core.query.match import matcher

        with self._context.writing() as tx:
            board = board_of(tx.conn, board_id)
            matcher(query, QueryContext(board, board.day_of(tx.now)))
            values = tx.new_values(board_id, {f"{VIEW}{name}": query})
            if values:
                tx.write(Change("view.saved", board_id, set=values))
            return tx.done(f"View {name} saved: {query}")

    def remove(self, board_id: str, name: str) -> Done:
        """Forget a query."""
        self.query(board_id, name)
        with self._context.writing() as tx:
            tx.write(Change("view.removed", board_id, set={f"{VIEW}{name}": None}))
        return Done(f"View {name} removed.")
