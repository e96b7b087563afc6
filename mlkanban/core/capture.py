"""A card in one line: `focal loss on minority classes #nlp !high ^fri @experiment metric:auc>=0.9`.

What is not understood stays in the title: `fix #12`, `ask @maria`, `C# bindings`. A backslash keeps
a word as it is.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from mlkanban.core.budget import budget_text
from mlkanban.core.dates import parse_day
from mlkanban.core.metrics import metric_text, parse_metric
from mlkanban.core.models import CardType, Priority
from mlkanban.core.worth import parse_worth, worth_text
from mlkanban.errors import UsageProblem

_TAG = re.compile(r"#(?=\S*[^\W\d_])[^\s#]+")
_ESCAPED = re.compile(r"\\(?=[#!^@]|metric:|worth:|budget:)")


@dataclass(slots=True)
class Captured:
    """A title, and the fields that were written into it, JSON-ready."""

    title: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """What was understood, for the person who types; '' when it is a title alone."""
        fields = self.fields
        parts = [
            " ".join(f"#{tag}" for tag in fields.get("tags", ())),
            fields.get("type", ""),
            f"priority {fields['priority']}" if "priority" in fields else "",
            f"due {fields['due']}" if "due" in fields else "",
            metric_text(fields.get("metric")),
            f"worth {worth_text(fields['worth'])}" if "worth" in fields else "",
            f"budget {fields['budget']}" if "budget" in fields else "",
        ]
        return ", ".join(part for part in parts if part)


def captured(text: str, today: date) -> Captured:
    """Take the marked words out of a line; `today` is what `^fri` counts from."""
    made, words = Captured(), []
    for word in text.split():
        if _ESCAPED.match(word):
            words.append(word[1:])
        elif not _taken(word, made.fields, today):
            words.append(word)
    made.title = " ".join(words)
    return made


def condition_in(text: str, today: date) -> tuple[str, str]:
    """A note and what lifts the block, from `4 GPUs until:fri` or `labels until:card:g4`; '' for
    none. UsageProblem for an `until:` that is neither a day nor a card nor a run."""
    words, until = [], ""
    for word in text.split(" "):
        wanted = word.removeprefix("until:") if word.startswith("until:") else ""
        if wanted.startswith(("card:", "run:")):
            until = wanted
        elif wanted:
            day = parse_day(wanted, today)
            until = day.isoformat() if day else ""
        else:
            words.append(word)
    return " ".join(words).strip(), until


def _taken(word: str, fields: dict[str, Any], today: date) -> bool:
    sign, rest = word[0], word[1:]
    if _TAG.fullmatch(word):
        tag = rest.lower()
        fields.setdefault("tags", [])
        if tag not in fields["tags"]:
            fields["tags"].append(tag)
        return True
    if sign == "!" and (priority := _one(Priority, rest)):
        fields["priority"] = priority
        return True
    if sign == "@" and (kind := _one(CardType, rest)):
        fields["type"] = kind
        return True
    try:
        if sign == "^" and (day := parse_day(rest, today)):
            fields["due"] = day.isoformat()
            return True
        if word.startswith("metric:"):
            fields["metric"] = parse_metric([word.removeprefix("metric:")])
            return True
        if word.startswith("worth:") and (worth := parse_worth(word.removeprefix("worth:"))):
            fields["worth"] = worth.text
            return True
        if word.startswith("budget:") and (budget := budget_text(word.removeprefix("budget:"))):
            fields["budget"] = budget
            return True
    except UsageProblem:
        pass  # it is a word of the title
    return False


def _one(words: type[StrEnum], begun: str) -> str:
    """The word that begins so, '' for none or several."""
    found = [word.value for word in words if begun and word.value.startswith(begun.lower())]
    return found[0] if len(found) == 1 else ""
