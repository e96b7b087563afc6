"""Completion of queries."""

import re

from mlkanban.core.query.fields import FIELDS, QueryContext, field_name
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
