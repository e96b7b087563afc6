"""The queue of cards that ask for a decision, from the store."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from mlkanban.core import triage
from mlkanban.core.models import Board, CardFace
from mlkanban.core.triage import Item, View
from mlkanban.service.history import History
from mlkanban.service.transaction import Desk, find_face
from mlkanban.store import repository


class Triage:
    def __init__(self, desk: Desk, history: History) -> None:
        self._desk = desk
        self._history = history

    def queue(self, board: Board, view: View = View.ALL) -> list[Item]:
        """The cards of a board that ask for a decision now, most pressing first."""
        now, zone = self._desk.clock(), ZoneInfo(board.timezone)
        today = now.astimezone(zone).date()
        pace = self._history.pace(board, now)
        with self._desk.store.reading() as conn:
            faces = repository.faces(conn, board.id)
            blocked = [face.id for face in faces if face.is_open and face.block_reason]
            touched = repository.last_touched(conn, blocked)

        def day(instant: str) -> date:
            return datetime.fromisoformat(instant).astimezone(zone).date()

        def old(face: CardFace) -> bool:
            if not face.started_at:
                return False
            age = (today - day(face.started_at)).days + 1
            return bool(pace.marks(board.position(face.stage), age, blocked=False))

        quiet = {card: (today - day(at)).days for card, at in touched.items()}
        return triage.queue(board, faces, today, quiet=quiet, old=old, view=view)

    def snoozes(self, ref: str) -> int:
        """How often a card was snoozed, undone ones not counted."""
        with self._desk.store.reading() as conn:
            find_face(conn, ref)
        return sum(
            entry.event.kind == "card.snoozed" and entry.in_force
            for entry in self._history.of_card(ref)
        )
