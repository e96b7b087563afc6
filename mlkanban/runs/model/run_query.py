"""Queries about the runs of a card: `state:failed lr<1e-3 seed:3`, in the language of the queries
about cards, with the parameters, the metrics and a few facts of the runs as fields."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches

from mlkanban.core.query.parse import parse
from mlkanban.core.query.tree import And, Node, Not, Or, Term, TextTerm
from mlkanban.errors import BadQuery
from mlkanban.runs.model.parameters import known_parameters
from mlkanban.runs.model.run import Run

Predicate = Callable[[Run], bool]

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le, "=": operator.eq,
    ":": operator.eq,
}  # fmt: skip
_FACTS: Mapping[str, Callable[[Run], str]] = {
    "state": lambda run: run.state.value,
    "run": lambda run: run.id,
    "name": lambda run: run.name,
    "commit": lambda run: run.commit,
    "host": lambda run: run.host,
    "folder": lambda run: run.folder,
    "dataset": lambda run: run.dataset,
    "why": lambda run: run.outcome,
    "exit": lambda run: "" if run.exit is None else str(run.exit),
    "gpus": lambda run: "" if run.gpus is None else str(run.gpus),
}
_MOST_NAMED = 8


def run_matcher(text: str, runs: Iterable[Run]) -> Predicate:
    """The predicate of a query about these runs; BadQuery says what is wrong with it, and where."""
    vocabulary = _RunVocabulary(runs)
    return _made(parse(text, vocabulary))


class _RunVocabulary:
    """The fields that some of the runs have."""

    name_pattern = r"[A-Za-z_][\w./-]*"

    def __init__(self, runs: Iterable[Run]) -> None:
        names = dict.fromkeys(
            name for run in runs for name in (*run.metrics, *known_parameters(run))
        )
        self._names = {name.lower(): name for name in (*_FACTS, *names)}

    def means_a_field(self, text: str, name: str, operator: str, at: int) -> bool:
        if name.lower() in self._names:
            return True
        if operator == ":" and text.startswith("://", at + len(name)):
            return False
        near = get_close_matches(name.lower(), self._names, 1, 0.75)
        listed = [*self._names.values()][:_MOST_NAMED]
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(listed)} ..."
        raise BadQuery(f"The runs have no {name}.", at, f"{hint} Text with a colon needs quotes.")

    def named(self, name: str) -> str:
        return self._names[name.lower()]

    def example(self, name: str) -> str:
        return f"{name}:failed" if name == "state" else f"{name}:3"

    def check(self, name: str, operator: str, value: str, at: int) -> None:
        if operator not in ":=" and _number(value) is None:
            raise BadQuery(f"{value!r} is not a number.", at, f"Write it as {name}{operator}0.1.")


def _made(node: Node) -> Predicate:
    match node:
        case TextTerm(text):
            wanted = text.casefold()
            return lambda run: any(wanted in word.casefold() for word in _words(run))
        case Term(name, sign, value):
            return lambda run: _holds(run, name, sign, value)
        case Not(part):
            inner = _made(part)
            return lambda run: not inner(run)
        case And(parts):
            each = [_made(part) for part in parts]
            return lambda run: all(predicate(run) for predicate in each)
        case Or(parts):
            some = [_made(part) for part in parts]
            return lambda run: any(predicate(run) for predicate in some)


def _holds(run: Run, name: str, sign: str, value: str) -> bool:
    """Whether one of the values that a run has by this name is as asked: numbers are compared, of
    other values `:` asks for a part."""
    wanted = _number(value)
    for have in _values(run, name):
        number = _number(have)
        if number is not None and wanted is not None:
            if _COMPARISONS[sign](number, wanted):
                return True
            continue
        asked, there = value.casefold(), have.casefold()
        if asked == there or (sign == ":" and asked in there):
            return True
    return False


def _values(run: Run, name: str) -> Iterator[str]:
    if name in run.metrics:
        yield repr(run.metrics[name])
    if name in _FACTS and (fact := _FACTS[name](run)):
        yield fact
    if name == "state" and run.word != run.state.value:
        yield run.word
    if name in (known := known_parameters(run)):
        yield known[name]


def _words(run: Run) -> Iterator[str]:
    yield from filter(None, (fact(run) for fact in _FACTS.values()))
    yield from run.argv
    yield from (f"{name}={value}" for name, value in run.params.items())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
