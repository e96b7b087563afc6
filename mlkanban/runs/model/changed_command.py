"""The command of a run with other parameters, to run it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mlkanban.errors import UsageProblem
from mlkanban.hints import hint
from mlkanban.runs.model.parameters import ASSIGNED, OPTION, names_one

_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh", "fish"))
_ADVICE = hint("Or start it anew: {run CARD}")


class _Given(NamedTuple):
    """A parameter as it was typed: its words, its name and its value, None for a flag."""

    words: list[str]
    name: str
    value: str | None


def changed_command(argv: Sequence[str], words: Sequence[str]) -> list[str]:
    """`argv` with `words` in it.

    Either all words are parameters (`--name value`, `--name=value`, `name=value`, `--flag`): each
    replaces the value of the parameter with that name, in the form that it has there, or is
    appended where the command has none. Or no word names a parameter: then they replace as many
    words at the end. UsageProblem for anything that could mean two things.
    """
    if not words:
        return list(argv)
    if argv[0].rpartition("/")[2] in _SHELLS and any(
        word.startswith("-") and not word.startswith("--") and "c" in word for word in argv[1:3]
    ):
        raise UsageProblem("The command is a script for a shell: no word of it is known.", _ADVICE)
    if not any(map(names_one, words)):
        return _at_the_end(argv, words)
    made = list(argv)
    for given in _given(words):
        made = _with(made, given)
    return made


def _at_the_end(argv: Sequence[str], words: Sequence[str]) -> list[str]:
    kept, replaced = argv[: len(argv) - len(words)], argv[len(argv) - len(words) :]
    if not kept:
        raise UsageProblem(
            f"The command has fewer words than the {len(words)} that are to replace its last ones.",
            _ADVICE,
        )
    if option := next((word for word in replaced if names_one(word)), ""):
        raise UsageProblem(
            f"Among the last words of the command is {option}: name what is to change.",
            "Write --name value or name=value.",
        )
    return [*kept, *words]


def _given(words: Sequence[str]) -> Iterator[_Given]:
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, assigned = OPTION.fullmatch(word), ASSIGNED.fullmatch(word)
        match = option or assigned
        if match is None:
            raise UsageProblem(
                f"{word!r} belongs to no parameter.",
                "Name each (--name value or name=value), or none: then the words replace the last "
                "ones of the command.",
            )
        if option and option["value"] is None and rest and not names_one(rest[0]):
            value = rest.pop(0)
            yield _Given([word, value], option["name"], value)
        else:
            yield _Given([word], match["name"], match["value"])


def _with(argv: list[str], given: _Given) -> list[str]:
    at = [
        place
        for place, word in enumerate(argv)
        if place and (match := OPTION.fullmatch(word) or ASSIGNED.fullmatch(word))
        if match["name"] == given.name
    ]
    if len(at) > 1:
        raise UsageProblem(f"The command has {given.name} {len(at)} times.", _ADVICE)
    if not at:
        return [*argv, *given.words]
    [place] = at
    word = argv[place]
    match = OPTION.fullmatch(word) or ASSIGNED.fullmatch(word)
    assert match is not None
    follows = argv[place + 1 : place + 2]
    apart = match["value"] is None and bool(follows) and not names_one(follows[0])
    if given.value is None:
        if match["value"] is not None or apart:
            raise UsageProblem(f"{given.name} has a value in the command: give another one.")
        return argv
    if match["value"] is not None:
        changed = [word[: match.start("value")] + given.value]
    else:
        changed = [word, given.value]
    return [*argv[:place], *changed, *argv[place + 1 + apart :]]
