"""What the number of a task of an array decides, as the script of the job says it."""

from __future__ import annotations

import re
import shlex

from mlkanban.runs.model.redaction import redacted
from mlkanban.runs.model.run import UNKNOWN_TASK

_NUMBER = "SLURM_ARRAY_TASK_ID"
_OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w.-]*)")
_GIVEN = re.compile(r"(?:--?)?(?P<name>[A-Za-z_][\w.-]*)=(?P<value>.*)", re.DOTALL)
_ASSIGNED = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>\S+)\s*;?")
_NO_PARAMETERS = frozenset(("echo", "printf", "mkdir", "cd", "date", "#", ":"))
"""Words with which lines begin that give the job nothing."""


def task_parameters(script: str) -> dict[str, str]:
    """The parameters of a job that follow from the number of a task, with `{}` for that:
    `{"seed": "{}", "out": "runs/{}"}`. Where the script uses the number for anything else, or not
    at all, it is the parameter UNKNOWN_TASK: what follows from it is not known."""
    lines = [line.strip() for line in script.replace("\\\n", " ").splitlines()]
    lines = [line for line in lines if line.partition(" ")[0] not in _NO_PARAMETERS]
    lines = [line for line in lines if not line.startswith("#")]
    meanings, assigned = {_NUMBER: "{}"}, {}
    found: dict[str, str] = {}
    used: set[str] = set()
    for line in lines:
        if any(_reckoned(name).search(line) for name in meanings):
            found[UNKNOWN_TASK] = "{}"
        match = _ASSIGNED.fullmatch(line)
        names = [name for name in meanings if _mention(name).search(line)]
        used.update(names)
        if not names:
            continue
        if match and (value := _value(match["value"].strip("\"'"), meanings)):
            meanings[match["name"]] = assigned[match["name"]] = value
        else:
            found |= _parameters(line, meanings)
    # Given to the job in its environment.
    found |= {name: value for name, value in assigned.items() if name not in used}
    return _without_secrets(found) or {UNKNOWN_TASK: "{}"}


def _parameters(line: str, meanings: dict[str, str]) -> dict[str, str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        words = line.split()
    found = {}
    for before, word in zip(["", *words], words, strict=False):
        if not any(_mention(name).search(word) for name in meanings):
            continue
        given, option = _GIVEN.fullmatch(word), _OPTION.fullmatch(before)
        if given and (value := _value(given["value"], meanings)):
            found[given["name"]] = value
        elif option and not given and (value := _value(word, meanings)):
            found[option["name"]] = value
        else:
            found[UNKNOWN_TASK] = "{}"
    return found


def _value(text: str, meanings: dict[str, str]) -> str:
    """A word with `{}` for the number of the task; '' where the shell makes something else of
    it."""
    for name, meaning in meanings.items():
        text = _mention(name).sub(lambda _, meaning=meaning: meaning, text)  # type: ignore[misc]
    return "" if re.search(r"[$`()\[\]]|\{[^}]", text) or "{}" not in text else text


def _mention(name: str) -> re.Pattern[str]:
    return re.compile(rf"\$(?:{name}(?!\w)|\{{{name}\}})")


def _reckoned(name: str) -> re.Pattern[str]:
    """Where the shell or the program makes something else of a number: `$((NAME % 4))`,
    `${RATES[NAME]}`, `environ["NAME"]`."""
    if name == _NUMBER:
        return re.compile(rf"(?<![\w$]){name}(?!\w)(?<!\${{{name})")
    return re.compile(rf"\(\([^)]*\b{name}\b|\[[^\]]*\b{name}\b")


def _without_secrets(found: dict[str, str]) -> dict[str, str]:
    return {n: redacted([f"{n}={value}"])[0].partition("=")[2] for n, value in found.items()}
