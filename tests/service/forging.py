"""Segments as a peer writes them that means no good, or has a fault: other events, right sums."""

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mlkanban.core.events import Record
from mlkanban.store.log import chained
from mlkanban.sync import file_format

Forge = Callable[[dict[str, Any]], None]
"""Changes an event as it travels; its `data` is a dict meanwhile, or the text to send."""


def rechained(records: list[Record], previous: str) -> list[Record]:
    """The records with the hashes that follow from what they hold now."""
    made = []
    for record in records:
        previous = chained(previous, record)
        made.append(replace(record, hash=previous))
    return made


def forged(file: Path, forges: Sequence[Forge], before: str = "") -> None:
    """Forge the last events of a segment; `before` is the hash that its first one follows."""
    found = file_format.read(file.read_bytes(), file.parent.name, int(file.stem)).records
    at = len(found) - len(forges)
    records = [*found[:at]]
    for record, forge in zip(found[at:], forges, strict=True):
        named = asdict(record) | {"data": json.loads(record.data)}
        forge(named)
        if not isinstance(named["data"], str):
            named["data"] = json.dumps(named["data"])
        records.append(Record(**named))
    with contextlib.suppress(TypeError, UnicodeEncodeError):  # then no hash can be made of it
        records = rechained(records, before)
    file.write_bytes(file_format.written(records))
