"""Completion of queries, and what was meant by words that find nothing."""

import re

from mlkanban.core.query.fields import FIELDS, STATES, QueryContext, field_name
from mlkanban.core.query.tree import FIELD_NAME

_LAST = re.compile(rf'(?:^|(?<=[\s(-]))({FIELD_NAME}-?)(?:(:)([^\s()"]*))?$')


def completion(text: str, scene: QueryContext) -> str:
    """The query with its last word completed: a field name, or after the colon a value of the
    field; '' when nothing fits."""
    match = _LAST.search(text)
    if match is None:
        return ""
    name, colon, begun = match[1].lower(), match[2], match[3]
    if colon is None:
        for field in FIELDS.values():
            if field.name.startswith(name) and field.name != name:
                sign = ":" if field.kind in ("word", "metric") else ""
                return text[: match.start(1)] + field.name + sign
        return ""
    name = field_name(name)
    if name not in FIELDS:
        return ""
    for value in FIELDS[name].values(scene):
        if value.startswith(begun.lower()) and value != begun.lower():
            quoted = f'"{value}"' if re.search(r"\s", value) else value
            return text[: match.start(3)] + quoted
    return ""


_MEANT = {
    "blocked": "blocked:yes", "stuck": "blocked:yes", "late": "due:late", "overdue": "due:late",
    "snoozed": "snoozed:yes", "due": "due:yes", "conflicts": "is:conflict",
    "finished": "is:finished",
}  # fmt: skip
_OF_FIELDS = ("run", "health", "priority", "type", "class", "outcome", "work")
"""Fields whose values are words for a state of a card."""


def meant(text: str, scene: QueryContext) -> str:
    """The query with the names of states and fields in place of the same words: `blocked:yes` for
    `blocked`; '' where no word is one."""
    words = text.split()
    if not all(re.fullmatch(r"[\w-]+", word) for word in words):
        return ""
    terms = [_meant(word.lower(), scene) or word for word in words]
    return " ".join(terms) if terms != words else ""


def _meant(word: str, scene: QueryContext) -> str:
    if word in _MEANT:
        return _MEANT[word]
    if word in STATES:
        return f"is:{word}"
    for name in _OF_FIELDS:
        if word in FIELDS[name].values(scene) and word not in ("none", "any", "yes", "no"):
            return f"{name}:{word}"
    if word in FIELDS and "yes" in FIELDS[word].values(scene):
        return f"{word}:yes"
    return ""
