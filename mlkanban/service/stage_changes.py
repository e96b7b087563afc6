"""What a change of a board's stages does to the cards in them: past delivery a card is shipped,
before delivery a shipped card is open again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlkanban.core import rules
from mlkanban.core.board import Board, CardFace, Outcome, stands
from mlkanban.core.lifecycle import derived_values, lifting
from mlkanban.errors import WouldChangeCards
from mlkanban.records import record
from mlkanban.service.transaction import Transaction
from mlkanban.store import repository

_MOST_CARDS_NAMED = 4


class _StageEffect(NamedTuple):
    """What happens to some cards, in words: what would happen, and what happened."""

    faces: Sequence[CardFace]
    would: str
    done: str


@record(frozen=True, slots=True)
class StageChange:
    """Cards that a change of stages re-opens and cards that it ships; a `warning` where it puts
    more cards in progress than the limit allows."""

    opened: Sequence[CardFace]
    shipped: Sequence[CardFace]
    effects: Sequence[_StageEffect]
    warning: str

    def write(self, tx: Transaction) -> str:
        """Write the changes of the cards after the stages were changed; returns the sentence about
        it."""
        for faces, kind, outcome in (
            (self.opened, "card.reopened", None),
            (self.shipped, "card.finished", Outcome.SHIPPED.value),
        ):
            for face in faces:
                values = {**lifting(tx.fields(face)), "outcome": outcome}
                tx.write(tx.change(kind, face, values))
        return "".join(f" {_cards(e.faces)} {e.done}." for e in self.effects)


def cards_after(tx: Transaction, board: Board, then: Board, *, agreed: bool) -> StageChange:
    """What happens to the cards of a board when its stages become those of `then`.
    WouldChangeCards, with their number, unless this is `agreed`."""
    opened: list[CardFace] = []
    shipped: list[CardFace] = []
    leaving: list[CardFace] = []
    before = after = 0
    for face in repository.faces(tx.conn, board.id):
        now = {"place": [face.stage], "outcome": face.outcome, "archived": face.archived}
        derived = derived_values(then, now, ended_in_place=not board.is_delivered(face.stage))
        if "outcome" in derived:
            (shipped if derived["outcome"] else opened).append(face)
        elif face.outcome and stands(board, face) and not stands(then, face):
            leaving.append(face)
        before += face.is_open and board.is_committed(face.stage)
        open_then = face.is_open if "outcome" not in derived else not derived["outcome"]
        after += open_then and then.is_committed(face.stage)
    warning = rules.over_conwip(then, before, after)
    effects = [
        effect
        for effect in (
            _StageEffect(opened, "would be open again", "opened again"),
            _StageEffect(shipped, "would be finished as shipped", "finished as shipped"),
            _StageEffect(leaving, "would leave the board, finished as now", "off the board now"),
        )
        if effect.faces
    ]
    if effects and not agreed:
        effects_text = " ".join(f"{_cards(effect.faces)} {effect.would}." for effect in effects)
        raise WouldChangeCards(f"{effects_text} {warning}".rstrip(), "Nothing was changed.")
    return StageChange(opened, shipped, effects, warning)


def _cards(faces: Sequence[CardFace]) -> str:
    """Cards in words: `2 cards (g1, g2)`."""
    refs = ", ".join(face.ref for face in faces[:_MOST_CARDS_NAMED])
    more = ", .." if len(faces) > _MOST_CARDS_NAMED else ""
    return f"{len(faces)} card{'' if len(faces) == 1 else 's'} ({refs}{more})"
