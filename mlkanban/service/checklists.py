"""Checklists of cards: one field of a card, whichever item changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlkanban.core import checklist
from mlkanban.core.board import Board, CardFace, CardType, Stage
from mlkanban.core.card import CheckItem
from mlkanban.core.field_kinds import items_in
from mlkanban.errors import RuleRefused, UsageProblem
from mlkanban.service.fields import checked
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.text import accept


def edited(
    before: Sequence[CheckItem], typed: Any, tick: Sequence[str], untick: Sequence[str]
) -> tuple[CheckItem, ...]:
    """A checklist after an edit: `typed` replaces it unless that is None, then items are ticked and
    unticked by number or by a prefix of their text."""
    items = tuple(before)
    if typed is not None:
        whole = checked({"checklist": checklist.with_gates_of(typed, before)}, partial=True)
        items = items_in(whole["checklist"])
    for wanted, done in ((tick, True), (untick, False)):
        places = [checklist.find(items, text) for text in wanted]
        items = checklist.marked(items, places, done=done)
    return items


_ASKED = (CardType.EXPERIMENT, CardType.MODEL)
"""The types of cards that stages ask for deliverables."""


def with_deliverables(board: Board, stage: Stage, new: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a new card in a stage (checked), with what that stage and those after it ask of
    new experiments and models at the end of its checklist."""
    if (new.get("type") or CardType.EXPERIMENT) not in _ASKED:
        return new
    items = list(new.get("checklist") or ())
    there = {item["text"].casefold() for item in items}
    asked = [
        {"text": text, "done": False, "gate": later.id}
        for later in board.stages[board.position(stage.id) :]
        for text in later.deliverables
        if text.casefold() not in there
    ]
    return {**new, "checklist": [*items, *asked]} if asked else new


class Checklists:
    """The use cases of checklists. An item is named by its place, from 0, and its text, so that
    nobody ticks a different item than the one they saw."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def toggle(self, ref: str, place: int, text: str) -> Done:
        """Tick an item, or untick it."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            items = _looked_at(tx, face, place, text)
            done = not items[place].done
            after = checklist.marked(items, [place], done=done)
            return _saved(tx, face, after, f"{'ticked' if done else 'unticked'}: {text}.")

    def add(self, ref: str, text: str) -> Done:
        """Add an item at the end."""
        text = accept(text, "the item").strip()
        if not text:
            raise UsageProblem("The item is empty.", "Type what is to be ticked.")
        with self._context.writing() as tx:
            face = tx.face(ref)
            after = (*tx.checklist(face), CheckItem(text=text))
            return _saved(tx, face, after, f"added: {text}.")

    def remove(self, ref: str, place: int, text: str) -> Done:
        """Remove an item."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            items = _looked_at(tx, face, place, text)
            after = items[:place] + items[place + 1 :]
            return _saved(tx, face, after, f"removed: {text}.")


def _looked_at(tx: Transaction, face: CardFace, place: int, text: str) -> tuple[CheckItem, ...]:
    items = tx.checklist(face)
    if place >= len(items) or items[place].text != text:
        raise RuleRefused(
            f"The checklist of {face.ref} was changed meanwhile.", "Nothing was changed now."
        )
    return items


def _saved(tx: Transaction, face: CardFace, items: Sequence[CheckItem], what: str) -> Done:
    tx.write(tx.change("card.edited", face, {"checklist": checklist.dumped(items)}))
    return tx.done(f"{face.ref} {what}", (tx.card(face.ref),))
