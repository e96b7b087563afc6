"""A segment: some events that follow each other in the log of one replica, as the text of a file.

One JSON object a line, and a last line with their number and checksum: without that the file is
not whole yet. Once written it never changes.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from mlkanban.core.events import RECORD_FIELDS, Record, record_values
from mlkanban.text import keepable

LARGEST = 64_000_000
"""Bytes of one file."""
LONGEST = 1_000_000
"""Bytes of one line."""
DEEPEST = 32
MOST = 20_000
"""Events of one file."""


_NUMBERS = ("rseq", "version")
_LARGEST = 1 << 31
"""The numbers of an event are below it: a column holds them."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What a file holds; `fault` says why nothing of it is taken in, '' when all is well. Only one
    that is `intact` is as it was written."""

    records: Sequence[Record] = ()
    fault: str = ""
    intact: bool = True


def written(records: Sequence[Record]) -> bytes:
    """The file that holds these records."""
    lines = [
        json.dumps(dict(zip(RECORD_FIELDS, values, strict=True)), separators=(",", ":")) + "\n"
        for values in map(record_values, records)
    ]
    body = "".join(lines).encode()
    end = json.dumps({"events": len(records), "sha256": sha256(body).hexdigest()})
    return body + end.encode() + b"\n"


def read(content: bytes, replica: str, first: int) -> Segment:
    """What the file of `replica` that begins with event `first` holds, checked."""
    if len(content) > LARGEST:
        return Segment(fault="is larger than 64 MB")
    body, _, end = content.rstrip(b"\n").rpartition(b"\n")
    body += b"\n"
    said = _last_line(end)
    if said is None or not content.endswith(b"\n"):
        return Segment(fault="is not whole: it is still on its way, or was cut off", intact=False)
    if (said["events"], said["sha256"]) != (body.count(b"\n"), sha256(body).hexdigest()):
        return Segment(
            fault="was changed on its way, by a conversion of line ends or by hand", intact=False
        )
    records = []
    for number, line in enumerate(body[:-1].split(b"\n")):
        record = _record(line)
        if record is None:
            return Segment(fault=f"cannot be read in line {number + 1}")
        if record.replica != replica or record.rseq != first + number:
            return Segment(fault=f"holds another event than its place says in line {number + 1}")
        records.append(record)
    return Segment(records)


def _last_line(line: bytes) -> dict[str, Any] | None:
    """What the last line of a file says of it; None when it is another line."""
    try:
        said = json.loads(line) if len(line) < LONGEST else None
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and {"events", "sha256"} <= said.keys() else None


def _record(line: bytes) -> Record | None:
    """The record of a line; None when it is none that a log can keep. Whether the event counts is
    another matter (core/event_validation.py)."""
    if len(line) > LONGEST:
        return None
    try:
        given = json.loads(line.decode())
        data = json.loads(given["data"])
        if not isinstance(data, dict) or _too_deep(given["data"], data):
            return None
        values = [given[name] for name in RECORD_FIELDS]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    for name, value in zip(RECORD_FIELDS, values, strict=True):
        if not isinstance(value, int if name in _NUMBERS else str) or isinstance(value, bool):
            return None
        if isinstance(value, int) and abs(value) >= _LARGEST:
            return None
    if _ODD.search(line) and not all(map(keepable, _texts([*values, data]))):
        return None
    return Record(*values)


def _too_deep(text: str, data: Any) -> bool:
    """Whether it is nested too deeply; most texts have too few brackets to be."""
    return text.count("{") + text.count("[") > DEEPEST and _depth(data) > DEEPEST


_ODD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""What stands in a line that holds characters which no board keeps; most lines have none of it."""


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, names of fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from _texts([*value.values()])
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)
