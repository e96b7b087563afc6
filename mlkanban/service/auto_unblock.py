"""Blocks that lift themselves: when a day comes, a card is finished, or a run ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from mlkanban.core.models import CardFace
from mlkanban.service.transaction import Context, Done
from mlkanban.store import repository, run_queries
from mlkanban.store.database import Connection
from mlkanban.store.rows import CONDITION, board_of


class Conditions:
    def __init__(self, context: Context) -> None:
        self._context = context

    def lift(self) -> Done:
        """Lift every block whose condition holds by now, on all boards, and say why."""
        if self._context.store.read_only:
            return Done("", changed=False)
        with self._context.store.reading() as conn:
            waiting = any(True for _ in _due(conn, self._context.clock()))
        if not waiting:
            return Done("", changed=False)
        sentences = []
        with replace(self._context, actor=CONDITION).writing() as tx:
            for face, cause in list(_due(tx.conn, tx.now)):
                tx.write(tx.change("card.unblocked", face, {"blocker": None}, reason=cause))
                sentences.append(f"{face.ref} is not blocked any more: {cause}.")
            return tx.done(" ".join(sentences))


def _due(conn: Connection, now: datetime) -> Iterator[tuple[CardFace, str]]:
    """Each open card whose block is to be lifted, and why."""
    for face, until in repository.waiting(conn):
        kind, _, name = until.partition(":")
        if kind == "card":
            other = repository.face_by_ref(conn, name)
            if other is not None and not other.is_open:
                yield face, f"{other.ref} is {other.outcome or 'archived'}"
        elif kind == "run":
            if run_queries.end_of_run(conn, until):
                yield face, f"run {name} has ended"
        else:
            zone = ZoneInfo(board_of(conn, repository.board_id(conn, face)).timezone)
            if until <= now.astimezone(zone).date().isoformat():
                yield face, f"{until} has come"
