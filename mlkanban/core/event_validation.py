"""Event validation: the one rule that says which events count.

Events come from other machines, and the log never forgets: a malformed event is kept and passed on,
but it is inert. No table, page or number is made of it. The rule is pure and looks at one event
alone, so that every machine leaves out the same events; it asks nothing that differs between
machines, such as the time zones that are installed.

Values with parts (a metric, a checklist) are checked by the pydantic models of core/card.py. The
rest is checked by hand: every event that is written passes here too, and `add` and `move` start
without pydantic.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from mlkanban.core.budget import parse_budget
from mlkanban.core.events import FORMAT, Event
from mlkanban.core.lineage import Kind
from mlkanban.core.model_health import PREFIX as READING
from mlkanban.core.models import (
    CardType,
    Health,
    Outcome,
    Priority,
    ServiceClass,
    StageKind,
    Work,
)
from mlkanban.core.score import parse_worth
from mlkanban.core.timestamps import moment
from mlkanban.core.triage_session import FIELD as TRIAGE
from mlkanban.core.triage_session import TriageSession
from mlkanban.errors import MlkanbanError

MALFORMED, NEWER = "malformed", "newer"

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HLC = re.compile(r"[0-9]{15}\.[0-9]{6}")
_LAST_MS = "253402300800000"
"""The year 10,000: a clock beyond it leaves no room for the one after it."""
_AT = re.compile(
    r"(?:19[7-9][0-9]|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REF = re.compile(r"[a-z]{1,8}[0-9]{1,9}[a-z]{0,8}")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,3}")
_LONGEST_ZONE = 64
_RANK = re.compile(r"[0-9A-Za-z]{1,1000}")
_LARGEST = 1 << 63


def inert(event: Event) -> str:
    """Why an event does not count: MALFORMED, NEWER (a newer program wrote it), or ''.

    Of what a newer program wrote only the envelope is checked: it says itself what its data means.
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
        all(_ID.fullmatch(one) for one in (event.id, event.replica, event.board, event.action))
        and all(not one or _ID.fullmatch(one) for one in (event.card, event.undoes))
        and isinstance(stage, str)
        and (not stage or bool(_ID.fullmatch(stage)))
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
    given = [data.get(name, {}) for name in ("set", "was", "restores", "saw", "settles")]
    if not all(isinstance(part, dict) for part in given) or not _plain(data):
        return False
    values, was, restores, saw, settles = given
    return (
        all(isinstance(data.get(name, ""), str) for name in ("note", "reason"))
        and all(_texts(data.get(name, [])) for name in ("unticked", "passed", "instead"))
        and _texts([*restores.values()])
        and all(map(_texts, (*saw.values(), *settles.values())))
        and _NEEDED.get(kind, frozenset()) <= values.keys()
        and (kind != "card.noted" or bool(data.get("note")))
        and ("ref" not in values or kind == "card.created")  # people go by it: it stays
        and all(_value(name, value) for name, value in values.items())
        and all(map(_was, was.items()))
        and all(values[name] for name in _NEEDED.get(kind, ()) if name in _NOT_EMPTY)
    )


def _was(field: tuple[str, Any]) -> bool:
    """The value and origin that an event replaces: an undo writes them back."""
    name, before = field
    if not (isinstance(before, list) and len(before) == 2 and isinstance(before[1], str)):
        return False
    return before[0] is None or _value(name, before[0])


def _value(name: str, value: Any) -> bool:
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
    """Whether all numbers of a value are ones that any JSON reader and any column takes."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -_LARGEST <= value < _LARGEST
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    return all(map(_plain, value)) if isinstance(value, list) else True


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _line(value: Any) -> bool:
    """A name or a title: one line that says something."""
    return isinstance(value, str) and bool(value.strip()) and "\n" not in value


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def _one_of(choices: Any) -> Callable[[Any], bool]:
    known = frozenset(str(choice.value) for choice in choices)
    return lambda value: isinstance(value, str) and value in known


def _ref(value: Any) -> bool:
    return isinstance(value, str) and bool(_REF.fullmatch(value))


def _named(value: Any) -> bool:
    """Another card, by short id; some older programs wrote its long one."""
    return isinstance(value, str) and bool(_REF.fullmatch(value) or _ID.fullmatch(value))


def _rank(value: Any) -> bool:
    """A fractional index: the first letter says how many digits the whole number has, and the
    fraction after it does not end in 0 (as fractional-indexing checks it)."""
    if not isinstance(value, str) or not _RANK.fullmatch(value):
        return False
    head = value[0]
    if head.isdigit():
        return False
    whole = ord(head) - ord("a") + 2 if head >= "a" else ord("Z") - ord(head) + 2
    if len(value) < whole or value == "A" + "0" * 26:
        return False
    return not value[whole:].endswith("0")


def _place(value: Any) -> bool:
    return _texts(value) and len(value) == 2 and bool(_ID.fullmatch(value[0])) and _rank(value[1])


def _day(value: Any) -> bool:
    return value == "" or bool(_DAY.fullmatch(value) and date.fromisoformat(value))


def _zone(value: Any) -> bool:
    """The form alone: which zones there are differs between machines."""
    return len(value) <= _LONGEST_ZONE and bool(_ZONE.fullmatch(value))


def _worth(value: Any) -> bool:
    return value == "" or parse_worth(value) is not None


def _budget(value: Any) -> bool:
    return value == "" or parse_budget(value) is not None


@cache
def _adapters() -> Mapping[str, Any]:
    # pydantic, 60 ms: loaded when something has parts to check.
    from pydantic import TypeAdapter

    from mlkanban.core.card import Blocker, CheckItem, Metric  # as above

    return {
        "blocker": TypeAdapter(Blocker),
        "metric": TypeAdapter(Metric),
        "checklist": TypeAdapter(list[CheckItem]),
    }


def _fits(name: str, value: Any) -> bool:
    """Whether a value with parts has the shape that core.card gives it. As JSON, which is strict
    about numbers and texts, and reads an instant from a text."""
    _adapters()[name].validate_json(json.dumps(value), strict=True)
    return True


def _blocker(value: Any) -> bool:
    if not value:
        return isinstance(value, dict)
    until = value.get("until") or ""
    return _fits("blocker", value) and moment(value["since"]) is not None and _condition(until)


def _condition(until: str) -> bool:
    """card:ID, run:ID or a day."""
    kind, colon, name = until.partition(":")
    if not until or (colon and kind == "run" and name):
        return True
    return _named(name) if colon and kind == "card" else _day(until)


def _metric(value: Any) -> bool:
    if not value:
        return isinstance(value, dict)
    return _fits("metric", value) and _line(value["name"])


def _checklist(value: Any) -> bool:
    return _fits("checklist", value)


def _outcome(value: Any) -> bool:
    return value == "" or _OUTCOMES(value)


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


def _present(fits: Callable[[str], bool]) -> Callable[[str, Any], bool]:
    """A member of a set, such as `tag:gpu`: whether it is in."""
    return lambda member, value: fits(member) and (value is None or isinstance(value, bool))


def _word(member: str) -> bool:
    return member.split() == [member]


def _origin(member: str) -> bool:
    """`retrain-of:g12`."""
    kind, _, ref = member.partition(":")
    return kind in _KINDS and _named(ref)


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


def _run(member: str, value: Any) -> bool:
    """Its parts are read one by one, and left out where they are not of their kind."""
    return bool(member) and (value is None or isinstance(value, dict))


_KINDS = frozenset(kind.value for kind in Kind)
_OUTCOMES = _one_of(Outcome)
_HEALTHS = _one_of(Health)
_NEEDED = {
    "card.created": frozenset({"place", "title"}),
    "card.blocked": frozenset({"blocker"}),
    "card.snoozed": frozenset({"snoozed_until"}),
    "card.finished": frozenset({"outcome"}),
    "board.created": frozenset({"key", "name", "timezone"}),
    "stage.added": frozenset({"name", "kind", "rank"}),
}
"""The fields that an event of a kind has to set; what tells of it reads them."""
_NOT_EMPTY = frozenset({"blocker"})
_NEVER_NONE = frozenset({"ref", "title", "key", "name", "timezone", "kind", "rank", "place"})
_MEMBERS: Mapping[str, Callable[[str, Any], bool]] = {
    "tag": _present(_word),
    "link": _present(lambda member: bool(member.strip())),
    "needs": _present(_named),
    "lineage": _present(_origin),
    "ignored": _present(bool),
    "run": _run,
    READING.rstrip(":"): _reading,
    "charter": _written,
    "view": _written,
    "note": _written,
    "rank": lambda member, value: bool(_ID.fullmatch(member)) and _rank(value),
}
_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("title", "key", "name"), _line),
    **dict.fromkeys(("template", "hypothesis", "dataset", "verdict", "snoozed_run"), _text),
    **dict.fromkeys(("limit", "unattended", "conwip"), _number),
    **dict.fromkeys(("due", "snoozed_until"), _day),
    **dict.fromkeys(("archived", "deleted", "committed", "soft"), _flag),
    "ref": _ref, "parent": lambda value: value == "" or _named(value), "rank": _rank,
    "place": _place, "timezone": _zone, "kind": _one_of(StageKind), "type": _one_of(CardType),
    "priority": _one_of(Priority), "service_class": _one_of(ServiceClass), "work": _one_of(Work),
    "health": lambda value: value == "" or _HEALTHS(value), "checklist": _checklist,
    "blocker": _blocker, "metric": _metric, "worth": _worth, "budget": _budget,
    "outcome": _outcome, TRIAGE: _session,
}  # fmt: skip
"""How the value of a field is checked; of any other field every value will do."""
