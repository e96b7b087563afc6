"""Event validation: the rule that decides which events count.

Events come from other machines, and the log never forgets: a malformed event is kept and passed on,
but it is inert: no table, page or number uses it. The rule is pure and looks at one event alone, so
every machine ignores the same events. It depends on nothing that differs between machines, such as
the installed time zones.

Values with parts (a metric, a checklist) are checked by pydantic against core/card.py. The rest is
checked by hand: every event that is written passes here too, and `add` and `move` start
without pydantic.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mlkanban.core import ab_test
from mlkanban.core.board import StageKind
from mlkanban.core.card_fields import FIELDS, STORED
from mlkanban.core.events import FORMAT, Event
from mlkanban.core.field_kinds import Members, is_id, is_line, is_rank, is_ref
from mlkanban.core.goal import PREFIX as GOAL
from mlkanban.core.model_health import PREFIX as READING
from mlkanban.core.redaction import KIND as REDACTED
from mlkanban.core.review import ANSWER, REVIEW, RHYTHM, AnswerRecord, Review, is_key, rhythm_days
from mlkanban.core.timestamps import moment
from mlkanban.core.triage_session import FIELD as TRIAGE
from mlkanban.core.triage_session import TriageSession
from mlkanban.errors import MlkanbanError

MALFORMED, NEWER = "malformed", "newer"

_HLC = re.compile(r"[0-9]{15}\.[0-9]{6}")
_LAST_MS = "253402300800000"
"""The year 10,000: a clock beyond it leaves no room for the one after it."""
_AT = re.compile(
    r"(?:19[7-9][0-9]|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,3}")
_LONGEST_ZONE = 64
_LARGEST = 1 << 63


def inert(event: Event) -> str:
    """Why an event does not count: MALFORMED, NEWER (a newer program wrote it), or ''.

    Only the envelope of an event from a newer program is checked: this program cannot know what its
    data means.
    """
    if not _envelope(event):
        return MALFORMED
    if event.version > FORMAT:
        return NEWER
    try:
        return "" if _data(event) else MALFORMED
    # What pydantic, a parser or a conversion raises about a value is what makes it malformed.
    except (ArithmeticError, AttributeError, LookupError, MlkanbanError, RecursionError, TypeError,
            ValueError):  # fmt: skip
        return MALFORMED


def fact(event: Event) -> tuple[str, str, str]:
    """What two events of one id have in common when they are history that two machines brought in.
    Of those that differ in it, only the first one in the order of the log counts."""
    return event.board, event.entity, event.kind


def subject(event: Event) -> tuple[str, str]:
    """What kind of thing an event is about, and of a stage on which board. Of events that have one
    id for things of two kinds, only those about the first in the order of the log count."""
    if event.card:
        return "card", ""
    return ("stage", event.board) if event.data.get("stage") else ("board", "")


def _envelope(event: Event) -> bool:
    stage = event.data.get("stage", "")
    return (
        all(map(is_id, (event.id, event.replica, event.board, event.action)))
        and all(not entity_id or is_id(entity_id) for entity_id in (event.card, event.undoes))
        and isinstance(stage, str)
        and (not stage or is_id(stage))
        and not (event.card and stage)
        and event.board not in (event.card, stage)
        and event.undoes != event.id
        and event.rseq > 0
        and event.version > 0
        and bool(_HLC.fullmatch(event.hlc))
        and event.hlc < _LAST_MS
        and bool(event.kind)
        and _instant(event.at)
    )


def _instant(text: str) -> bool:
    if not _AT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _data(event: Event) -> bool:
    data, kind = event.data, event.kind
    tables = [data.get(name, {}) for name in ("set", "was", "restores", "saw", "settles")]
    if not all(isinstance(part, dict) for part in tables) or not _plain(data):
        return False
    values, was, restores, saw, settles = tables
    return (
        all(isinstance(data.get(name, ""), str) for name in ("note", "reason"))
        and all(_texts(data.get(name, [])) for name in ("unticked", "broken", "passed", "instead"))
        and _texts([*restores.values()])
        and all(map(_texts, (*saw.values(), *settles.values())))
        and _NEEDED.get(kind, frozenset()) <= values.keys()
        and (kind != "card.noted" or bool(data.get("note")))
        and (kind != REDACTED or _redaction(data))
        and ("ref" not in values or kind == "card.created")  # people go by it: it stays
        and all(is_valid_value(name, value) for name, value in values.items())
        and all(map(_was, was.items()))
        and all(values[name] for name in _NEEDED.get(kind, ()) if name in _NOT_EMPTY)
    )


def _redaction(data: Mapping[str, Any]) -> bool:
    """Whether the data names writes of text, and sets nothing."""
    redacts = data.get("redacts")
    return (
        isinstance(redacts, dict)
        and bool(redacts)
        and not data.get("set")
        and all(map(_texts, redacts.values()))
    )


def _was(field: tuple[str, Any]) -> bool:
    """Whether the value and origin that an event replaced are valid: an undo writes them back."""
    name, before = field
    if not (isinstance(before, list) and len(before) == 2 and isinstance(before[1], str)):
        return False
    return before[0] is None or is_valid_value(name, before[0])


def is_valid_value(name: str, value: Any) -> bool:
    """Whether an event may set a field to a value. May raise, too, where it may not."""
    prefix, colon, member = name.partition(":")
    if colon and (check_member := _MEMBERS.get(prefix)):
        return check_member(member, value)
    check = _CHECKS.get(name)
    if check is None:
        return True
    if value is None:
        return name not in _NEVER_NONE
    return bool(check(value))


def _plain(value: Any) -> bool:
    """Whether every JSON reader and every column can hold all numbers in a value."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -_LARGEST <= value < _LARGEST
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    return all(map(_plain, value)) if isinstance(value, list) else True


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _lines(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_line, value))


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def _one_of(choices: Any) -> Callable[[Any], bool]:
    known = frozenset(str(choice.value) for choice in choices)
    return lambda value: isinstance(value, str) and value in known


def _zone(value: Any) -> bool:
    """Checks only the form: the known time zones differ between machines."""
    return len(value) <= _LONGEST_ZONE and bool(_ZONE.fullmatch(value))


def _session(value: Any) -> bool:
    session = TriageSession.of_field(value)
    counts = ("seconds", "queue", "skipped", "undone", "overrides")
    return (
        session is not None
        and moment(value["began"]) is not None
        and all(_number(value[name]) for name in counts)
        and all(_number(count) for count in value["decided"].values())
        and _number(value.get("again", 0))
        and _texts(value["left"])
    )


def _present(is_member: Callable[[str], bool]) -> Callable[[str, Any], bool]:
    """A member of a set, such as `tag:gpu`: whether it is in."""
    return lambda member, value: is_member(member) and (value is None or isinstance(value, bool))


def _written(member: str, value: Any) -> bool:
    return bool(member) and (value is None or isinstance(value, str))


def _reading(member: str, value: Any) -> bool:
    if value is None:
        return bool(member)
    number = value["value"]
    return (
        bool(member)
        and isinstance(number, int | float)
        and not isinstance(number, bool)
        and all(isinstance(value.get(name, ""), str) for name in ("threshold", "note"))
        and isinstance(value["alert"], bool)
        and moment(value["at"]) is not None
    )


def _goal_reading(member: str, value: Any) -> bool:
    return _reading(member, value and {"alert": False, **value})


def _charter(member: str, value: Any) -> bool:
    readable = member != RHYTHM or not value or rhythm_days(value) is not None
    return _written(member, value) and readable


def _review(member: str, value: Any) -> bool:
    return is_id(member) and (value is None or Review.of_field(member, value) is not None)


def _answer(member: str, value: Any) -> bool:
    review, _, key = member.partition(":")
    valid = value is None or AnswerRecord.of_field(key, value) is not None
    return is_id(review) and is_key(key) and valid


def _run(member: str, value: Any) -> bool:
    """The parts of a run are read one by one, and parts of the wrong type are ignored."""
    return bool(member) and (value is None or isinstance(value, dict))


_NEEDED = {
    "card.created": frozenset({"place", "title"}),
    "card.blocked": frozenset({"blocker"}),
    "card.snoozed": frozenset({"snoozed_until"}),
    "card.finished": frozenset({"outcome"}),
    "board.created": frozenset({"key", "name", "timezone"}),
    "stage.added": frozenset({"name", "kind", "rank"}),
}
"""The fields that an event of each kind has to set, because its descriptions read them."""
_NOT_EMPTY = frozenset({"blocker"})
_MEMBERS: Mapping[str, Callable[[str, Any], bool]] = {
    **{
        field.stored.rstrip(":"): _present(field.kind.is_member)
        for field in FIELDS
        if isinstance(field.kind, Members)
    },
    "ignored": _present(bool),
    "run": _run,
    READING.rstrip(":"): _reading,
    GOAL.rstrip(":"): _goal_reading,
    REVIEW.rstrip(":"): _review,
    ANSWER.rstrip(":"): _answer,
    "charter": _charter,
    "view": _written,
    "note": _written,
    "rank": lambda member, value: is_id(member) and is_rank(value),
}
_NEVER_NONE = frozenset({"ref", "key", "name", "timezone", "kind", "rank"}) | {
    field.stored for field in FIELDS if field.kind.needed
}
_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    **{name: field.kind.is_valid for name, field in STORED.items() if not field.is_set},
    **dict.fromkeys(("key", "name"), is_line),
    **dict.fromkeys(("limit", "unattended", "conwip"), _number),
    **dict.fromkeys(("deleted", "committed", "soft", "team_limits"), _flag),
    "template": _text, "role": _text, "ref": is_ref, "rank": is_rank, "timezone": _zone,
    "deliverables": _lines, "kind": _one_of(StageKind),
    TRIAGE: _session, ab_test.FIELD: ab_test.is_valid,
}  # fmt: skip
"""How the value of a field is checked: of a card by THE table of its fields, and of a stage and a
board. Of any other field every value will do."""
