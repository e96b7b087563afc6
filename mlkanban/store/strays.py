"""Cards that the work of two machines left where nobody looks for them: on a board that one machine
archived while another moved a card there, and parts of a card that is on another board."""

import sqlite3
from collections.abc import Mapping

from mlkanban.core.board import Board
from mlkanban.core.lineage import PARENT
from mlkanban.hints import Hint, hint
from mlkanban.store import repository
from mlkanban.store.repository import OPEN

_LAST = "(SELECT replica FROM event WHERE {} ORDER BY hlc DESC LIMIT 1)"
_MOVED = _LAST.format("event.card = card.id AND kind = 'card.transferred'")
_ARCHIVED = _LAST.format(
    "event.board = card.board AND event.card = '' AND kind = 'board.edited'"
    " AND json_extract(data, '$.set.archived')"
)


def strays(conn: sqlite3.Connection) -> list[tuple[str, Hint]]:
    """Each such card in a sentence, with what to do about it."""
    boards = {board.id: board for board in repository.boards(conn)}
    if len(boards) < 2:
        return []
    return [*_on_archived_boards(conn, boards), *_apart(conn, boards)]


def _on_archived_boards(
    conn: sqlite3.Connection, boards: Mapping[str, Board]
) -> list[tuple[str, Hint]]:
    """Open cards on archived boards, where one machine moved the card and another archived the
    board; a person who archives a board with its cards means them, too."""
    found = []
    for board in boards.values():
        rows = (
            conn.execute(
                f"SELECT ref FROM card WHERE board = ? AND {OPEN} AND {_MOVED} != {_ARCHIVED}"
                " ORDER BY ref",
                (board.id,),
            )
            if board.archived
            else ()
        )
        found += [
            (
                f"{ref} was moved to the board {board.key}, which another machine archived",
                hint("Bring the board back: {boards restore {}}", board.key),
            )
            for (ref,) in rows
        ]
    return found


def _apart(conn: sqlite3.Connection, boards: Mapping[str, Board]) -> list[tuple[str, Hint]]:
    """Open parts on another board than the open card that they are parts of."""
    rows = conn.execute(
        f"SELECT ref, lineage, board FROM card WHERE instr(' ' || lineage, ' {PARENT}:')"
        f" AND {OPEN} ORDER BY ref"
    ).fetchall()
    found = []
    for ref, lineage, board in rows:
        for member in lineage.split():
            kind, _, whole = member.partition(":")
            if kind != PARENT:
                continue
            other = conn.execute(
                f"SELECT board FROM card WHERE ref = ? AND {OPEN}", (whole,)
            ).fetchone()
            here, there = boards.get(board), boards.get(other[0]) if other else None
            if here and there and here.id != there.id and not (here.archived or there.archived):
                found.append(
                    (
                        f"{ref} on {here.key} is a part of {whole}, which is on {there.key} and"
                        " counts the parts there alone",
                        hint("Move it there: {transfer {} {}}", ref, there.key),
                    )
                )
    return found
