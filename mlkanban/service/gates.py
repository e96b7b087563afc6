"""The gates of one action on one or several cards: checked before, reported at the end."""

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
    """The gates of one action. The items in `ticks` are ticked first; what is unticked then needs
    the reason in `override`."""

    def __init__(self, tx: Transaction, override: str, ticks: Ticks | None) -> None:
        self._tx = tx
        self._override = override
        self._verdicts: dict[str, Verdict] = {}
        tick(tx, ticks or {})

    def check(self, board: Board, face: CardFace, to: int) -> None:
        """Check the gates between a card's stage and the position `to`."""
        checklist = checklist_of(self._tx, face)
        self._verdicts[face.ref] = rules.leave(board, face.ref, face.stage, to, checklist)

    def kept(self, face: CardFace) -> dict[str, Any]:
        """What the event of a card that passes gates records: the reason, and the unticked
        items."""
        verdict = self._verdicts.get(face.ref)
        if not isinstance(verdict, Refused) or not self._override.strip():
            return {}
        return {
            "reason": passed(verdict, self._override)[1],
            "unticked": verdict.unticked[face.ref],
        }

    def require_passed(self, limit: LimitReached | None = None) -> str:
        """The warning about gates that were passed. GateClosed when items are unticked and there is
        no override; a refused `limit` is reported with it."""
        verdicts = list(self._verdicts.values())
        if limit is not None:
            verdicts.append(Refused(limit.message, limit.hint, by_limit=True))
        return passed(rules.together(verdicts), self._override)[0]
