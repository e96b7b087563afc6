"""Corrected notes: the text that stands now, by the event that wrote the note.

The log keeps every text. A correction is a field of the card, `note:` and the id of that event, so
that it is merged, resolved and undone like every other field.
"""

from collections.abc import Collection, Mapping
from typing import Any

PREFIX = "note:"


def field(note_id: str) -> str:
    """The name of the field that holds the correction of a note."""
    return PREFIX + note_id


def alone(fields: Collection[str]) -> bool:
    """Whether these fields correct notes and nothing else."""
    return bool(fields) and all(name.startswith(PREFIX) for name in fields)


def is_note(kind: str, fields: Collection[str]) -> bool:
    """Whether an event of this kind, which set these fields, wrote or corrected a note."""
    return kind == "card.noted" or alone(fields)


def current_text(note_id: str, written: str, fields: Mapping[str, Any]) -> str:
    """The present text of a note; '' for a deleted one."""
    corrected = fields.get(field(note_id))
    return written if corrected is None else str(corrected)
