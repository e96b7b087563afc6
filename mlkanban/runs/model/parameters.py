"""Parameters of runs, from their command lines and trackers, and which of them differ."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Context, Decimal
from typing import NamedTuple

from mlkanban.patterns import pattern
from mlkanban.runs.model.run import Run

_PYTHON, _SCRIPT, _WRAPPER, _PROGRAM = "python", "script", "wrapper", "program"
PROGRAMS = (_SCRIPT, _PROGRAM)
"""The names of what a command line executes."""
_ARGUMENT = "argument "
_INTERPRETER = pattern(r"(?:.*/)?(?:python|pypy)[\d.]*", re.DOTALL)
_NO_VALUE = pattern(r"[BbdEhiIOPqsSuvVx]+")
"""Options of Python that take no word."""
_FILE = pattern(r".+\.(?:py|sh|bash|R|r|jl|ipynb|lua)", re.DOTALL)
_LAUNCHERS = frozenset(
    ("torchrun", "accelerate", "deepspeed", "mpirun", "mpiexec", "horovodrun", "srun", "uv")
)
_LAUNCHER_MODULES = frozenset(
    ("torch.distributed.run", "torch.distributed.launch", "accelerate.commands.launch",
     "deepspeed.launcher.runner", "horovod.runner.launch")
)  # fmt: skip
_WRAPPED = 4
"""The first words of a command line, among which its interpreter and its script are."""
GIVEN = "yes"
"""The value of an option that has none."""
_DECIMAL = pattern(r"-?\d+\.\d+(e[-+]?\d+)?")
_LONG = 8
"""Characters of a number that nobody wrote by hand."""
_FEWEST_DIGITS, _MOST_DIGITS = 4, 17
"""Digits of a number that is displayed, and those that any float has at most."""
_LEAST_PLAIN = -7
"""The power of ten of the first digit of a number from which on it has no exponent."""
OPTION = pattern(r"--?(?P<name>[A-Za-z][\w.:/-]*)(?:=(?P<value>.*))?", re.DOTALL)
_SUBMITTED = "sbatch"
_WHEN_AND_WHERE = frozenset(
    (
        "array", "a", "begin", "b", "dependency", "d", "deadline", "time", "t", "output", "o",
        "error", "e", "open-mode", "job-name", "J", "comment", "mail-type", "mail-user", "priority",
        "account", "A", "qos", "q", "reservation",
    )
)  # fmt: skip
"""Options of sbatch, each with a value, that decide nothing of what a job computes."""
_NUMBER = pattern(
    r"[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[-+]?\d{1,3})?", re.IGNORECASE | re.ASCII
)
"""Not with zeros before it, as names of files have them."""
_TRUTH = {"true": "True", "false": "False"}
_SHELL = pattern(r"(?:.*/)?(?:ba|da|k|z)?sh", re.DOTALL)
_SHELL_OPTION = pattern(r"-[a-z]+|--[a-z]+|[a-z]*pipefail")
_WRAP = "--wrap"
_TO_FILE = pattern(r"(?<!\S)(?:\d|&)?>>?\s*(?:&\d|&?[^\s;&|<>]+)")
"""Where a command of a shell writes its output."""
_BETWEEN = pattern(r"[;&|]+")
_COMPOUND = pattern(r"[();<>|&`]+|.*(?:`|<<).*", re.DOTALL)
_KEYWORDS = frozenset(
    ("for", "while", "until", "if", "case", "select", "function", "do", "then", "{", "}", "!")
)
ASSIGNED = pattern(r"[+~]*(?P<name>[A-Za-z_][\w.@/-]*)=(?P<value>.*)", re.DOTALL)


def parameters(argv: Sequence[str]) -> dict[str, str]:
    """What a command line sets, in its order: `--lr 3e-4`, `--lr=3e-4` and `lr=3e-4` are one and
    the same. The words that start it are its `python`, its `script` (the file, or the module after
    -m) and the `wrapper` before these (`env`, `uv run`), or else its `program`; each other word is
    named by its place: `argument 2`. Of a text that a shell executes (`bash -c`, `sbatch --wrap`)
    these are the words of the command that starts a program of its own, or of the last one, and all
    else of it is a wrapper. An option before a word takes it for its value, one with a name of
    its own all numbers in a row (`--betas 0.9 0.999`): what they really mean only the program
    knows. What tells sbatch when to run a job and where to write is none."""
    if of_shell := _in_shell(argv):
        outer, inner = parameters(of_shell.around), parameters(of_shell.command)
        around = [*(value for name, value in outer.items() if is_word(name)), *of_shell.others]
        around += [inner.pop(_WRAPPER)] if _WRAPPER in inner else []
        named = {name: value for name, value in outer.items() if not is_word(name)}
        return {_WRAPPER: " ".join(around), **named, **inner}
    pairs = [*_pairs(argv)]
    names = _names_of([word for name, word in pairs if not name])
    values: dict[str, str] = {}
    for given, value in pairs:
        name = given or next(names)
        values[name] = f"{values[name]} {value}" if name in values else value
    return values


class _InShell(NamedTuple):
    """The words of a command line around a text that a shell executes, those of the command that
    counts in that text, and the other commands; where it is more than a list of commands, it is
    itself all others."""

    around: list[str]
    command: list[str]
    others: list[str]


def _in_shell(argv: Sequence[str]) -> _InShell | None:
    at = _place_of_shell_text(argv)
    if at is None:
        return None
    text = argv[at].partition("=")[2] if argv[at].startswith(_WRAP) else argv[at]
    commands = _commands(text)
    starting = [one for one in commands if any(map(_starts_program, one[:_WRAPPED]))]
    inner = (starting or commands or [[]])[-1]
    others = [" ".join(one) for one in commands if one is not inner] if commands else [text]
    before = argv[: at - 1] if argv[at - 1].startswith("-") else argv[:at]
    return _InShell([*before, *argv[at + 1 :]], inner, [*filter(None, others)])


def _place_of_shell_text(argv: Sequence[str]) -> int | None:
    """The place of the word of a command line that a shell executes."""
    shell = False
    for at, word in enumerate(argv):
        if argv[0] == _SUBMITTED:
            if word.startswith(f"{_WRAP}="):
                return at
            if word == _WRAP and at + 1 < len(argv):
                return at + 1
        elif shell and _SHELL_OPTION.fullmatch(word):
            if word.endswith("c"):
                return at + 1 if at + 1 < len(argv) else None
        elif shell or at >= _WRAPPED:
            return None
        shell = shell or bool(_SHELL.fullmatch(word))
    return None


def _starts_program(word: str) -> bool:
    return bool(_INTERPRETER.fullmatch(word) or _FILE.fullmatch(word)) or word in _LAUNCHERS


def _commands(text: str) -> list[list[str]]:
    """The simple commands of a text of a shell, without what says where output goes; none where it
    has more than these, as a loop."""
    quoted = "'" in text or '"' in text
    if quoted and (">" in text or "\n" in text):
        return []
    text = _TO_FILE.sub(" ", text).replace("\n", ";")
    words = shlex.shlex(text, posix=True, punctuation_chars=True)
    words.whitespace_split, words.commenters = True, ""
    commands: list[list[str]] = [[]]
    try:
        for word in words:
            if _BETWEEN.fullmatch(word):
                commands.append([])
            elif _COMPOUND.fullmatch(word) or word in _KEYWORDS:
                return []
            else:
                commands[-1].append(word)
    except ValueError:  # a quote without its end
        return []
    return [command for command in commands if command]


def _names_of(words: Sequence[str]) -> Iterator[str]:
    """The names of words that have none, in their order."""
    first = words[:_WRAPPED]
    python = next((at for at, word in enumerate(first) if _INTERPRETER.fullmatch(word)), None)
    file = next((at for at, word in enumerate(first) if _FILE.fullmatch(word)), None)
    script = file if python is None else python + 1
    program = 0 if script is None else -1
    start = next((at for at in (python, script) if at is not None), 0)
    last = start
    if script is not None and words[script : script + 1] and words[script] in _LAUNCHER_MODULES:
        started = next((at for at in range(script, len(words)) if _FILE.fullmatch(words[at])), None)
        script, last = (script, start) if started is None else (started, started)
    named = {script: _SCRIPT, python: _PYTHON, program: _PROGRAM}
    arguments = 0
    for at in range(len(words)):
        if at < last and at != python:
            yield _WRAPPER
        elif at in named:
            yield named[at]
        else:
            arguments += 1
            yield f"{_ARGUMENT}{arguments}"


def by_value(text: str) -> str:
    """A value of a parameter in the one way in which values are compared: `.02`, `0.02` and `2e-2`
    are one number, `true` and `True` one answer. Two numbers are one only where they are exactly
    so."""
    if not _NUMBER.fullmatch(text):
        return _TRUTH.get(text.lower(), text)
    number = Decimal(text)
    if not number:
        return "0"
    exact = number.normalize(Context(prec=len(text)))
    return f"{exact:f}" if _LEAST_PLAIN < exact.adjusted() < _MOST_DIGITS else str(exact).lower()


def known_parameters(run: Run) -> dict[str, str]:
    """All that is known of the parameters of a run: what its tracker keeps, and what its command
    line sets, which has the last word unless a shell made something else of it. A word of the
    command line to which its tracker gives a name has that alone."""
    given = _without_variables(parameters(run.argv), run.params)
    return {**run.params, **_without_named(given, run.params)}


def _without_variables(given: Mapping[str, str], named: Mapping[str, str]) -> Mapping[str, str]:
    """What a command line sets without variables of a shell whose values are known elsewhere, as
    `--seed $SLURM_ARRAY_TASK_ID`."""
    return {n: value for n, value in given.items() if "$" not in value or n not in named}


def _without_named(given: Mapping[str, str], named: Mapping[str, str]) -> Mapping[str, str]:
    """What a command line sets without the words behind its script that are values of parameters
    which are `named` elsewhere: at most as many as have that value."""
    words = {name: by_value(value) for name, value in given.items() if has_argument_name(name)}
    if not words or not named:
        return given
    names = Counter(by_value(value) for name, value in named.items() if name not in given)
    many = Counter(words.values())
    return {
        name: value for name, value in given.items()
        if name not in words or many[words[name]] > names[words[name]]
    }  # fmt: skip


def launcher_options(argv: Sequence[str]) -> Set[str]:
    """The names of the options that a command line gives to what starts its script: `nproc` of
    `torchrun --nproc 2 train.py --lr 1`; none where no script is among its first words."""
    if of_shell := _in_shell(argv):
        outer = frozenset(name for name, _ in _pairs(of_shell.around) if name)
        return outer | launcher_options(of_shell.command)
    pairs = [*_pairs(argv)]
    places = _names_of([word for name, word in pairs if not name])
    options = {option["name"] for word in argv if (option := OPTION.fullmatch(word))}
    names: list[str] = []
    for name, value in pairs:
        if not name and next(places) == _SCRIPT:
            return options.intersection(names)
        names += [name] if name else []
        if name and _FILE.fullmatch(value) and argv[0].rpartition("/")[2] in _LAUNCHERS:
            return options.intersection(names)  # a flag that seems to take the script for its value
    return frozenset()


def _pairs(argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The parameters of a command line with their values; '' stands before a word without name."""
    place, at = 0, 0
    to_scheduler = bool(argv) and argv[0] == _SUBMITTED
    to_python = False
    while at < len(argv):
        word = argv[at]
        at += 1
        if word == "--":
            continue
        if option := OPTION.fullmatch(word):
            value = option["value"]
            if to_python and value is None and option["name"] == "m" and at < len(argv):
                to_python = False
                yield "", argv[at]
                at += 1
                continue
            if value is None:
                none = to_python and _NO_VALUE.fullmatch(option["name"])
                taken = () if none else values_behind(argv, at)
                at += len(taken)
                value = " ".join(taken) or GIVEN
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
            to_python = place <= _WRAPPED and bool(_INTERPRETER.fullmatch(word))
            yield "", word


def values_behind(words: Sequence[str], at: int) -> Sequence[str]:
    """The words from a place on that are the value of the option before it: one, or behind an
    option with a name of its own (`--betas`, not `-b`) all numbers in a row."""
    if at >= len(words) or words[at] == "--" or names_one(words[at]):
        return ()
    end = at + 1
    if words[at - 1].startswith("--") and _NUMBER.fullmatch(words[at]):
        while end < len(words) and _NUMBER.fullmatch(words[end]):
            end += 1
    return words[at:end]


def names_one(word: str) -> bool:
    """Whether a word of a command line begins a parameter with a name."""
    return bool(OPTION.fullmatch(word) or ASSIGNED.fullmatch(word))


def differing(runs: Sequence[Run], *, exact: bool = False) -> dict[str, tuple[str, ...]]:
    """The parameters that are not the same in all runs, with the value that each run has, '' where
    it has none; those with a name of their own come first. A run whose command line is not known is
    not held against the others; nor is one that no tracker knows, as to what trackers know. Numbers
    are rounded, unless they are to be `exact`."""
    from_commands = [
        _without_named(_without_variables(parameters(run.argv), run.params), run.params)
        for run in runs
    ]
    from_trackers = [run.params for run in runs]
    unlike = dict.fromkeys([*_unlike(from_commands), *_unlike(from_trackers)])
    names = sorted(unlike, key=is_word)
    differences = {
        name: tuple(
            g.get(name, t.get(name, "")) for g, t in zip(from_commands, from_trackers, strict=True)
        )
        for name in names
    }
    compared = {name: tuple(map(by_value, values)) for name, values in differences.items()}
    named = {values for name, values in compared.items() if not is_word(name)}
    return {
        name: values if exact else _in_short(_spelled_alike(values))
        for name, values in differences.items()
        # What is named elsewhere need not be said once more.
        if len(set(compared[name])) > 1 and not (is_word(name) and compared[name] in named)
    }


def _spelled_alike(values: Sequence[str]) -> tuple[str, ...]:
    """Values, those that are the same each as it is written first."""
    first: dict[str, str] = {}
    return tuple(first.setdefault(by_value(value), value) for value in values)


def is_word(name: str) -> bool:
    """Whether a parameter has no name except for what it is on the command line."""
    return name in (_PYTHON, _SCRIPT, _WRAPPER, _PROGRAM) or has_argument_name(name)


def has_argument_name(name: str) -> bool:
    """Whether a parameter is named by its place among the words behind the script."""
    return name.startswith(_ARGUMENT)


def _in_short(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values with their numbers to four digits, or as many more as tell them apart."""
    for digits in range(_FEWEST_DIGITS, _MOST_DIGITS):
        short = tuple(rounded(value, digits) for value in values)
        if len(set(short)) == len(set(values)):
            return short
    return values


def rounded(text: str, digits: int = _FEWEST_DIGITS) -> str:
    """A value as it is displayed: a long decimal number to so many digits, others as they are."""
    if len(text) <= _LONG or not _DECIMAL.fullmatch(text):
        return text
    return f"{float(text):.{digits}g}"


def _unlike(sets: Sequence[Mapping[str, str]]) -> Iterator[str]:
    known = [values for values in sets if values]
    for name in dict.fromkeys(name for values in known for name in values):
        if len({by_value(values.get(name, "")) for values in known}) > 1:
            yield name
