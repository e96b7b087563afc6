"""From a tree to a predicate: made once, asked of ten thousand cards at every key."""

from collections.abc import Iterator

from mlkanban.core.models import CardFace
from mlkanban.core.query.fields import FIELDS, Predicate, Scene
from mlkanban.core.query.parse import parse
from mlkanban.core.query.tree import And, Node, Not, Or, Term, Words


def matcher(text: str, scene: Scene) -> Predicate:
    """What a query asks of a card; BadQuery says what is wrong with it, and where."""
    return _made(parse(text), scene)


def words_in(text: str) -> list[str]:
    """The texts that a query looks for in cards."""
    return list(dict.fromkeys(_words(parse(text))))


def _words(node: Node) -> Iterator[str]:
    match node:
        case Words(text):
            yield text
        case Not(part):
            yield from _words(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _words(part)


def looks_for_sleepers(text: str) -> bool:
    """Whether a query asks for snoozed cards, which are out of sight otherwise."""
    return _speaks_of_sleep(parse(text))


def _speaks_of_sleep(node: Node) -> bool:
    match node:
        case Term("snoozed") | Term("is", _, "snoozed"):
            return True
        case Not(part):
            return _speaks_of_sleep(part)
        case And(parts) | Or(parts):
            return any(map(_speaks_of_sleep, parts))
    return False


def _made(node: Node, scene: Scene) -> Predicate:
    match node:
        case Words(text):
            wanted = text.casefold().removeprefix("#")
            written = scene.written.get(text, frozenset())
            return lambda face: wanted in _text(face) or face.id in written
        case Term(name, sign, value, at):
            return FIELDS[name].predicate(sign, value, at, scene)
        case Not(part):
            inner = _made(part, scene)
            return lambda face: not inner(face)
        case And(parts):
            each = [_made(part, scene) for part in parts]
            return lambda face: all(one(face) for one in each)
        case Or(parts):
            some = [_made(part, scene) for part in parts]
            return lambda face: any(one(face) for one in some)


def _text(face: CardFace) -> str:
    return f"{face.ref} {face.title} {face.tags}".casefold()
