"""What could be typed next."""

import re

from mlkanban.core.query.fields import FIELDS, QueryContext

_LAST = re.compile(r'(?:^|(?<=[\s(-]))([A-Za-z]+)(?:(:)([^\s()"]*))?$')


def completion(text: str, scene: QueryContext) -> str:
    """The whole query with its last word completed, '' when nothing fits: a field by its name, or
    after the colon one of its values."""
    found = _LAST.search(text)
    if found is None:
        return ""
    name, colon, begun = found[1].lower(), found[2], found[3]
    if colon is None:
        for field in FIELDS.values():
            if field.name.startswith(name) and field.name != name:
                sign = ":" if field.kind in ("word", "metric") else ""
                return text[: found.start(1)] + field.name + sign
        return ""
    if name not in FIELDS:
        return ""
    for value in FIELDS[name].values(scene):
        if value.startswith(begun.lower()) and value != begun.lower():
            quoted = f'"{value}"' if re.search(r"\s", value) else value
            return text[: found.start(3)] + quoted
    return ""
