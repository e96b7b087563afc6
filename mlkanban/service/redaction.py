"""Removing text for good: a secret that somebody pasted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mlkanban.core.events import Change, Event
from mlkanban.core.redaction import KIND, texts_in
from mlkanban.errors import NotFound, RuleRefused
from mlkanban.service.transaction import Context, find_face
from mlkanban.store import redaction, repository
from mlkanban.store.database import Connection
from mlkanban.store.rows import events_of

_SHORTEST = 8
"""Characters of the beginning of an event's id, and of a text that is looked for elsewhere."""


class FoundText(NamedTuple):
    """A text that an event wrote, and the name of its field."""

    event: Event
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class RedactionPlan:
    """What would be removed of a card ('' for the board). `elsewhere` are short ids of other cards
    with events that hold one of these texts too."""

    ref: str
    board: str
    card: str
    stage: str
    found: Sequence[FoundText]
    elsewhere: Sequence[str]


class Redacted(NamedTuple):
    """In how many events and backups text was replaced, and the backups where it could not be."""

    events: int
    backups: int
    failed: Sequence[Path]


class Redacting:
    def __init__(self, context: Context) -> None:
        self._context = context

    def plan(
        self, target: str, fields: Collection[str] = (), containing: str = ""
    ) -> RedactionPlan:
        """What would be removed of a card, or of an event and what repeats its text on its card.
        NotFound when there is neither, or nothing to remove."""
        with self._context.store.reading() as conn:
            events, chosen = self._events(conn, target)
            found = [
                FoundText(event, field, text)
                for event in events
                for field, text in texts_in(event)
                if (not fields or field.rstrip(":") in fields) and containing in text
            ]
            if chosen is not None:
                texts = {text for event, _, text in found if event.id == chosen}
                found = [item for item in found if item.text in texts]
            if not found:
                raise NotFound(f"There is no text to remove in {target}.", "Nothing was changed.")
            first = found[0].event
            looked_for = {containing} if containing else {item.text for item in found}
            if not containing and chosen is None:
                looked_for = set()
            board = first.board
            elsewhere = [
                ref
                for ref in repository.refs_holding(
                    conn, [text for text in looked_for if len(text) >= _SHORTEST]
                )
                if ref != repository.ref_of(conn, first.card)
            ]
            ref = repository.ref_of(conn, first.card)
        return RedactionPlan(
            ref, board, first.card, str(first.data.get("stage", "")), found, elsewhere
        )

    def _events(self, conn: Connection, target: str) -> tuple[list[Event], str | None]:
        """The events of a card, or of the entity of an event, and the id of that event."""
        matches = repository.events_beginning(conn, target) if len(target) >= _SHORTEST else []
        if len(matches) > 1:
            raise RuleRefused(f"Several events begin with {target}.", "Give more of the id.")
        if not matches:
            return events_of(conn, "", find_face(conn, target).id), None
        [event] = matches
        return events_of(conn, event.board, event.entity), event.id

    def redact(self, plan: RedactionPlan) -> Redacted:
        """Remove what a plan found from log, projections, search and backups. Sync files follow at
        the next sync, and the other machines at theirs. It cannot be undone."""
        path = self._context.store.path
        redaction.begin(path)
        named: dict[str, set[str]] = {}
        for event, field, _ in plan.found:
            named.setdefault(event.stamp, set()).add(field)
        change = Change(
            KIND, plan.board, card=plan.card, stage=plan.stage,
            redacts={stamp: sorted(fields) for stamp, fields in named.items()},
        )  # fmt: skip
        with self._context.writing() as tx:
            tx.write(change)
            events = redaction.apply(tx.conn, redaction.redactions(tx.conn))
            redaction.renew(tx.conn)
            tx.writer.projector.begin_anew()
        return self.finish()._replace(events=events)

    @property
    def is_pending(self) -> bool:
        """Whether a redaction was begun, here or by a sync, and what is left of the text in free
        pages and backups was not removed yet."""
        return redaction.is_pending(self._context.store.path)

    def finish(self) -> Redacted:
        """Remove redacted text from what is free in the store file, and from backups."""
        store = self._context.store
        with store.reading() as conn:
            redacted = redaction.redactions(conn)
        store.compact()
        backups, failed = redaction.clean_backups(store.path, redacted)
        redaction.end(store.path)
        return Redacted(0, backups, failed)
