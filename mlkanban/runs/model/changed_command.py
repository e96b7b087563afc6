"""The command of a run with other parameters, to run it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mlkanban.errors import UsageProblem
from mlkanban.hints import hint
from mlkanban.runs.model.parameters import ASSIGNED, OPTION, names_one, values_behind

_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh", "fish"))
_ADVICE = hint("Or start it anew: {run CARD}")


class _Given(NamedTuple):
    """A parameter as it was typed: its words, its name and the words of its value, none for a
    flag."""

    words: Sequence[str]
    name: str
    values: Sequence[str]


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
    at = 0
    while at < len(words):
        word = words[at]
        option, assigned = OPTION.fullmatch(word), ASSIGNED.fullmatch(word)
        match = option or assigned
        if match is None:
            raise _without_name(word)
        behind = values_behind(words, at + 1) if match["value"] is None else ()
        values = behind if match["value"] is None else (match["value"],)
        end = at + 1 + len(behind)
        yield _Given(words[at:end], match["name"], values)
        at = end


def _without_name(word: str) -> UsageProblem:
    return UsageProblem(
        f"{word!r} belongs to no parameter.",
        "Name each (--name value or name=value), or none: then the words replace the last ones of"
        " the command.",
    )


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
    apart = () if match["value"] is not None else values_behind(argv, place + 1)
    if not given.values:
        if match["value"] is not None or apart:
            raise UsageProblem(f"{given.name} has a value in the command: give another one.")
        return argv
    if len(given.values) > 1 and len(apart) < 2:
        raise _without_name(given.values[1])
    if match["value"] is not None:
        changed = [word[: match.start("value")] + given.values[0]]
    else:
        changed = [word, *given.values]
    return [*argv[:place], *changed, *argv[place + 1 + len(apart) :]]
