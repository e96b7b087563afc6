"""A sync file: consecutive events of the log of one replica as text.

One JSON object a line, and a last line with their number and checksum: without it the file is not
complete yet. A file never changes once it is written.
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
MOST_DEPTH = 32
MOST_EVENTS = 20_000
"""Events of one file."""


_NUMBERS = ("rseq", "version")
_LARGEST = 1 << 31
"""The numbers of an event are below it: a column holds them."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The contents of a sync file; `fault` says why none of it is merged, '' when all is well.
    `intact` means that the file is as it was written."""

    records: Sequence[Record] = ()
    fault: str = ""
    intact: bool = True


def written(records: Sequence[Record]) -> bytes:
    """The bytes of the file that holds these records."""
    return from_lines(
        [
            json.dumps(dict(zip(RECORD_FIELDS, values, strict=True)), separators=(",", ":"))
            for values in map(record_values, records)
        ]
    )


def from_lines(lines: Sequence[str]) -> bytes:
    """The bytes of the file that holds these lines, one for each event."""
    body = "".join(f"{line}\n" for line in lines).encode()
    end = json.dumps({"events": len(lines), "sha256": sha256(body).hexdigest()})
    return body + end.encode() + b"\n"


def lines_in(content: bytes) -> list[str]:
    """The lines of a file that is as it was written, one for each event."""
    return content.decode().split("\n")[:-2]


def read(content: bytes, replica: str, first: int) -> Segment:
    """Read and check the file of `replica` that begins with event `first`."""
    if len(content) > LARGEST:
        return Segment(fault="is larger than 64 MB")
    body, _, end = content.rstrip(b"\n").rpartition(b"\n")
    body += b"\n"
    last_line = _last_line(end)
    if last_line is None or not content.endswith(b"\n"):
        return Segment(fault="is not whole: it is still on its way, or was cut off", intact=False)
    if (last_line["events"], last_line["sha256"]) != (body.count(b"\n"), sha256(body).hexdigest()):
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
    """What the last line says about the file; None when it is not a last line."""
    try:
        values = json.loads(line) if len(line) < LONGEST else None
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) and {"events", "sha256"} <= values.keys() else None


def _record(line: bytes) -> Record | None:
    """The record of a line; None when no log can hold it. Whether the event counts is another
    matter (core/event_validation.py)."""
    if len(line) > LONGEST:
        return None
    try:
        fields = json.loads(line.decode())
        data = json.loads(fields["data"])
        if not isinstance(data, dict) or _too_deep(fields["data"], data):
            return None
        values = [fields[name] for name in RECORD_FIELDS]
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
    """Whether a value is nested too deeply; most texts have too few brackets to be."""
    return text.count("{") + text.count("[") > MOST_DEPTH and _depth(data) > MOST_DEPTH


_ODD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""What stands in a line that holds characters which no board keeps; most lines have none of it."""


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, including field names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from _texts([*value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)
