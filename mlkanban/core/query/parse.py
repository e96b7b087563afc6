"""From text to a tree, or an error that names the place."""

import re
from difflib import get_close_matches
from typing import NamedTuple, Protocol

from mlkanban.core.query.fields import FIELDS, field_name
from mlkanban.core.query.tree import (
    EVERYTHING,
    FIELD_NAME,
    KEYWORDS,
    OPERATORS,
    And,
    Node,
    Not,
    Or,
    Term,
    TextTerm,
)
from mlkanban.errors import BadQuery

_OPERATOR = "|".join(map(re.escape, OPERATORS))
_RUN = re.compile(r'[^\s()"]+')
_DEEPEST = 32


class _Token(NamedTuple):
    """`kind` is `(`, `)`, `-`, `and`, `or`, `word` or `term`."""

    kind: str
    at: int
    text: str = ""
    name: str = ""
    operator: str = ""


class Vocabulary(Protocol):
    """The fields that a query may name."""

    name_pattern: str
    """What may be the name of a field, as a regular expression without groups."""

    def means_a_field(self, text: str, name: str, operator: str, at: int) -> bool:
        """Whether the word at a place in a query is a field that this operator can follow; BadQuery
        for one that can only be a mistake."""

    def named(self, name: str) -> str:
        """The name by which the tree has a field."""

    def example(self, name: str) -> str:
        """A term with this field."""

    def check(self, name: str, operator: str, value: str, at: int) -> None:
        """BadQuery for a value that the field cannot have."""


class _CardVocabulary:
    """The fields of the table (core/query/fields.py)."""

    name_pattern = FIELD_NAME

    def means_a_field(self, text: str, name: str, operator: str, at: int) -> bool:
        return _means_a_field(text, name, operator, at)

    def named(self, name: str) -> str:
        return field_name(name)

    def example(self, name: str) -> str:
        return FIELDS[name].example

    def check(self, name: str, operator: str, value: str, at: int) -> None:
        FIELDS[name].check(operator, value, at)


_CARDS = _CardVocabulary()


def parse(text: str, vocabulary: Vocabulary = _CARDS) -> Node:
    """Parse a query; BadQuery says what is wrong and where."""
    return _Parser(text, vocabulary).whole()


def _tokens(text: str, vocabulary: Vocabulary) -> list[_Token]:
    field = re.compile(rf"({vocabulary.name_pattern})({_OPERATOR})")
    made: list[_Token] = []
    at = 0
    while at < len(text):
        sign = text[at]
        if sign.isspace():
            at += 1
        elif sign in "()":
            made.append(_Token(sign, at))
            at += 1
        elif sign == "-" and at + 1 < len(text) and not text[at + 1].isspace():
            made.append(_Token("-", at))
            at += 1
        elif sign == '"':
            words, after = _quote(text, at)
            made.append(_Token("word", at, words))
            at = after
        elif (match := field.match(text, at)) and vocabulary.means_a_field(
            text, match[1], match[2], at
        ):
            value, after = _value(text, match.end())
            name = vocabulary.named(match[1])
            if not value:
                raise BadQuery(
                    f"{match[0]} needs a value.", at, f"Write it as {vocabulary.example(name)}."
                )
            made.append(_Token("term", at, value, name, match[2]))
            at = after
        else:
            run = _RUN.match(text, at)
            assert run is not None
            kind = run[0].lower() if run[0].lower() in KEYWORDS else "word"
            made.append(_Token("-" if kind == "not" else kind, at, run[0]))
            at = run.end()
    return made


_PEOPLE = frozenset(("assignee", "assigned", "person"))
"""What other tools call the field of the people of a card."""


def _means_a_field(text: str, name: str, operator: str, at: int) -> bool:
    """Whether a word is a field of the table that this operator can follow; an error for any word
    before a colon that is no field. Values such as `lr=3e-4` and `http://x` are text, and so is
    `lr_max:3`, where no field of several words has a similar name."""
    if query_field := FIELDS.get(field_name(name)):
        return operator == ":" or not query_field.colon_only
    if operator != ":" or text.startswith("://", at + len(name)):
        return False
    alike = FIELDS if name.isalpha() else [field for field in FIELDS if not field.isalpha()]
    near = get_close_matches(name.lower(), alike, 1, 0.75)
    if not near and not name.isalpha():
        return False
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(FIELDS)}."
    if name.lower() in _PEOPLE:
        hint = "People are tags: tag:@NAME finds the cards of one."
    raise BadQuery(f"There is no field {name}.", at, f'{hint} Text with a colon needs "quotes".')


def _value(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] == '"':
        return _quote(text, at)
    run = _RUN.match(text, at)
    return (run[0], run.end()) if run else ("", at)


def _quote(text: str, at: int) -> tuple[str, int]:
    made: list[str] = []
    place = at + 1
    while place < len(text):
        sign = text[place]
        if sign == '"':
            return "".join(made), place + 1
        if sign == "\\" and text[place + 1 : place + 2] in ('"', "\\"):
            place += 1
            sign = text[place]
        made.append(sign)
        place += 1
    raise BadQuery("The quote is not closed.", at, 'Put a " at its end.')


class _Parser:
    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self._tokens = _tokens(text, vocabulary)
        self._vocabulary = vocabulary
        self._next = 0
        self._end = len(text)
        self._depth = 0

    @property
    def _kind(self) -> str:
        return self._tokens[self._next].kind if self._next < len(self._tokens) else ""

    @property
    def _at(self) -> int:
        return self._tokens[self._next].at if self._next < len(self._tokens) else self._end

    def whole(self) -> Node:
        if not self._tokens:
            return EVERYTHING
        node = self._any()
        if self._kind:
            raise BadQuery("There is no ( for this ).", self._at, "Take it away.")
        return node

    def _any(self) -> Node:
        parts = [self._all()]
        while self._kind == "or":
            self._next += 1
            parts.append(self._all())
        flat = [p for part in parts for p in (part.parts if isinstance(part, Or) else (part,))]
        return flat[0] if len(flat) == 1 else Or(tuple(flat))

    def _all(self) -> Node:
        parts = [self._operand()]
        while self._kind not in ("", "or", ")"):
            if self._kind == "and":
                self._next += 1
            parts.append(self._operand())
        flat = [p for part in parts for p in (part.parts if isinstance(part, And) else (part,))]
        return flat[0] if len(flat) == 1 else And(tuple(flat))

    def _operand(self) -> Node:
        if self._kind in ("", "or", "and", ")"):
            raise BadQuery("Something to look for is missing here.", self._at, "Add it, or quote.")
        token = self._tokens[self._next]
        self._next += 1
        if token.kind == "word":
            return TextTerm(token.text, token.at)
        if token.kind == "term":
            self._vocabulary.check(token.name, token.operator, token.text, token.at)
            return Term(token.name, token.operator, token.text, token.at)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadQuery(
                f"More than {_DEEPEST} things in each other.", token.at, "Take it apart."
            )
        if token.kind == "-":
            node: Node = Not(self._operand())
        else:
            node = self._any()
            if self._kind != ")":
                raise BadQuery("The ( is not closed.", token.at, "Put a ) at its end.")
            self._next += 1
        self._depth -= 1
        return node
