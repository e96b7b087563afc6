"""The gates of one action, which may be about several cards: asked before, told at the end."""

from __future__ import annotations

from typing import Any

from mlkanban.core import rules
from mlkanban.core.models import Board, CardFace
from mlkanban.core.rules import Refused, Verdict
from mlkanban.errors import LimitReached
from mlkanban.service.checklists import Ticks, checklist_of, tick
from mlkanban.service.enforce import passed
from mlkanban.service.transaction import Transaction


class Gates:
    """Ticks `ticks` first; what is unticked then needs the reason of `override`."""

    def __init__(self, tx: Transaction, override: str, ticks: Ticks | None) -> None:
        self._tx = tx
        self._override = override
        self._said: dict[str, Verdict] = {}
        tick(tx, ticks or {})

    def ask(self, board: Board, face: CardFace, to: int) -> None:
        """Note what the gates between a card's stage and the position `to` say."""
        checklist = checklist_of(self._tx, face)
        self._said[face.ref] = rules.leave(board, face.ref, face.stage, to, checklist)

    def kept(self, face: CardFace) -> dict[str, Any]:
        """What the event of a card keeps when it goes past gates: the reason, what was unticked."""
        verdict = self._said.get(face.ref)
        if not isinstance(verdict, Refused) or not self._override.strip():
            return {}
        return {
            "reason": passed(verdict, self._override)[1],
            "unticked": verdict.unticked[face.ref],
        }

    def settle(self, limit: LimitReached | None = None) -> str:
        """What was passed, for the person. GateClosed when something is unticked and there is no
        override, with what a `limit` refused besides."""
        said = list(self._said.values())
        if limit is not None:
            said.append(Refused(limit.message, limit.hint, by_limit=True))
        return passed(rules.together(said), self._override)[0]
