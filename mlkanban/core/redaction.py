"""Redaction: text that is removed from the log for good, on every machine.

A redaction is an event about a card, a stage or a board that names writes of text: the stamp of the
event that wrote it, and the fields. Every log replaces that text in the event, in later events that
kept it as the value before (which name the write as its origin), and in those that put it back or
wrote it again. What stays is a stub: the event with its hash, by which the chain goes on. The rule
is pure and looks at the events of one entity alone, so that all machines come to the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mlkanban.core.card_fields import STORED
from mlkanban.core.events import Event
from mlkanban.core.field_kinds import BlockerKind, Checklist, Members, Name, Prose, Title

KIND = "redacted"
MARK = "[redacted]"
STUB = "redacted"
"""The key in the data of an event whose text was removed."""
NOTE, REASON, UNTICKED = "note", "reason", "unticked"
_TOP = (NOTE, REASON, UNTICKED)
"""Texts of an event that are no fields."""

Redactions = Mapping[str, frozenset[str]]
"""The fields that were redacted, by the stamp of the event that wrote them; of a set its prefix."""

_WRITTEN = ("note", "charter", "view", "run", "review", "answer")
"""What begins the names of further fields in which people or programs write."""
_ELSEWHERE = frozenset({"name", "deliverables"})
"""Fields of stages and boards."""
_FORMS = frozenset({
    "gate", "state", "started", "ended", "made", "stopping", "lives", "tracked", "parent",
    "direction", "at_work_since", "tasks", "job", "commit", "reason", "since", "until", "at",
})  # fmt: skip
"""Parts of a value that have a form of their own, and hold no text."""

_TEXT_KINDS = (Title, Name, Prose, Checklist, BlockerKind)
_FREE_SETS = tuple(
    field.stored for field in STORED.values()
    if isinstance(field.kind, Members) and field.stored in ("tag:", "link:")
)  # fmt: skip


def is_text(name: str) -> bool:
    """Whether a stored field holds text that somebody may have written."""
    prefix, colon, _ = name.partition(":")
    if colon:
        return prefix in _WRITTEN or f"{prefix}:" in _FREE_SETS
    field = STORED.get(name)
    return name in _ELSEWHERE or (field is not None and isinstance(field.kind, _TEXT_KINDS))


def field_of(name: str) -> str:
    """What a redaction calls a stored field: a member of a set by the prefix of the set, since the
    member is the text."""
    return next((prefix for prefix in _FREE_SETS if name.startswith(prefix)), name)


def texts_in(event: Event) -> Iterator[tuple[str, str]]:
    """(field, text) of all that an event wrote itself, as a redaction may name it."""
    restored = event.data.get("restores", {})
    for name in _TOP:
        if text := _joined(event.data.get(name)):
            yield name, text
    for name, value in event.data.get("set", {}).items():
        if not is_text(name) or restored.get(name, event.stamp) != event.stamp:
            continue
        if (field := field_of(name)) != name:
            yield field, name.removeprefix(field)
        elif text := _joined(value):
            yield name, text


def redactions_in(events: Iterable[Event]) -> Redactions:
    """What the redactions among the events of one entity say."""
    found: dict[str, set[str]] = {}
    for event in events:
        if event.kind == KIND:
            for stamp, names in event.data.get("redacts", {}).items():
                found.setdefault(stamp, set()).update(names)
    return {stamp: frozenset(names) for stamp, names in found.items()}


def spread(events: Iterable[Event], redactions: Redactions) -> Redactions:
    """The redactions of an entity with the writes that only wrote again what was redacted, as every
    step of a card writes its verdict again. The events are all of the entity, in the order of the
    log."""
    found = {stamp: set(names) for stamp, names in redactions.items()}
    for event in events:
        values = event.data.get("set", {})
        for name, before in event.data.get("was", {}).items():
            field = field_of(name)
            repeated = name in values and values[name] == before[0]
            if repeated and field in found.get(_origin(before), ()):
                found.setdefault(event.stamp, set()).add(field)
    return {stamp: frozenset(names) for stamp, names in found.items()}


def is_stub(data: str) -> bool:
    """Whether text was removed from the data of an event."""
    if f'"{STUB}"' not in data:
        return False
    try:
        return json.loads(data).get(STUB) is True
    except (ValueError, AttributeError, RecursionError):
        return False


def stub(
    event: Event, redactions: Redactions, is_valid: Callable[[str, Any], bool]
) -> dict[str, Any] | None:
    """The data of an event without what was redacted; None where nothing is to be removed. A value
    stays one that `is_valid` accepts, so that the event counts as before."""
    if event.kind == KIND:
        return None
    data: dict[str, Any] = dict(event.data)
    own = redactions.get(event.stamp, frozenset())
    restored, saw = data.get("restores", {}), data.get("saw", {})
    for name in _TOP:
        if name in data and (name in own or (name == UNTICKED and _named(redactions, "checklist"))):
            data[name] = _wiped(data[name])
    gone = set()
    for part in ("set", "was"):
        values = dict(data.get(part, {}))
        for name, value in list(values.items()):
            field = field_of(name)
            origin = restored.get(name, event.stamp) if part == "set" else _origin(value)
            stamps = {origin, *(saw.get(name, ()) if field != name else ())}
            if not any(field in redactions.get(stamp, ()) for stamp in stamps):
                continue
            if field != name:
                gone.add(name)
            elif part == "set":
                values[name] = _replaced(name, value, is_valid)
            else:
                values[name] = [_replaced(name, value[0], is_valid), *value[1:]]
        if part in data:
            data[part] = values
    for part in ("set", "was", "restores", "saw", "settles"):
        if gone and part in data:
            data[part] = {name: value for name, value in data[part].items() if name not in gone}
    return None if data == event.data else {**data, STUB: True}


def _origin(before: Any) -> str:
    return str(before[1]) if isinstance(before, list) and len(before) == 2 else ""


def _named(redactions: Redactions, name: str) -> bool:
    return any(name in names for names in redactions.values())


def _replaced(name: str, value: Any, is_valid: Callable[[str, Any], bool]) -> Any:
    """A value with the mark in place of each text in it; a part stays where the value would be
    malformed with the mark there."""
    if isinstance(value, str):
        return MARK if value and is_valid(name, MARK) else value
    for path in list(_leaves(value)):
        candidate = _with(value, path, MARK)
        if is_valid(name, candidate):
            value = candidate
    return value


def _leaves(value: Any) -> Iterator[tuple[Any, ...]]:
    """The paths to all texts in a value that have no form of their own."""
    if isinstance(value, str):
        if value:
            yield ()
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _FORMS:
                yield from ((key, *path) for path in _leaves(inner))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ((at, *path) for path in _leaves(inner))


def _with(value: Any, path: tuple[Any, ...], text: str) -> Any:
    if not path:
        return text
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], text)
    return copy


def _wiped(value: Any) -> Any:
    return [MARK for _ in value] if isinstance(value, list) else MARK


def _joined(value: Any) -> str:
    """All text in a value that a redaction replaces, in one; '' where it was replaced already."""
    if value is None:
        return ""
    texts = []
    for path in _leaves(value):
        leaf = value
        for part in path:
            leaf = leaf[part]
        texts.append(leaf)
    return " ".join(text for text in texts if text != MARK)
