"""The charter of a board: stored in sections, edited as a page or one section at a time."""

from __future__ import annotations

from collections.abc import Mapping

from mlkanban.core.events import Change, Position
from mlkanban.core.markdown.card_values import Values, three_way
from mlkanban.core.markdown.charter import (
    PREFIX,
    charter_in,
    charter_page,
    find_section,
    read_charter,
)
from mlkanban.service.text_merge import ChangedMeanwhile
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.store import repository, snapshots
from mlkanban.store.database import Connection
from mlkanban.text import accept, tidy


class Charter:
    def __init__(self, context: Context) -> None:
        self._context = context

    def of(self, board_id: str) -> dict[str, str]:
        """The texts of all sections by their keys; '' where nothing is written."""
        with self._context.store.reading() as conn:
            return charter_in(repository.entity(conn, board_id).fields)

    def set(self, board_id: str, name: str, text: str) -> Done:
        """Write one section, named by its key, its title or the beginning of one."""
        section = find_section(name)
        with self._context.writing() as tx:
            write_charter(tx, board_id, {section.key: text})
            return tx.done(f"Charter: {section.title} saved.")

    def page(self, board_id: str) -> tuple[str, Position]:
        """The charter for an editor, and the place in the log it was read at."""
        with self._context.store.reading() as conn:
            texts = charter_in(repository.entity(conn, board_id).fields)
            return charter_page(texts, hints=True), snapshots.position(conn)

    def save(self, board_id: str, text: str, since: Position | None) -> Done:
        """Write what an edited page changes of the charter as it was at `since` (None: now).

        BadMarkdown says where it cannot be read; ChangedMeanwhile, what somebody else changed too.
        """
        wanted = read_charter(text)
        with self._context.writing() as tx:
            was, now = charter_states(tx.conn, board_id, since)
            changes, conflicts = three_way("", was, wanted, now)
            if conflicts:
                raise ChangedMeanwhile(conflicts)
            write_charter(tx, board_id, changes)
            return tx.done("Charter saved.")

    def again(self, board_id: str, text: str, since: Position | None) -> tuple[str, Position]:
        """An edited page as a change of the charter of now, with what others wrote meanwhile."""
        wanted = read_charter(text)
        with self._context.store.reading() as conn:
            was, now = charter_states(conn, board_id, since)
            changes, _ = three_way("", was, wanted, now)
            texts = {key: str(value) for key, value in {**now, **changes}.items()}
            return charter_page(texts, hints=True), snapshots.position(conn)


def charter_states(
    conn: Connection, board_id: str, since: Position | None
) -> tuple[dict[str, str], dict[str, str]]:
    """The charter as it was at a place in the log, if that can be found, and as it is."""
    now = charter_in(repository.entity(conn, board_id).fields)
    if since is None or not snapshots.holds(conn, since):
        return now, now
    return charter_in(snapshots.board_at(conn, board_id, since.cursor).fields), now


def write_charter(tx: Transaction, board_id: str, texts: Mapping[str, str] | Values) -> None:
    """Those of these sections that say something else now."""
    wanted = {
        PREFIX + key: tidy(accept(str(text), "the charter")) or None for key, text in texts.items()
    }
    if values := tx.new_values(board_id, wanted):
        tx.write(Change("charter.edited", board_id, set=values))
