"""The search index: everything a person wrote about a card, case-folded.

A plain table that is scanned: ten thousand cards with their notes take less time than a key press
may, any part of a word is found, and no character of a query has a special meaning.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from mlkanban.core.card_fields import FIELDS
from mlkanban.core.events import Event
from mlkanban.core.notes import PREFIX, current_text
from mlkanban.store.rows import IN_FORCE, own_id

# Sets last, the order in which every store has its texts: doctor compares them.
_SEARCHED = sorted((field for field in FIELDS if field.searchable), key=lambda field: field.is_set)
_WRITTEN = (PREFIX, *(field.stored for field in _SEARCHED if field.is_set))
_NAMES = frozenset(field.stored for field in _SEARCHED)


def may_change(event: Event) -> bool:
    """Whether an event can change the text of its card."""
    values = event.data.get("set", {})
    return bool(event.data.get("note") or event.undoes) or any(
        name in _NAMES or name.startswith(_WRITTEN) for name in values
    )


def save(conn: sqlite3.Connection, card: str, board: str, fields: Mapping[str, Any]) -> None:
    """Store the text of a card as it is now."""
    notes = conn.execute(
        f"SELECT id, data FROM event WHERE card = ? AND kind = 'card.noted' AND {IN_FORCE}"
        " AND id NOT IN (SELECT event FROM undone) ORDER BY hlc, replica",
        (card,),
    ).fetchall()
    parts = [
        *(word for field in _SEARCHED for word in field.words(fields)),
        *(current_text(own_id(note), json.loads(data)["note"], fields) for note, data in notes),
    ]
    text = "\n".join(filter(None, parts)).casefold()
    conn.execute("INSERT OR REPLACE INTO words VALUES (?, ?, ?)", (card, board, text))
