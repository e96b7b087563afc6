"""Duplicates: merge two cards that are about the same thing."""

from __future__ import annotations

from typing import Any

from mlkanban.core.board import Outcome
from mlkanban.core.events import MEMBERS
from mlkanban.core.lifecycle import DUPLICATE_OF, lifting, restated
from mlkanban.errors import RuleRefused
from mlkanban.runs.model.run import PREFIX, runs_in
from mlkanban.service.enforce import check_links
from mlkanban.service.transaction import Context, Done
from mlkanban.store import repository


class Duplicates:
    def __init__(self, context: Context) -> None:
        self._context = context

    def merge(self, ref: str, into: str) -> Done:
        """Merge a duplicate into another card: its notes, tags, links, dependencies and runs move
        there, and it ends as superseded (discarded, if it was never started)."""
        with self._context.writing() as tx:
            face, other = tx.face(ref), tx.face(into)
            if face.id == other.id:
                raise RuleRefused(f"{face.ref} is no duplicate of itself.", "Name another card.")
            if not face.is_open:
                raise RuleRefused(f"{face.ref} is not open any more.", "Nothing was changed.")
            if repository.board_id(tx.conn, face) != repository.board_id(tx.conn, other):
                raise RuleRefused(
                    f"{face.ref} and {other.ref} are on different boards.",
                    "Choose cards of one board.",
                )
            fields = tx.writer.projector.entity(face.id).fields
            if going := next((run for run in runs_in(fields) if not run.state.ended), None):
                # What is heard of it later is written to this card.
                raise RuleRefused(
                    f"The run {going.id} of {face.ref} goes on.", "Merge when it has ended."
                )
            for note in tx.card(face.ref).notes:
                text = f"From {face.ref}, {note.at:%Y-%m-%d}:\n\n{note.text}"
                tx.write(tx.change("card.noted", other, {}, note=text))
            moving: dict[str, Any] = {
                name: True
                for name, there in fields.items()
                if there and name.startswith(MEMBERS)
                and name.rpartition(":")[2] != other.ref
            }  # fmt: skip
            moving |= {name: run for name, run in fields.items() if run and name.startswith(PREFIX)}
            added = tx.new_values(other.id, moving)
            check_links(tx, added, other.ref)
            runs = any(name.startswith(PREFIX) for name in added)
            # What the other one is, too: if another machine ends it meanwhile, the later wins.
            added |= restated(tx.writer.projector.entity(other.id))
            tx.write(tx.change("run.moved" if runs else "card.edited", other, added))
            ended = Outcome.SUPERSEDED if face.started_at else Outcome.DISCARDED
            values = {
                **lifting(fields), "outcome": ended.value, "work": "attended", "archived": True,
                "verdict": DUPLICATE_OF + other.ref,
            }  # fmt: skip
            tx.write(tx.change("card.finished", face, values))
            cards = (tx.card(other.ref), tx.card(face.ref))
        message = f"{face.ref} merged into {other.ref}, and archived as {ended.value}."
        return Done(message, cards)
