"""The kinds of values that the fields of a card have: how a value of each kind is stored, typed,
written as text, and checked when another machine sends it.

A stored value is JSON, as events hold it. A typed value and a text are what a person reads and
writes: a string, '' for none, or a tuple of strings where a field has several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from mlkanban.core.board import UNTIL_RUN, BlockReason
from mlkanban.core.card import Blocker, CheckItem, MeasuredGuard, Metric, to_json
from mlkanban.core.day_input import day_text, parse_day
from mlkanban.core.look_again import parse_look, stored_look
from mlkanban.core.metrics import (
    MetricFields,
    MetricParts,
    direction_of,
    metric_text,
    parse_metrics,
    require_limit,
    split_metrics,
    state_of,
)
from mlkanban.core.timestamps import moment
from mlkanban.errors import UsageProblem
from mlkanban.patterns import pattern
from mlkanban.text import MANY_TAGS, accept, accept_title, display, quantity, some, tidy

Fields = Mapping[str, Any]
"""The stored fields of a card, by the names they have in events."""
Text = str | tuple[str, ...]
NONE = "none"
"""What a person types to clear a field that is no free text."""

_ID = pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REF = pattern(r"[a-z]{1,8}[0-9]{1,9}[a-z]{0,8}")
_DAY = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RANK = pattern(r"[0-9A-Za-z]{1,1000}")
_ITEM = pattern(r"(?s)(?:\[([ xX]?)\])?\s*(.*)")


class FieldKind:
    """A kind of values. `typed` says what a person types, `several` whether a value is a list,
    `repeated` whether its option may be given several times, `needed` whether every card has one.
    `model` is the class of the parts that pydantic checks, None where a value has no parts."""

    typed = "text"
    several = False
    repeated = False
    needed = False
    blank: Any = ""
    """What a card has where nothing is written."""
    model: Any = None

    choices: tuple[str, ...] = ()
    """The values there are, () where any will do."""
    asked = "a text in its {}"
    """What a query asks for; the label of the field comes in."""

    def read(self, fields: Fields, stored: str) -> Any:
        """The value on a card with these fields."""
        return fields.get(stored) or self.blank

    def is_valid(self, value: Any) -> bool:
        """Whether an event may set a field to this value, which is not None. May raise, too, where
        it may not."""
        return isinstance(value, str)

    def accept(self, value: Any, name: str) -> Any:
        """A stored value from one that a use case was given; UsageProblem names the field."""
        if not isinstance(value, str) or not self.is_valid(value):
            raise UsageProblem(f"{name}: {value!r} is no {self.typed}.", "Nothing was changed.")
        return value

    def parse(self, typed: Text, name: str, today: date) -> Text:
        """What a person typed, the way a card has it; UsageProblem says what is wrong with it."""
        return str(typed).strip()

    def parts_of(self, value: Any) -> Any:
        """The parts of a value that has some, from what a use case was given."""
        return value

    def text(self, value: Any) -> Text:
        """A value of a card the way it is typed, safe to show."""
        return display(str(value)).strip() if value else ""

    def shown(self, value: Any) -> str:
        """A value of a card on a page, in one line, safe to show; '' is not shown."""
        return display(str(value)) if value else ""

    def brief(self, stored: Any) -> str:
        """A stored value, which is not empty, for a sentence about it. Not yet safe to show."""
        return str(stored)

    def data(self, value: Any) -> Any:
        """A value of a card for scripts, JSON-ready."""
        return value or None

    def words(self, fields: Fields, stored: str) -> Iterable[str]:
        """What is searched: texts of a card with these fields."""
        yield str(fields.get(stored) or "")

    def answers(self, wanted: str, word: str) -> bool:
        """Whether a query for `wanted`, in lower case, finds one of those texts."""
        return wanted in word.casefold()


class TextLine(FieldKind):
    """One line of text."""

    typed = "line"

    def data(self, value: Any) -> Any:
        return value


class Name(TextLine):
    """A name, or none: one line."""

    typed = "name"

    def is_valid(self, value: Any) -> bool:
        return value == "" or is_line(value)

    def accept(self, value: Any, name: str) -> Any:
        return super().accept(value.strip() if isinstance(value, str) else value, name)

    def parse(self, typed: Text, name: str, today: date) -> Text:
        return " ".join(str(typed).split())


class SourceKey(Name):
    """What another tool calls a card: `ML-2`, `#12`. A query asks for all of it: ML-2 is not
    ML-20."""

    asked = "its whole {} in another tool"

    def answers(self, wanted: str, word: str) -> bool:
        return not wanted or wanted.removeprefix("#") == word.casefold().removeprefix("#")


class Title(TextLine):
    """One line that says something: every card has it."""

    typed = "title"
    needed = True

    def is_valid(self, value: Any) -> bool:
        return is_line(value)

    def accept(self, value: Any, name: str) -> Any:
        return accept_title(value)

    def parse(self, typed: Text, name: str, today: date) -> Text:
        text = str(typed).strip()
        if not text:
            raise UsageProblem("A title is needed.", "Type a few words.")
        return " ".join(text.split("\n"))


class Prose(FieldKind):
    """Text of several lines. `whole` keeps blanks around it, where it has a section in Markdown."""

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole

    def parse(self, typed: Text, name: str, today: date) -> Text:
        return typed if self._whole else str(typed).strip()

    def text(self, value: Any) -> Text:
        return tidy(value) if self._whole else tidy(value).strip()

    def shown(self, value: Any) -> str:
        return display(" ".join(value.split()))

    def data(self, value: Any) -> Any:
        return value


class Choice(FieldKind):
    """One of the words of an enum; without a `blank` member there may be none."""

    typed = "choice"

    def __init__(self, words: type[StrEnum], blank: StrEnum | None = None) -> None:
        self.blank = blank
        self.choices = tuple(word.value for word in words)
        self._words = words

    def read(self, fields: Fields, stored: str) -> Any:
        value = fields.get(stored)
        return self._words(value) if value else self.blank

    def is_valid(self, value: Any) -> bool:
        return isinstance(value, str) and (
            value in self.choices or (value == "" and self.blank is None)
        )

    def accept(self, value: Any, name: str) -> Any:
        if not self.is_valid(value):
            raise UsageProblem(
                f"{name}: {value!r} is none of {', '.join(self.choices)}.", "Nothing was changed."
            )
        return str(value)

    def parse(self, typed: Text, name: str, today: date) -> Text:
        text = str(typed).strip()
        if not text or (text.lower() == NONE and self.blank is None):
            return self.text(self.blank)
        begun = [value for value in self.choices if value.startswith(text.lower())]
        if len(begun) != 1:
            raise UsageProblem(f"{text!r} is no {name}.", f"Choose: {', '.join(self.choices)}.")
        return begun[0]


class Flag(FieldKind):
    """Yes or no."""

    typed = "yes or no"
    blank = False

    def read(self, fields: Fields, stored: str) -> Any:
        return bool(fields.get(stored))

    def is_valid(self, value: Any) -> bool:
        return isinstance(value, bool)

    def accept(self, value: Any, name: str) -> Any:
        return value if isinstance(value, bool) else bool(self.parse(value, name, date.min))

    def parse(self, typed: Text, name: str, today: date) -> Text:
        word = str(typed).strip().lower()
        if word not in ("yes", "no", "", NONE):
            raise UsageProblem(f"{name}: {typed!r} is neither yes nor no.", "Nothing was changed.")
        return "yes" if word == "yes" else ""

    def text(self, value: Any) -> Text:
        return "yes" if value else ""

    def shown(self, value: Any) -> str:
        return "yes" if value else ""

    def brief(self, stored: Any) -> str:
        return "yes" if stored else ""

    def data(self, value: Any) -> Any:
        return value


class Day(FieldKind):
    """A day; stored as 2026-03-31."""

    typed = "day"
    blank = None

    def read(self, fields: Fields, stored: str) -> Any:
        value = fields.get(stored)
        return date.fromisoformat(value) if value else None

    def is_valid(self, value: Any) -> bool:
        return is_day(value)

    def accept(self, value: Any, name: str) -> Any:
        try:
            if is_day(value):
                return value
        except (TypeError, ValueError):
            pass
        raise UsageProblem(
            f"{name}: {value!r} is no day.", "Write it as 2026-03-31. Nothing was changed."
        )

    def parse(self, typed: Text, name: str, today: date) -> Text:
        day = parse_day(str(typed), today)
        return day.isoformat() if day else ""

    def data(self, value: Any) -> Any:
        return value and value.isoformat()


class LookAgainKind(FieldKind):
    """When to look again at a model in use; stored as `2026-12-15 every 90d retrain`."""

    typed = "look"
    blank = None

    def read(self, fields: Fields, stored: str) -> Any:
        value = fields.get(stored)
        return stored_look(value) if value else None

    def is_valid(self, value: Any) -> bool:
        return value == "" or bool(stored_look(value))

    def accept(self, value: Any, name: str) -> Any:
        try:
            if self.is_valid(value):
                return value
        except (TypeError, ValueError):
            pass
        raise UsageProblem(
            f"{name}: {value!r} is no day to look again.",
            "Write it as 2026-03-31 every 90d. Nothing was changed.",
        )

    def parse(self, typed: Text, name: str, today: date) -> Text:
        look = parse_look(str(typed), today)
        return str(look) if look else ""

    def data(self, value: Any) -> Any:
        return str(value) if value else None


class NormalText(FieldKind):
    """What has a form of its own, such as 5/2: `normal` writes it the way a card keeps it, '' for
    none, and raises UsageProblem for what cannot be read. `page` is how a page shows it."""

    def __init__(
        self, typed: str, normal: Callable[[str], str], page: Callable[[str], str] = str
    ) -> None:
        self.typed = typed
        self._normal = normal
        self._page = page

    def is_valid(self, value: Any) -> bool:
        return value == "" or bool(self._normal(value))

    def accept(self, value: Any, name: str) -> Any:
        if not isinstance(value, str):
            raise UsageProblem(f"{name}: {value!r} is no {self.typed}.", "Nothing was changed.")
        return self._normal(value)

    def parse(self, typed: Text, name: str, today: date) -> Text:
        return self._normal(str(typed).strip())

    def shown(self, value: Any) -> str:
        return display(self._page(value))


class OtherCard(FieldKind):
    """Another card, by its short id."""

    typed = "card"

    def is_valid(self, value: Any) -> bool:
        return value == "" or is_card(value)

    def accept(self, value: Any, name: str) -> Any:
        if not isinstance(value, str):
            raise UsageProblem(f"{name}: {value!r} is no card.", "Nothing was changed.")
        return value.strip().lower()

    def parse(self, typed: Text, name: str, today: date) -> Text:
        text = str(typed).strip().lower()
        return "" if text == NONE else text


class Members(FieldKind):
    """Several values, of which each is stored as a field of its own: `tag:gpu`. `normal` is the way
    a card keeps one, `is_member` whether an event may name it, `order` what they are sorted by, and
    `between` stands between two in a form."""

    several = True
    repeated = True
    blank: Any = ()

    def __init__(
        self,
        typed: str,
        normal: Callable[[str], str],
        is_member: Callable[[str], bool],
        *,
        order: Callable[[str], Any] = str,
        between: str = " ",
        drops: str = "",
        mark: str = "",
    ) -> None:
        self.typed = typed
        self.between = between
        self._normal = normal
        self._is_member = is_member
        self._order = order
        self._drops = drops
        self._mark = mark

    def read(self, fields: Fields, stored: str) -> Any:
        return tuple(
            sorted(
                (n[len(stored) :] for n, on in fields.items() if on and n.startswith(stored)),
                key=self._order,
            )
        )

    def is_valid(self, value: Any) -> bool:
        """Of a member: whether it is in."""
        return isinstance(value, bool)

    def is_member(self, member: str) -> bool:
        return self._is_member(member)

    def accept(self, value: Any, name: str) -> Any:
        if not isinstance(value, list | tuple):
            raise UsageProblem(f"{name}: {value!r} is no list.", "Nothing was changed.")
        return [self.member(one, name) for one in value]

    def member(self, typed: Any, name: str, *, added: bool = True) -> str:
        """One member as it is stored; UsageProblem for an empty one, and for `none` where it is to
        be added: a query would find the cards without a member by it."""
        if not isinstance(typed, str):
            raise UsageProblem(f"{name}: {typed!r} is no text.", "Nothing was changed.")
        text = accept(typed, f"one of {name}").strip()
        text = self._normal(text) if text else ""
        if not text:
            raise UsageProblem(f"An empty value was given for {name}.", "Leave it out.")
        if added and text.lower() == NONE:
            raise UsageProblem(
                f"{typed!r} cannot be one of {name}: it means that there are none.", "Leave it out."
            )
        return text

    def parse(self, typed: Text, name: str, today: date) -> Text:
        if isinstance(typed, str) and typed.strip().lower() == NONE:
            return ()
        texts_typed = self.split(typed) if isinstance(typed, str) else typed
        texts = filter(None, map(str.strip, texts_typed))
        return tuple(sorted({member for text in texts if (member := self._normal(text))}))

    def split(self, line: str) -> list[str]:
        """The members that stand in one line of a form."""
        for sign in self._drops:
            line = line.replace(sign, " ")
        parts = line.split(self.between.strip() or None)
        return [part.strip() for part in parts if part.strip()]

    def text(self, value: Any) -> Text:
        return tuple(sorted({text for item in value if (text := display(item).strip())}))

    def shown(self, value: Any) -> str:
        return self.between.join(some([self._mark + display(item) for item in value], MANY_TAGS))

    def data(self, value: Any) -> Any:
        return list(value)

    def words(self, fields: Fields, stored: str) -> Iterable[str]:
        return sorted(self.read(fields, stored))


class Lineage(Members):
    """The cards a card comes from, `ablation-of:g12`; for scripts as two parts."""

    def data(self, value: Any) -> Any:
        return [dict(zip(("kind", "card"), member.split(":", 1), strict=True)) for member in value]


class MetricKind(FieldKind):
    """What an experiment is measured by: name, direction, target, baseline, noise and value."""

    typed = "metric"
    repeated = True
    blank = None
    model = Metric

    def read(self, fields: Fields, stored: str) -> Any:
        return metric_in(fields.get(stored))

    def is_valid(self, value: Any) -> bool:
        if not value:
            return isinstance(value, dict)
        return _fits(Metric, value) and is_line(value["name"])

    def parse(self, typed: Text, name: str, today: date) -> Text:
        text = " ".join(str(typed).split())
        return "" if text.lower() == NONE else text

    def text(self, value: Any) -> Text:
        """What it aims at and where it stands: `auc>=0.9 auc=0.87`."""
        return metric_typed(value) if value else ""

    def changed(self, text: str, before: str) -> MetricParts:
        """What a person changed in the text of a metric; a value that stood there already is the
        one of the runs: nobody wrote it. What is added behind the metric is a guard."""
        stood, parts = split_metrics(before), split_metrics(text.strip())
        keeps_metric = bool(stood and parts) and _name_of(stood[0]) == _name_of(parts[0])
        # A metric that stands behind another one now is a guard, with the limit it had.
        written = [p for p in parts if p not in stood or not (keeps_metric or _is_value(p))]
        return MetricParts(written, keeps_metric=keeps_metric)

    def brief(self, stored: Any) -> str:
        return metric_text(stored)

    def data(self, value: Any) -> Any:
        return value and to_json(value)


def _name_of(part: str) -> str:
    """The name in `auc>=0.9`."""
    return re.split("[<>=]", part)[0].strip()


def _is_value(part: str) -> bool:
    """Whether it is `auc=0.9`, no target."""
    return ">=" not in part and "<=" not in part


class Guards(FieldKind):
    """Limits that must hold beside the metric; a text has them after each other, `p95_ms<=50
    fpr<=1.25`, with a value that a person wrote as `p95_ms=48`."""

    typed = "limit"
    blank: Any = ()
    model: Any = list[Metric]

    def read(self, fields: Fields, stored: str) -> Any:
        return tuple(filter(None, map(metric_in, fields.get(stored) or ())))

    def is_valid(self, value: Any) -> bool:
        names = [guard["name"] for guard in value]
        limits = all(guard.get("target") is not None for guard in value)
        return (
            _fits(list[Metric], value)
            and limits
            and all(map(is_line, names))
            and len(set(names)) == len(names)
        )

    def parse(self, typed: Text, name: str, today: date) -> Text:
        text = " ".join(str(typed).split())
        guards = map(metric_in, guards_typed(text))
        return " ".join(metric_typed(guard) for guard in guards if guard)

    def parts_of(self, value: Any) -> Any:
        return guards_typed(value) if isinstance(value, str) else value

    def text(self, value: Any) -> Text:
        return " ".join(map(metric_typed, value))

    def shown(self, value: Any) -> str:
        return display("  ".join(map(str, value)))

    def brief(self, stored: Any) -> str:
        return "  ".join(map(metric_text, stored))

    def data(self, value: Any) -> Any:
        return [to_json(guard) for guard in value]


class MetricNumber(FieldKind):
    """A number that is a part of the metric; its stored name is that of the part."""

    typed = "number"
    blank = None

    def read(self, fields: Fields, stored: str) -> Any:
        number = (fields.get("metric") or {}).get(stored)
        return None if number is None else float(number)

    def parse(self, typed: Text, name: str, today: date) -> Text:
        text = str(typed).strip()
        if text.lower() in ("", NONE):
            return ""
        try:
            return repr(float(text))
        except ValueError:
            raise UsageProblem(f"{text!r} is not a number.", "Write it as 0.92 or 1e-3.") from None

    def text(self, value: Any) -> Text:
        return "" if value is None else repr(value)

    def shown(self, value: Any) -> str:
        return "" if value is None else f"{value:g}"


class Checklist(FieldKind):
    """Items to tick; a text has one as `[x] three seeds`."""

    typed = "item"
    several = True
    repeated = True
    blank: Any = ()
    model: Any = list[CheckItem]

    def read(self, fields: Fields, stored: str) -> Any:
        return items_in(fields.get(stored) or ())

    def is_valid(self, value: Any) -> bool:
        return _fits(list[CheckItem], value)

    def parse(self, typed: Text, name: str, today: date) -> Text:
        return typed if isinstance(typed, tuple) else tuple(typed.split("\n"))

    def text(self, value: Any) -> Text:
        texts = ((display(item.text).strip(), item.done) for item in value)
        return tuple(item_text(text, done=done) for text, done in texts if text)

    def brief(self, stored: Any) -> str:
        return quantity(len(stored), "item")

    def data(self, value: Any) -> Any:
        return [to_json(item) for item in value]

    def words(self, fields: Fields, stored: str) -> Iterable[str]:
        return (str(item.get("text", "")) for item in fields.get(stored) or ())


class BlockerKind(FieldKind):
    """Why a card cannot go on."""

    typed = "block"
    blank = None
    model = Blocker

    def read(self, fields: Fields, stored: str) -> Any:
        return blocker_in(fields.get(stored))

    def is_valid(self, value: Any) -> bool:
        if not value:
            return isinstance(value, dict)
        until = value.get("until") or ""
        return _fits(Blocker, value) and moment(value["since"]) is not None and is_condition(until)

    def text(self, value: Any) -> Text:
        if not value:
            return ""
        parts = (value.reason.value, value.note, until_text(value.until))
        return display(": ".join(filter(None, parts))).strip()

    def brief(self, stored: Any) -> str:
        return str(stored["reason"])

    def data(self, value: Any) -> Any:
        if not value:
            return None
        block = to_json(value)
        return {
            "reason": block["reason"], "external": block["external"], "note": block["note"],
            "until": block["until"] or None, "since": block["since"],
        }  # fmt: skip

    def words(self, fields: Fields, stored: str) -> Iterable[str]:
        yield str((fields.get(stored) or {}).get("note", ""))


class SnoozedRun(FieldKind):
    """The run a card is snoozed until; one it was snoozed until before is of no account."""

    typed = "run"

    def read(self, fields: Fields, stored: str) -> Any:
        waits = fields.get("snoozed_until") == UNTIL_RUN
        return str(fields.get(stored) or "") if waits else ""


class Place(FieldKind):
    """The stage a card stands in (its id), the rank there, and the board where that is another one
    than the card was made on."""

    typed = "stage"
    needed = True

    def read(self, fields: Fields, stored: str) -> Any:
        return fields[stored][0]

    def is_valid(self, value: Any) -> bool:
        return (
            isinstance(value, list)
            and all(isinstance(part, str) for part in value)
            and len(value) in (2, 3)
            and is_id(value[0])
            and is_rank(value[1])
            and all(map(is_id, value[2:]))
        )


def is_id(value: Any) -> bool:
    """Whether it is the long id of a card, an event or whatever."""
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def is_ref(value: Any) -> bool:
    """Whether it is the short id of a card."""
    return isinstance(value, str) and bool(_REF.fullmatch(value))


def is_card(value: Any) -> bool:
    """Another card, by short id; some older programs wrote its long one."""
    return is_ref(value) or is_id(value)


def is_line(value: Any) -> bool:
    """A name or a title: one line that says something."""
    return isinstance(value, str) and bool(value.strip()) and "\n" not in value


def is_day(value: Any) -> bool:
    """A day as it is stored, or '' for none. ValueError for one that the calendar does not have."""
    return value == "" or bool(_DAY.fullmatch(value) and date.fromisoformat(value))


def is_rank(value: Any) -> bool:
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


def is_condition(until: str) -> bool:
    """What lifts a block: card:ID, run:ID, a day, or ''."""
    kind, colon, name = until.partition(":")
    if not until or (colon and kind == "run" and name):
        return True
    return is_card(name) if colon and kind == "card" else is_day(until)


def until_text(until: str) -> str:
    """What lifts a block, in words: `until v3 is finished`; '' for nothing. Not yet safe to
    show."""
    kind, colon, name = until.partition(":")
    if colon:
        return f"until {name} is finished" if kind == "card" else f"until run {name} ends"
    return until and f"until {until}"


def condition_text(until: str, today: date) -> str:
    """The same in a message, with a day as people say it: `until Fri 12-04`."""
    if not until or ":" in until:
        return until_text(until)
    return f"until {day_text(date.fromisoformat(until), today)}"


def spoken(name: str) -> str:
    """The name of a metric as texts have it."""
    return " ".join(display(name).split())


def metric_typed(metric: Metric) -> str:
    """A metric as it is typed: `auc>=0.9 auc=0.87`."""
    name = spoken(metric.name)
    target = "" if metric.target is None else f"{name}{metric.direction}{metric.target!r}"
    reached = "" if metric.value is None else f"{name}={metric.value!r}"
    return " ".join(filter(None, (target, reached))) or name


def guards_typed(text: str) -> list[dict[str, Any]]:
    """Guards as they are stored, from `p95_ms<=50 fpr<=1.25`; UsageProblem says what is wrong."""
    if text.strip().lower() in ("", NONE):
        return []
    metrics = parse_metrics([text])
    guards = [metric for metric in (metrics.metric, *metrics.guards) if metric]
    for guard in guards:
        require_limit(guard)
    return guards


def metric_in(stored: Any) -> Metric | None:
    """The metric that is stored as JSON."""
    return Metric(stored["name"], direction_of(stored), **_numbers(stored)) if stored else None


def guard_in(stored: MetricFields) -> MeasuredGuard:
    """A guard of a card at the value that it stands at."""
    state = state_of(stored)
    return MeasuredGuard(stored["name"], direction_of(stored), **_numbers(stored), state=state)


def _numbers(metric: MetricFields) -> dict[str, float | None]:
    return {
        name: None if metric.get(name) is None else float(metric[name])
        for name in ("target", "baseline", "noise", "value")
    }


def blocker_in(stored: Any) -> Blocker | None:
    """The block that is stored as JSON."""
    if not stored:
        return None
    since = datetime.fromisoformat(stored["since"])
    note, until = stored.get("note") or "", stored.get("until") or ""
    return Blocker(BlockReason(stored["reason"]), bool(stored["external"]), since, note, until)


def items_in(stored: Iterable[Mapping[str, Any]]) -> tuple[CheckItem, ...]:
    """The checklist that is stored as JSON."""
    return tuple(
        CheckItem(item["text"], bool(item.get("done")), item.get("gate") or "") for item in stored
    )


def item_text(text: str, *, done: bool) -> str:
    """An item of a checklist as a text."""
    return f"[{'x' if done else ' '}] {text}"


def items_typed(lines: Sequence[str]) -> list[dict[str, Any]]:
    """A checklist as it is stored, from `[x] what is done` and `what is to do`."""
    matches = (_ITEM.fullmatch(line) for line in lines)
    return [
        {"text": item[2], "done": (item[1] or "").lower() == "x"}
        for item in matches
        if item and item[2]
    ]


@cache
def _adapter(model: Any) -> Any:
    from pydantic import TypeAdapter  # loaded when an event has parts to check

    return TypeAdapter(model)


def _fits(model: Any, value: Any) -> bool:
    """Whether a value has the parts of a class. As JSON, which is strict about numbers and texts,
    and reads an instant from a text."""
    _adapter(model).validate_json(json.dumps(value), strict=True)
    return True
