"""Predicates of queries: built once from the tree, then applied to thousands of cards per key."""

from collections.abc import Iterable, Iterator

from mlkanban.core.board import CardFace
from mlkanban.core.query.fields import (
    ACTOR,
    CONFLICT,
    FIELDS,
    WRITTEN_STATES,
    Predicate,
    QueryContext,
    field_text,
)
from mlkanban.core.query.parse import parse
from mlkanban.core.query.store_terms import FieldText, StoreTerms
from mlkanban.core.query.tree import And, Node, Not, Or, Term, TextTerm
from mlkanban.errors import BadQuery


def matcher(text: str, scene: QueryContext) -> Predicate:
    """The predicate of a query; BadQuery says what is wrong with the query, and where."""
    return _made(parse(text), scene)


def store_terms(text: str) -> StoreTerms:
    """The terms of a query that only the store can answer."""
    parts = list(_leaves(parse(text)))
    return StoreTerms(
        tuple(dict.fromkeys(part.text for part in parts if isinstance(part, TextTerm))),
        any(isinstance(part, Term) and part.name == "run" for part in parts),
        any(
            isinstance(part, Term) and part.name == "is" and CONFLICT.startswith(part.value.lower())
            for part in parts
        ),
        tuple(dict.fromkeys(_field_texts(parts))),
        any(isinstance(part, Term) and part.name == ACTOR for part in parts),
    )


def _field_texts(parts: Iterable[TextTerm | Term]) -> Iterator[FieldText]:
    for part in parts:
        if isinstance(part, Term) and (stored := FIELDS[part.name].stored_field):
            yield field_text(stored, part.value)
        elif isinstance(part, Term) and part.name == "is":
            for state, asked in WRITTEN_STATES.items():
                if state.startswith(part.value.lower()):
                    yield asked


def words_alone(text: str) -> tuple[str, ...]:
    """The texts of a query that asks for texts and nothing else; () for any other one, and where it
    cannot be read."""
    try:
        node = parse(text)
    except BadQuery:
        return ()
    parts = node.parts if isinstance(node, And) else (node,)
    texts = [part.text for part in parts if isinstance(part, TextTerm)]
    return tuple(texts) if len(texts) == len(parts) else ()


def looks_for_sleepers(text: str) -> bool:
    """Whether a query asks for snoozed cards, which are hidden otherwise."""
    return any(
        isinstance(part, Term)
        and (part.name == "snoozed" or (part.name, part.value) == ("is", "snoozed"))
        for part in _leaves(parse(text))
    )


def _leaves(node: Node) -> Iterator[TextTerm | Term]:
    match node:
        case TextTerm() | Term():
            yield node
        case Not(part):
            yield from _leaves(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)


def _made(node: Node, scene: QueryContext) -> Predicate:
    match node:
        case TextTerm(text):
            wanted = text.casefold().removeprefix("#")
            written = scene.answers.written.get(text, frozenset())
            return lambda face: wanted in _text(face) or face.id in written
        case Term(name, sign, value, at):
            return FIELDS[name].predicate(sign, value, at, scene)
        case Not(part):
            inner = _made(part, scene)
            return lambda face: not inner(face)
        case And(parts):
            each = [_made(part, scene) for part in parts]
            return lambda face: all(predicate(face) for predicate in each)
        case Or(parts):
            some = [_made(part, scene) for part in parts]
            return lambda face: any(predicate(face) for predicate in some)


def _text(face: CardFace) -> str:
    return f"{face.ref} {face.title} {face.tags}".casefold()
