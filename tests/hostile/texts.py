"""Text that nobody types and any log may hold, in every place of a board that takes text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

from mlkanban.core.events import Record
from mlkanban.store.log import chained
from mlkanban.text import keepable

FAKE = "FAKE-LINE"
"""What must never stand at the start of a line: whoever can put it there can forge an answer."""

PIECES = (
    "\x1b]52;c;T1dORUQ=\x07", "\x1b]0;OWNED\x07", "\x1b]8;;http://x\x1b\\link", "\x1b[6;66m",
    "\x1b[3J", "\x1b[?47h", "\x1b[200;200H", "\x1bP$q66\x1b\\", "\x1b_x\x1b\\", "\x1bc", "\x9b66m",
    "\x9d0;OWNED\x9c", "\x90q\x9c", "\x85", "\x7f\x08\x08\x07", "\r" + FAKE, "\n" + FAKE,
    "\u2028" + FAKE, "\u202e\u2066\u2069\u061c\u200f\u200e", "\ufeff", "\ud800", "\udc9b", "\x00",
    "\x1b", "\x0e", "[@click=app.quit]x[/]", "[bold red]", "[/]", "%s %(x)s {0} {x!r}", "=1+1",
    "异常检测" * 9, "👩‍👩‍👧‍👦🇩🇪1️⃣", "e" + "\u0301" * 30, "\t|\t", "\u200b\u200d", "x" * 90,
)  # fmt: skip
KEPT = tuple(filter(keepable, PIECES))
"""Those that a board can keep; with the others nothing is taken in."""

LINES = tuple(piece for piece in KEPT if "\n" not in piece)
WORDS = tuple(piece for piece in LINES if piece.split() == [piece])
"""Those of a name or title, which is one line, and of a tag, which is one word: an event with
others there does not count at all."""

MANY = 12

_MEMBERS = {"tag:": WORDS, "link:": KEPT, "view:": KEPT, "alert:": KEPT, "run:mlflow:": KEPT}
_FREE = frozenset({
    "title", "name", "hypothesis", "dataset", "verdict", "note", "reason", "text", "unticked",
    "argv", "host", "evidence", "why", "job", "last", "says", "where", "force", "commit",
    "template", "tracked",
})  # fmt: skip
"""Names of fields, wherever they stand, that people fill as they like."""


def hostile(text: str, pieces: Sequence[str] = KEPT) -> str:
    """`text` among some of the pieces; which ones, and which of them comes first and is seen where
    little room is, depends on the text."""
    turn = crc32(text.encode("utf-8", "surrogatepass")) % len(pieces)
    first, *others = (*pieces[turn:], *pieces[:turn])[:MANY]
    return "".join((first, text, *others))


def spoilt(record: Record) -> Record:
    """The event of somebody who means ill, in its old place; its hash no longer fits."""
    data = _spoilt_parts(json.loads(record.data))
    return replace(
        record,
        actor=hostile(record.actor),
        host=hostile(record.host),
        data=json.dumps(data, separators=(",", ":")),
    )


def rechained(records: Sequence[Record]) -> list[Record]:
    """The whole log of one replica with hashes that fit again."""
    previous, made = "", []
    for record in records:
        previous = chained(previous, record)
        made.append(replace(record, hash=previous))
    return made


def _spoilt_parts(data: Mapping[str, Any]) -> dict[str, Any]:
    def part(name: str, field: str, value: Any) -> Any:
        if name == "set":
            return _value(field, value)
        return [_value(field, value[0]), value[1]] if name == "was" else value

    return {
        name: {_key(field): part(name, field, value) for field, value in given.items()}
        if isinstance(given, dict)
        else _value(name, given)
        for name, given in data.items()
    }


def _key(field: str) -> str:
    prefix = next((one for one in _MEMBERS if field.startswith(one)), "")
    return prefix + hostile(field.removeprefix(prefix), _MEMBERS[prefix]) if prefix else field


def _value(field: str, value: Any) -> Any:
    """A value with hostile text in all of it that is text of people."""
    if field.startswith("view:"):
        return value
    if field in ("title", "name") and isinstance(value, str):
        return hostile(value, LINES)
    if field.startswith(("charter:", "run:", "alert:")) or field in _FREE:
        return _all(value)
    if field == "metric" and value:
        return value | {"name": hostile(value["name"], LINES)}
    if field in ("blocker", "checklist"):
        return _named(value)
    return value


def _all(value: Any) -> Any:
    if isinstance(value, str):
        return hostile(value)
    if isinstance(value, list):
        return [_all(one) for one in value]
    if isinstance(value, dict):
        return {
            name if name in _FIXED or not isinstance(inner, float) else hostile(name):
            inner if name in _FIXED else _all(inner)
            for name, inner in value.items()
        }  # fmt: skip
    return value


def _named(value: Any) -> Any:
    """A list or object of which only some parts are free text."""
    if isinstance(value, list):
        return [_named(one) for one in value]
    if isinstance(value, dict):
        return {n: hostile(v) if n in ("text", "note") and v else v for n, v in value.items()}
    return value


_FIXED = frozenset({"state", "started", "ended", "at", "value", "threshold"})
"""Parts of an object that no program of ours would take another value for."""
