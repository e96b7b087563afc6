"""Sentences that name commands, such as hints of errors: each surface names its own way instead."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, Self

_MARK = re.compile(r"\{((?:[^{}]|\{\})*)\}")


class ShellCommand(NamedTuple):
    """A command as it is typed in a shell. `name` is what a hint calls it: the text without the
    program, with {} for each value."""

    name: str
    text: str


class Hint(str):
    """A sentence that names commands. As text it reads as on the command line. Its `parts` are
    words and commands, so that nothing that a person wrote is taken for a command.

    It joins other text with `+` and `sentences`; formatted into a string it is plain text.
    """

    parts: tuple[str | ShellCommand, ...]

    def __new__(cls, *texts: str | ShellCommand) -> Self:
        parts = tuple(part for text in texts for part in _parts(text))
        made = super().__new__(cls, "".join(_typed(part) for part in parts))
        made.parts = parts
        return made

    def __add__(self, other: str) -> "Hint":
        return Hint(self, other)

    def __radd__(self, other: str) -> "Hint":
        return Hint(other, self)


def hint(text: str, *values: str) -> Hint:
    """A sentence in which {list --all} is a command and {} the next value, also within a command:
    {show {}}. Upper case words of a command are for a person to replace."""
    left, at = iter(values), 0
    parts: list[str | ShellCommand] = []
    for mark in _MARK.finditer(text):
        parts.append(text[at : mark.start()])
        if name := mark[1]:
            filled = name.format(*(next(left) for _ in range(name.count("{}"))))
            parts.append(ShellCommand(name, f"mlkanban {filled}"))
        else:
            parts.append(next(left))
        at = mark.end()
    return Hint(*parts, text[at:])


_EXTRAS = {"mcp": "mcp", "team": "psycopg", "web": "textual_serve"}
"""For each extra a package that it brings."""


def install_extra(extra: str) -> str:
    """What to do where the packages of an extra are missing. The extras that are here are named
    too: pipx makes the whole environment anew."""
    # Only a command that cannot go on needs it.
    from importlib.util import find_spec

    named = ",".join(name for name, brings in _EXTRAS.items() if name == extra or find_spec(brings))
    return f"Install mlkanban with it, in the checkout: pipx install --force '.[{named}]'"


def sentences(texts: Iterable[str]) -> Hint:
    """Texts with a blank between them, their commands kept; empty ones are left out."""
    spaced = [part for text in texts if text for part in (" ", text)]
    return Hint(*spaced[1:])


def worded(text: str, way: Callable[[ShellCommand], str]) -> str:
    """The text with `way` in the place of each command that it names."""
    return "".join(way(p) if isinstance(p, ShellCommand) else p for p in _parts(text))


def _typed(part: str | ShellCommand) -> str:
    return part.text if isinstance(part, ShellCommand) else part


def _parts(text: str | ShellCommand) -> tuple[str | ShellCommand, ...]:
    return text.parts if isinstance(text, Hint) else (text,)
