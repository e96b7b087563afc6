"""Notes that were corrected: the text that stands, by the event that wrote the note.

The log keeps every text. A correction is a field of the card, `note:` and the id of that event, so
that it is merged, resolved and undone as every other field is.
"""

from collections.abc import Collection, Mapping
from typing import Any

PREFIX = "note:"


def field(note_id: str) -> str:
    """The field that holds the correction of a note."""
    return PREFIX + note_id


def alone(fields: Collection[str]) -> bool:
    """Whether these fields correct notes, and nothing else."""
    return bool(fields) and all(name.startswith(PREFIX) for name in fields)


def current_text(note_id: str, written: str, fields: Mapping[str, Any]) -> str:
    """The text of a note as it stands; '' for one that was deleted."""
    corrected = fields.get(field(note_id))
    return written if corrected is None else str(corrected)
