"""A parsed query as a tree that can be printed again."""

import re
from dataclasses import dataclass, field

OPERATORS = (">=", "<=", ":", ">", "<", "=")
FIELD_NAME = "[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*"
"""What may be the name of a field, as a regular expression."""
KEYWORDS = frozenset({"and", "or", "not"})
_BARE = re.compile(r'[^\s()"-][^\s()"]*')
_COMPARED = re.compile(f"{FIELD_NAME}(?:{'|'.join(map(re.escape, OPERATORS))})")


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Text to search for; `at` is where it begins in the query, from 0."""

    text: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Term:
    """A field of the table compared with a value."""

    name: str
    operator: str
    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts, none of them an And; without parts: everything."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts, none of them an Or."""

    parts: "tuple[Node, ...]"


Node = TextTerm | Term | Not | And | Or
EVERYTHING = And(())


def printed(node: Node) -> str:
    """A query text that parses to this tree."""
    match node:
        case TextTerm(text):
            return text if _plain(text) else _quoted(text)
        case Term(name, operator, value):
            bare = re.fullmatch(r'[^\s()"]+', value) and not value.startswith(("=",))
            return f"{name}{operator}{value if bare else _quoted(value)}"
        case Not(part):
            inner = printed(part)
            return f"-({inner})" if isinstance(part, And | Or) else f"-{inner}"
        case And(parts):
            return " ".join(
                f"({printed(part)})" if isinstance(part, Or) else printed(part) for part in parts
            )
        case Or(parts):
            return " or ".join(printed(part) for part in parts)


def _plain(text: str) -> bool:
    is_bare = text.lower() not in KEYWORDS and _BARE.fullmatch(text) is not None
    return is_bare and _COMPARED.match(text) is None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
