"""Quick add, a card in one line: `focal loss on minority classes #nlp !high ^fri @experiment
metric:auc>=0.9`.

Words that are not understood stay in the title: `fix #12`, `ask @maria`, `C# bindings`. Words that
look like marks and are none (`!hgih`, `^2026-02-30`) are reported. A backslash keeps a word as it
is.
"""

import re
from dataclasses import field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from mlkanban.core.board import CardType, Priority
from mlkanban.core.budget import budget_text
from mlkanban.core.day_input import parse_day
from mlkanban.core.field_kinds import NONE
from mlkanban.core.metrics import metric_texts, metrics_in, parse_metrics
from mlkanban.core.score import parse_score, score_text
from mlkanban.errors import UsageProblem
from mlkanban.records import record

_TAG = re.compile(r"#(?=\S*[^\W\d_])[^\s#]+")
_ESCAPED = re.compile(r"\\(?=[#!^@]|metric:|score:|worth:|budget:)")
_PREFIXES = {
    "metric": "metric:auc>=0.9", "score": "score:5/2", "budget": "budget:12runs or budget:40gpu-h",
}  # fmt: skip
_FORMER = {"worth": "score"}
"""Prefixes that were called otherwise before; they still work."""
_ITEM = re.compile(r"(?:[-*+•]|\d{1,9}[.)])\s+(?:\[[ xX]?\]\s+)?(\S.*)")
_PREFIXED = re.compile(r"([a-z]+):\S", re.IGNORECASE)


@record(slots=True)
class QuickAdd:
    """A title, and the fields that were typed into it, JSON-ready. `doubts` are sentences about
    words that look like marks and were not taken, or that a later mark replaced."""

    title: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The understood fields in words, for the person who types; '' when there is only a
        title."""
        fields = self.fields
        parts = [
            " ".join(f"#{tag}" for tag in fields.get("tags", ())),
            fields.get("type", ""),
            f"priority {fields['priority']}" if "priority" in fields else "",
            f"due {fields['due']}" if "due" in fields else "",
            *metric_texts(metrics_in(fields)),
            f"score {score_text(fields['score'])}" if "score" in fields else "",
            f"budget {fields['budget']}" if "budget" in fields else "",
        ]
        return ", ".join(part for part in parts if part)


def card_lines(text: str) -> list[str]:
    """The lines of a pasted or piped text, one card each. If there are several and each is a list
    item (`- one`, `2. two`, `* [ ] three`), the list marks are removed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    items = [_ITEM.fullmatch(line) for line in lines]
    if len(lines) < 2 or not all(items):
        return lines
    return [item[1] for item in items if item]


def captured(text: str, today: date) -> QuickAdd:
    """Take the marked words out of a line; `today` is the day from which `^fri` counts."""
    made, words = QuickAdd(), []
    metrics: list[str] = []
    for word in text.split():
        if _ESCAPED.match(word):
            words.append(word[1:])
            continue
        taken: dict[str, Any] = {}
        doubt = _take(word, taken, today)
        if metric := taken.pop("metric", ""):
            doubt = _doubt_about(metric, metrics)
            if not doubt:
                metrics.append(metric)
                made.fields |= {n: v for n, v in parse_metrics(metrics).fields.items() if v}
                continue
        if again := _given_before(taken, made.fields):
            doubt = f"{word} is a second {again}, and a card has one"
            taken = {}
        if doubt:
            made.doubts.append(f"{doubt}; it stays in the title.")
        if taken:
            _add(taken, made.fields)
        else:
            words.append(word)
    made.title = " ".join(words)
    return made


def _doubt_about(text: str, before: list[str]) -> str:
    """What keeps a target or a value from joining those of a card; '' for nothing."""
    new, had = parse_metrics([text]).metric or {}, parse_metrics(before)
    same = next((m for m in (had.metric, *had.guards) if m and m["name"] == new["name"]), {})
    for part in ("target", "value"):
        if part in same and part in new:
            return f"metric:{text} is a second {part} of {new['name']}, and it has one"
    if had.metric and not same and "target" not in new:
        return f"metric:{text} has no limit, and a further metric is a guard (metric:p95_ms<=50)"
    return ""


def _given_before(taken: dict[str, Any], fields: dict[str, Any]) -> str:
    """The field that a mark would set a second time, in words; '' for none."""
    for name in taken:
        if name != "tags" and name in fields:
            return "due day" if name == "due" else name
    return ""


def _add(taken: dict[str, Any], fields: dict[str, Any]) -> None:
    for name, value in taken.items():
        if name == "tags":
            value = [*dict.fromkeys([*fields.get(name, ()), *value])]
        fields[name] = value


def condition_in(text: str, today: date) -> tuple[str, str]:
    """Split `4 GPUs until:fri`, `labels until card:g4` or `vendor until 12-04` into the note and
    the condition that lifts the block, '' for none.

    UsageProblem for an `until:` that is no day, card or run; behind `until` without a colon other
    words are part of the note.
    """
    until = ""

    def taken(found: re.Match[str]) -> str:
        nonlocal until
        try:
            until = _condition(found["when"], today)
        except UsageProblem:
            if found["sign"] == ":":
                raise
            return found[0]
        return ""

    note = _UNTIL.sub(taken, text)
    return (_LINE_END.sub("", note) if until else note).strip(), until


_UNTIL = re.compile(r"(?<!\S)until(?P<sign>:| +|: +)(?P<when>\S+) *", re.IGNORECASE)
_LINE_END = re.compile(r" +$", re.MULTILINE)


def _condition(word: str, today: date) -> str:
    """A card, a run or a day as blocks have it, '' for `none`; UsageProblem for other words."""
    if word.startswith(("card:", "run:")):
        return word
    day = parse_day(word.rstrip(",.;"), today)
    return day.isoformat() if day else ""


def _take(word: str, fields: dict[str, Any], today: date) -> str:
    """Put the value of a mark into `fields`. For a word that only looks like a mark, return why;
    else ''."""
    sign, rest = word[0], word[1:]
    if _TAG.fullmatch(word):
        if rest.lower() == NONE:
            return f"{word} is no tag: tag:none finds cards without tags"
        fields["tags"] = [rest.lower()]
    elif sign == "!":
        return _choose(word, "priority", Priority, fields) if rest.isalpha() else ""
    elif sign == "@":
        doubt = _choose(word, "type", CardType, fields)
        # Others are called by an @ too: only a slip of the fingers is told.
        return doubt if get_close_matches(rest.lower(), list(CardType), 1, 0.75) else ""
    elif sign == "^" and any(map(str.isalnum, rest)):
        return _take_day(word, fields, today)
    elif match := _PREFIXED.match(word):
        return _take_prefixed(word, match[1].lower(), fields)
    return ""


def _choose(word: str, name: str, words: type[StrEnum], fields: dict[str, Any]) -> str:
    begun = word[1:].lower()
    values = [str(value) for value in words if begun and value.startswith(begun)]
    if len(values) == 1:
        fields[name] = values[0]
        return ""
    if values:
        return f"{word} could be {' or '.join(word[0] + value for value in values)}"
    return f"{word} is no {name} ({', '.join(words)})"


def _take_day(word: str, fields: dict[str, Any], today: date) -> str:
    try:
        day = parse_day(word[1:], today)
    except UsageProblem:
        return f"{word} is no day (write ^fri, ^3d or ^2026-03-31)"
    if day:
        fields["due"] = day.isoformat()
    return ""


def _take_prefixed(word: str, name: str, fields: dict[str, Any]) -> str:
    value = word[len(name) + 1 :]
    name = _FORMER.get(name, name)
    if name not in _PREFIXES:
        near = get_close_matches(name, _PREFIXES, 1, 0.75)
        return f"{word} is no mark; did you mean {near[0]}:" if near else ""
    try:
        if name == "metric" and parse_metrics([value]).metric:
            fields[name] = value
        elif name == "score" and (score := parse_score(value)):
            fields[name] = score.text
        elif name == "budget" and (budget := budget_text(value)):
            fields[name] = budget
    except UsageProblem:
        return f"{word} is no {name} (write {_PREFIXES[name]})"
    return ""
