"""Parameters of runs, from their command lines and trackers, and which of them differ."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from mlkanban.runs.model.run import Run

_WORD = "word "
GIVEN = "yes"
"""The value of an option that has none."""
_DECIMAL = re.compile(r"-?\d+\.\d+(e[-+]?\d+)?")
_LONG = 8
"""Characters of a number that nobody wrote by hand."""
OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w.:/-]*)(?:=(?P<value>.*))?", re.DOTALL)
_SUBMITTED = "sbatch"
_WHEN_AND_WHERE = frozenset(
    (
        "array", "a", "begin", "b", "dependency", "d", "deadline", "time", "t", "output", "o",
        "error", "e", "open-mode", "job-name", "J", "comment", "mail-type", "mail-user", "priority",
        "account", "A", "qos", "q", "reservation",
    )
)  # fmt: skip
"""Options of sbatch, each with a value, that decide nothing of what a job computes."""
ASSIGNED = re.compile(r"[+~]*(?P<name>[A-Za-z_][\w.@/-]*)=(?P<value>.*)", re.DOTALL)


def parameters(argv: Sequence[str]) -> dict[str, str]:
    """What a command line sets, in its order: `--lr 3e-4`, `--lr=3e-4` and `lr=3e-4` are one and
    the same. Any other word is named by its place among these: `word 2`. An option before a word
    takes it for its value: what it really means only the program knows. What tells sbatch when to
    run a job and where to write is none."""
    values: dict[str, str] = {}
    for name, value in _pairs(argv):
        values[name] = f"{values[name]} {value}" if name in values else value
    return values


def _pairs(argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    place, words = 0, deque(argv)
    to_scheduler = bool(words) and words[0] == _SUBMITTED
    while words:
        word = words.popleft()
        if word == "--":
            continue
        if option := OPTION.fullmatch(word):
            value = option["value"]
            if value is None:
                takes = words and words[0] != "--" and not names_one(words[0])
                value = words.popleft() if takes else GIVEN
            if to_scheduler and option["name"] in _WHEN_AND_WHERE:
                continue
            # What it took may be the script.
            to_scheduler = to_scheduler and (option["value"] is not None or value == GIVEN)
            yield option["name"], value
        elif assigned := ASSIGNED.fullmatch(word):
            yield assigned["name"], assigned["value"]
        else:
            place += 1
            to_scheduler = to_scheduler and place == 1  # the script and its own options follow
            yield f"{_WORD}{place}", word


def names_one(word: str) -> bool:
    """Whether a word of a command line begins a parameter with a name."""
    return bool(OPTION.fullmatch(word) or ASSIGNED.fullmatch(word))


def differing(runs: Sequence[Run], *, exact: bool = False) -> dict[str, tuple[str, ...]]:
    """The parameters that are not the same in all runs, with the value that each run has, '' where
    it has none; those with a name of their own come first. A run whose command line is not known is
    not held against the others; nor is one that no tracker knows, as to what trackers know. Numbers
    are rounded, unless they are to be `exact`."""
    from_commands = [parameters(run.argv) for run in runs]
    from_trackers = [run.params for run in runs]
    unlike = dict.fromkeys([*_unlike(from_commands), *_unlike(from_trackers)])
    names = sorted(unlike, key=is_word)
    differences = {
        name: tuple(
            g.get(name, t.get(name, "")) for g, t in zip(from_commands, from_trackers, strict=True)
        )
        for name in names
    }
    named = {values for name, values in differences.items() if not is_word(name)}
    return {
        name: values if exact else _in_short(values)
        for name, values in differences.items()
        # What is named elsewhere need not be said once more.
        if len(set(values)) > 1 and not (is_word(name) and values in named)
    }


def is_word(name: str) -> bool:
    """Whether a parameter has no name except its position on the command line."""
    return name.startswith(_WORD)


def _in_short(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values with their numbers to four digits, as far as they are as many as before."""
    short = tuple(map(_rounded, values))
    return short if len(set(short)) == len(set(values)) else values


def _rounded(text: str) -> str:
    if len(text) <= _LONG or not _DECIMAL.fullmatch(text):
        return text
    return f"{float(text):.4g}"


def _unlike(sets: Sequence[Mapping[str, str]]) -> Iterator[str]:
    known = [values for values in sets if values]
    for name in dict.fromkeys(name for values in known for name in values):
        if len({values.get(name, "") for values in known}) > 1:
            yield name
