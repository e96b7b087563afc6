"""Front matter: `name: value` lines that are valid YAML, without a YAML library."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mlkanban.errors import BadMarkdown

FENCE = "---"
Value = str | tuple[str, ...]

_LINE = re.compile(r"([A-Za-z][\w -]*?)[ \t]*:(?:[ \t]+(.*))?")
_ITEM = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)')
# Words and numbers that YAML takes for something else than text.
_WORDS = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])
_NUMBER = re.compile(r"[\d.][\dA-Fa-fxo_.:eE+TZ -]*")
_IN_LISTS = re.compile(r'[,?\[\]{}"]')


class FrontMatterLine(NamedTuple):
    """A value as it was typed, and the line it stands in."""

    raw: str
    line: int


def scalar(text: str, *, in_list: bool = False) -> str:
    """A text as a value: as it is where YAML reads it so, else as a JSON string."""
    plain = (
        text.isprintable()
        and (text[:1].isalnum() or text[:1] in ("_", "/", "("))
        and not text.endswith((":", " "))
        and ": " not in text
        and " #" not in text
        and text.lower() not in _WORDS
        and not _NUMBER.fullmatch(text)
        and not (in_list and _IN_LISTS.search(text))
    )
    if plain or (not text and not in_list):
        return text
    return "".join(
        c if c.isprintable() or ord(c) > 0xFFFF else f"\\u{ord(c):04x}"
        for c in json.dumps(text, ensure_ascii=False)
    )


def flow(items: Iterable[str]) -> str:
    """A list as a value: `[a, b]`."""
    return f"[{', '.join(scalar(item, in_list=True) for item in items)}]"


def written(value: Value) -> str:
    return scalar(value) if isinstance(value, str) else flow(value)


def entry_line(name: str, raw: str) -> str:
    return f"{name}: {raw}".rstrip(" ")


def read_lines(lines: Sequence[str], first: int) -> dict[str, FrontMatterLine]:
    """The entries of `lines`, of which the first has the number `first`; `#` begins a comment."""
    entries: dict[str, FrontMatterLine] = {}
    for number, line in enumerate(lines, first):
        if line.strip() and not line.startswith("#"):
            name, raw = read_entry(line, number)
            if name in entries:
                raise BadMarkdown(
                    f"{name} stands here a second time.", number,
                    f"Keep one of the two; the other is in line {entries[name].line}.",
                )  # fmt: skip
            entries[name] = FrontMatterLine(raw, number)
    return entries


def read_entry(line: str, number: int) -> tuple[str, str]:
    """Name and value of one line."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise BadMarkdown(
            f"{line.strip()[:40]!r} is not of the form 'name: value'.", number,
            "Write one field a line; several values as [a, b].",
        )  # fmt: skip
    return match[1], (match[2] or "").strip()


def read_scalar(entry: FrontMatterLine) -> str:
    """The text a value stands for."""
    raw = entry.raw
    if raw.startswith('"'):
        return _from_json(raw, entry.line)
    if len(raw) > 1 and raw.startswith("'") and raw.endswith("'"):
        return raw[1:-1].replace("''", "'")
    return raw


def read_list(entry: FrontMatterLine) -> tuple[str, ...]:
    """The texts a list stands for; without brackets, what stands between commas."""
    raw = entry.raw
    if raw.startswith("["):
        if not raw.endswith("]"):
            raise BadMarkdown("The list has no end.", entry.line, "Close it with ].")
        raw = raw[1:-1]
    items: list[str] = []
    at = 0
    while at < len(raw):
        match = _ITEM.match(raw, at)
        if match is None:
            raise BadMarkdown(
                f"The list cannot be read from {raw[at : at + 20]!r} on.", entry.line,
                'Put a text with commas or quotes in double quotes: "a, b".',
            )  # fmt: skip
        at = match.end()
        item = match[1].strip()
        items.append(_from_json(item, entry.line) if item.startswith('"') else item)
    return tuple(item for item in items if item)


def _from_json(raw: str, line: int) -> str:
    try:
        text = json.loads(raw)
    except ValueError:
        text = None
    if not isinstance(text, str):
        raise BadMarkdown(
            "The value begins with a quote but is not one quoted text.", line,
            'Close the quote, and write \\" for a quote inside.',
        )  # fmt: skip
    return text
