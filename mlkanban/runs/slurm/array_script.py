"""What the number of a task of an array decides, as the script of the job says it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlkanban.runs.model.redaction import redacted
from mlkanban.runs.model.repeats import DEFAULT
from mlkanban.runs.model.run import UNKNOWN_TASK

_NUMBER = "SLURM_ARRAY_TASK_ID"
_OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w.-]*)")
_GIVEN = re.compile(r"(?:--?)?(?P<name>[A-Za-z_][\w.-]*)=(?P<value>.*)", re.DOTALL)
_ASSIGNED = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.DOTALL)
_WITH_DEFAULT = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*):?-[^}]*\}")
_ASSIGNING = frozenset(("export", "local", "readonly"))
_HARMLESS = frozenset(("echo", "printf", "mkdir", "date", "sleep", "exit", ":"))
"""Commands that give the job nothing, unless something reads what they write."""
_TESTS = frozenset(("test", "["))
"""Commands that only say how the job ended, unless they decide whether another one is executed."""
_CHOOSING = frozenset((
    "cd", "pushd", "let", "declare", "typeset", "read", "expr", "awk", "gawk", "mawk", "sed",
    "head", "tail", "cut", "grep", "xargs", "seq",
))  # fmt: skip
"""Commands by which a number chooses or becomes something else."""
_OPERATORS = ";&|<>"
_BETWEEN_STREAMS = re.compile(r"\d?>&\d")


def task_parameters(script: str) -> dict[str, str]:
    """The parameters of a job that follow from the number of a task, with `{}` for that:
    `{"seed": "{}", "out": "runs/{}"}`. Where the script uses the number for anything else, for
    labels alone, or not at all, it is the parameter UNKNOWN_TASK: what follows from it is not
    known."""
    lines = [line.strip() for line in script.replace("\\\n", " ").splitlines()]
    lines = [_WITH_DEFAULT.sub(r"${\g<name>}", line) for line in lines if not line.startswith("#")]
    meanings = {_NUMBER: "{}"}
    assigned: dict[str, str] = {}
    found: dict[str, str] = {}
    used: set[str] = set()
    for line in lines:
        names = [name for name in meanings if _mention(name).search(line)]
        if any(_reckoned(name).search(line) for name in meanings):
            found[UNKNOWN_TASK] = "{}"
        if names and re.search(r"\$\(|`", line):
            found[UNKNOWN_TASK] = "{}"
        used.update(names)
        for command in _commands(line) if names else ():
            if (made := command.assigned(meanings)) is None:
                found |= command.parameters(meanings)
            else:
                meanings |= made
                assigned |= made
    # Given to the job in its environment.
    found |= {name: value for name, value in assigned.items() if name not in used}
    if all(DEFAULT.may_differ(name) and not DEFAULT.is_draw(name) for name in found):
        found[UNKNOWN_TASK] = "{}"
    return _without_secrets(found)


@dataclass
class _ScriptCommand:
    """A simple command of the shell: its words, the words that its redirections name, whether
    something reads what it writes, and whether it decides if the next one is executed."""

    words: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    is_read: bool = False
    decides: bool = False

    def assigned(self, meanings: Mapping[str, str]) -> dict[str, str] | None:
        """The variables that it sets by the number of the task; None where that is not all it
        does."""
        words = self.words[1:] if self.words[:1] and self.words[0] in _ASSIGNING else self.words
        matches = [_ASSIGNED.fullmatch(word) for word in words]
        values = {one["name"]: one["value"] for one in matches if one}
        if not words or len(values) < len(words):
            return None
        values = {n: v for n, v in values.items() if _mentions(v, meanings)}
        made = {name: _value(value, meanings) for name, value in values.items()}
        return made if made and all(made.values()) else None

    def parameters(self, meanings: Mapping[str, str]) -> dict[str, str]:
        """The parameters that it gives by the number of the task."""
        found = {}
        program, used = self.words[:1], any(_mentions(word, meanings) for word in self.words)
        if used and program and program[0] in _HARMLESS:
            written = self.is_read or self.files or (program[0], *self.words[1:2]) == _PRINTF_TO
            return {UNKNOWN_TASK: "{}"} if written else {}
        if used and program and program[0] in _TESTS:
            return {UNKNOWN_TASK: "{}"} if self.decides else {}
        if used and program and program[0] in _CHOOSING:
            return {UNKNOWN_TASK: "{}"}
        for before, word in zip(["", *self.words], self.words, strict=False):
            if not _mentions(word, meanings):
                continue
            given, option = _GIVEN.fullmatch(word), _OPTION.fullmatch(before)
            if given and (value := _value(given["value"], meanings)):
                found[given["name"]] = value
            elif option and not given and (value := _value(word, meanings)):
                found[option["name"]] = value
            else:
                found[UNKNOWN_TASK] = "{}"
        if any(_mentions(file, meanings) for file in self.files):
            found[UNKNOWN_TASK] = "{}"
        return found


_PRINTF_TO = ("printf", "-v")


def _commands(line: str) -> Iterator[_ScriptCommand]:
    """The simple commands of a line."""
    command, is_file = _ScriptCommand(), False
    for token in _tokens(_BETWEEN_STREAMS.sub(" ", line)):
        if not set(token) <= set(_OPERATORS):
            (command.files if is_file else command.words).append(token)
            is_file = False
        elif "<" in token or ">" in token:
            is_file = True
        else:
            command.is_read = token in ("|", "|&")
            command.decides = token in ("&&", "||")
            yield command
            command, is_file = _ScriptCommand(), False
    yield command


def _tokens(line: str) -> Sequence[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split = True
    try:
        return [*lexer]
    except ValueError:
        return line.split()


def _value(text: str, meanings: Mapping[str, str]) -> str:
    """A word with `{}` for the number of the task; '' where the shell makes something else of
    it."""
    for name, meaning in meanings.items():
        text = _mention(name).sub(lambda _, meaning=meaning: meaning, text)  # type: ignore[misc]
    return "" if re.search(r"[$`()\[\]]|\{[^}]", text) or "{}" not in text else text


def _mentions(text: str, meanings: Mapping[str, str]) -> bool:
    return any(_mention(name).search(text) for name in meanings)


def _mention(name: str) -> re.Pattern[str]:
    return re.compile(rf"\$(?:{name}(?!\w)|\{{{name}\}})")


def _reckoned(name: str) -> re.Pattern[str]:
    """Where the shell or the program makes something else of a number: `$((NAME % 4))`,
    `${RATES[NAME]}`, `${NAME%2}`, `let I=NAME`, `environ["NAME"]`."""
    if name == _NUMBER:
        return re.compile(rf"(?<![\w$]){name}(?!\w)(?<!\${{{name})|\$\{{{name}[^}}\w]")
    reckoning = r"\b(?:let|declare|typeset|expr)\b.*"
    return re.compile(
        rf"\(\([^)]*\b{name}\b|\[[^\]]*\b{name}\b|\$\{{{name}[^}}\w]|{reckoning}\b{name}\b"
    )


def _without_secrets(found: dict[str, str]) -> dict[str, str]:
    return {n: redacted([f"{n}={value}"])[0].partition("=")[2] for n, value in found.items()}
