"""Imported steps for cards that are on the board already: they continue from where each card
stands, and overwrite nothing that a person did here."""

from dataclasses import replace
from enum import Enum, auto
from typing import Any

from mlkanban.core.events import Change
from mlkanban.core.models import Outcome
from mlkanban.service.transaction import Transaction
from mlkanban.store import run_queries
from mlkanban.store.rows import board_of


class LeftOut(Enum):
    """Why a step of a log is left out: a file or a person moved the card on after it, or a person
    ended the card."""

    IMPORTED = auto()
    DONE_HERE = auto()
    ENDED_HERE = auto()


def is_known(tx: Transaction, card: str) -> bool:
    """Whether a card with this id is, or was, on a board."""
    return "ref" in tx.writer.projector.entity(card).fields


def continued(tx: Transaction, change: Change) -> Change | LeftOut | None:
    """A step from a log for a known card, as a change of the card as it stands, never with a new
    title or type.

    None when the card is there already; the reason where the step is left out. A change that is no
    dated step stays as it is.
    """
    if not change.at or "place" not in change.set:
        return change
    fields = tx.writer.projector.entity(change.card).fields
    ended = fields.get("outcome") or ""
    if fields.get("deleted") or fields.get("archived") or ended not in ("", Outcome.SHIPPED.value):
        return LeftOut.ENDED_HERE
    if change.at < run_queries.last_step(tx.conn, change.card):
        imported = run_queries.last_was_imported(tx.conn, change.card)
        return LeftOut.IMPORTED if imported else LeftOut.DONE_HERE
    stage = change.set["place"][0]
    if fields["place"][0] == stage:
        return None
    values: dict[str, Any] = {"place": change.set["place"]}
    kind = "card.moved"
    delivered = board_of(tx.conn, change.board).is_delivered(stage)
    if delivered and not ended:
        values["outcome"] = Outcome.SHIPPED.value
    elif ended and not delivered:
        values["outcome"] = None
        kind = "card.reopened"
    return replace(change, kind=kind, set=values)
