"""Whether an event that comes from another machine holds what the fold and the pages expect: one
that no program of ours wrote must not be able to break a board."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mlkanban.core import notes
from mlkanban.core.budget import parse_budget
from mlkanban.core.card import Blocker, CheckItem, Metric
from mlkanban.core.models import (
    CardType,
    Health,
    Outcome,
    Priority,
    ServiceClass,
    StageKind,
    Work,
)
from mlkanban.core.worth import parse_worth
from mlkanban.errors import MlkanbanError


def plausible(data: Mapping[str, Any], kind: str) -> bool:
    """Whether the data of an event of this kind can be folded and shown."""
    try:
        return _parts(data) and all(
            _value(name, value, kind) for name, value in data.get("set", {}).items()
        )
    except (ArithmeticError, KeyError, MlkanbanError, TypeError, ValueError):
        return False


def _parts(data: Mapping[str, Any]) -> bool:
    given = [data.get(name, {}) for name in ("set", "was", "restores", "saw", "settles")]
    if not all(isinstance(part, dict) for part in given):
        return False
    _, was, restores, saw, settles = given
    return (
        all(isinstance(data.get(name, ""), str) for name in ("note", "reason", "stage"))
        and _texts(data.get("unticked", []))
        and all(isinstance(p, list) and len(p) == 2 and isinstance(p[1], str) for p in was.values())
        and _texts([*restores.values()])
        and all(map(_texts, (*saw.values(), *settles.values())))
    )


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _value(name: str, value: Any, kind: str) -> bool:
    if name == "kind" and not kind.startswith("stage."):
        return isinstance(value, str)
    check = _text if name.startswith(notes.PREFIX) else _CHECKS.get(name)
    if check is None:
        return True
    if value is None:
        return name not in _NEEDED
    return bool(check(value))


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def _place(value: Any) -> bool:
    return _texts(value) and len(value) == 2


def _day(value: Any) -> bool:
    return value == "" or bool(date.fromisoformat(value))


def _checklist(value: Any) -> bool:
    return isinstance(value, list) and all(CheckItem(**item) for item in value)


def _blocker(value: Any) -> bool:
    return not value or bool(Blocker(**value) and datetime.fromisoformat(value["since"]))


def _metric(value: Any) -> bool:
    return not value or bool(Metric.model_validate(value, strict=True))


def _worth(value: Any) -> bool:
    return isinstance(value, str) and (not value or parse_worth(value) is not None)


def _budget(value: Any) -> bool:
    return isinstance(value, str) and (not value or parse_budget(value) is not None)


def _zone(value: Any) -> bool:
    return bool(ZoneInfo(value))


_NEEDED = frozenset({"ref", "title", "key", "name", "timezone", "kind", "rank", "place"})
_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("ref", "title", "key", "name", "rank", "template", "hypothesis", "dataset", "verdict",
         "parent", "snoozed_run"),
        _text,
    ),
    **dict.fromkeys(("limit", "unattended", "conwip"), _number),
    **dict.fromkeys(("due", "snoozed_until"), _day),
    "place": _place, "timezone": _zone, "kind": StageKind, "type": CardType, "priority": Priority,
    "service_class": ServiceClass, "work": Work, "health": Health, "checklist": _checklist,
    "blocker": _blocker, "metric": _metric, "worth": _worth, "budget": _budget,
    "outcome": lambda value: value == "" or Outcome(value),
}  # fmt: skip
"""How the value of a field is looked at; of any other field every value will do."""
