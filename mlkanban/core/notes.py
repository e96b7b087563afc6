"""Notes that were corrected: the text that stands, by the event that wrote the note.

The log keeps every text. A correction is a field of the card, `note:` and the id of that event, so
that it is merged, resolved and undone as every other field is.
"""

from collections.abc import Mapping
from typing import Any

PREFIX = "note:"


def field(note_id: str) -> str:
    """The field that holds the correction of a note."""
    return PREFIX + note_id


def current_text(note_id: str, written: str, fields: Mapping[str, Any]) -> str:
    """The text of a note as it stands; '' for one that was deleted."""
    corrected = fields.get(field(note_id))
    return written if corrected is None else str(corrected)
