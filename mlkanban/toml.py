"""TOML from any source, limited to a size and depth that a person would write."""

import re
import tomllib
from pathlib import Path
from typing import Any

MOST_BYTES = 1_000_000
DEEPEST = 32
_ASIDE = re.compile(
    r'#[^\n]*|"{3}(?:\\.|[^\\])*?(?:"{3}|\\?\Z)|"(?:\\.|[^"\\\n])*"?'
    r"|'{3}.*?(?:'{3}|\Z)|'[^'\n]*'?",
    re.DOTALL,
)
"""Comments and strings, also one that does not end."""
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){{{DEEPEST}}}", re.ASCII)


class Unreasonable(tomllib.TOMLDecodeError):
    """TOML that no person would write. It has no position in the text, which Python requires of its
    own errors since 3.14."""

    def __init__(self, what: str) -> None:
        ValueError.__init__(self, what)


def read(file: Path) -> str:
    """The text of a settings or theme file. OSError, UnicodeDecodeError, or TOMLDecodeError for a
    file that is too large."""
    with file.open("rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Unreasonable(f"it is larger than {MOST_BYTES:,} bytes")
    return data.decode("utf-8")


def parsed(text: str) -> dict[str, Any]:
    """The tables of a text; TOMLDecodeError says what is wrong with it."""
    bare = _ASIDE.sub(lambda found: "" if found[0].startswith("#") else "s", text)
    if _LONG_KEY.search(bare):  # tomllib would need minutes for it
        raise _too_deep()
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise _too_deep() from None
    level: list[Any] = [tables]
    for _ in range(DEEPEST):
        level = [
            part
            for one in level
            for part in (one.values() if isinstance(one, dict) else one)
            if isinstance(part, dict | list)
        ]
        if not level:
            return tables
    raise _too_deep()


def _too_deep() -> Unreasonable:
    return Unreasonable(f"tables and lists lie more than {DEEPEST} deep in each other")
