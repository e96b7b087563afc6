"""Hints name commands as marks, which every surface words in its own way."""

import ast
import copy
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import mlkanban
from mlkanban.cli.program import COMMANDS, program
from mlkanban.errors import NotFound
from mlkanban.hints import _EXTRAS, Hint, ShellCommand, hint, install_extra, sentences, worded
from mlkanban.tui.commands import HINT_KEYS

PACKAGE = Path(mlkanban.__file__).parent


def test_a_hint_reads_as_on_the_command_line() -> None:
    text = hint("Look for {} first: {list --all}. Then {edit {} --link {}}.", "g1", "g2", "URL")
    assert text == "Look for g1 first: mlkanban list --all. Then mlkanban edit g2 --link URL."


def test_another_surface_puts_its_way_in_the_place_of_commands() -> None:
    asked: list[ShellCommand] = []

    def way(command: ShellCommand) -> str:
        asked.append(command)
        return "F"

    assert worded(hint("List {}: {show {}}.", "it", "g1"), way) == "List it: F."
    assert asked == [ShellCommand("show {}", "mlkanban show g1")]


@pytest.mark.parametrize("typed", ["{boards}", "{}", "{show {}}", "{", "}", "mlkanban boards"])
def test_what_a_person_typed_is_never_a_command(typed: str) -> None:
    text = f"There is no {typed}." + hint(" See: {show {}}, {}", typed, typed) + typed
    assert text == f"There is no {typed}. See: mlkanban show {typed}, {typed}{typed}"
    assert worded(text, lambda _: "!") == f"There is no {typed}. See: !, {typed}{typed}"
    assert worded(typed, lambda _: "!") == typed


def test_hints_join_other_text_and_keep_their_commands() -> None:
    one, two = hint("See {boards}"), hint("or {runs}")
    joined = "Well: " + one + "; " + two
    assert worded(joined, lambda command: command.name) == "Well: See boards; or runs"
    joined = sentences(("", one, "", "there,", two))
    assert isinstance(joined, Hint)
    assert worded(joined, lambda command: command.name) == "See boards there, or runs"
    assert sentences(("", "")) == ""
    assert copy.deepcopy(joined).parts == joined.parts


def test_the_text_of_an_error_keeps_the_commands_of_message_and_hint() -> None:
    error = NotFound(hint("{runs} has no {}.", "{boards}"), hint("List: {boards}"))
    assert str(error) == "mlkanban runs has no {boards}. List: mlkanban boards"
    assert worded(error.text, lambda _: "B") == "B has no {boards}. List: B"


# The hints of the package

NAMES = [*COMMANDS, r"--[a-z]+"]
IN_A_SHELL = r"(?<!`)(?<!in a shell )(?<!in a shell: )(?<!^  )"
WRITTEN = re.compile(rf"{IN_A_SHELL}mlkanban ({'|'.join(NAMES)})\b")
"""A command as it is typed; quoted, or in a shell, it stays that on every surface."""


PROCESS = "mlkanban run"
"""The name of a process in lists of them."""


def test_below_the_command_line_commands_are_only_named_in_hints() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {text}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent != PACKAGE / "cli"
        for text in texts(ast.parse(path.read_text()))
        if WRITTEN.search(text) and text != PROCESS
    ]
    assert not found, f"Write them as hint('{{command}}'): {found}"


def texts(tree: ast.Module) -> Iterator[str]:
    """The text literals of a file, without its docstrings."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 'See: mlkanban boards'", True),
        ("x = f'{y}: mlkanban show {z}'", True),
        ("x = 'Set it: mlkanban --home DIR'", True),
        ("'''See mlkanban boards'''", False),
        ("x = 'Start mlkanban again'", False),
        ("x = '; `mlkanban keys` lists them'", False),
    ],
)
def test_a_command_that_is_written_out_is_found(source: str, found: bool) -> None:
    assert any(map(WRITTEN.search, texts(ast.parse(source)))) is found


def hints_of_the_package() -> Iterator[ast.Call]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "hint":
                yield node


def commands_in_hints() -> set[str]:
    found: set[str] = set()
    for call in hints_of_the_package():
        text = ast.literal_eval(call.args[0])  # a text that is put together would be no literal
        marks = re.findall(r"\{((?:[^{}]|\{\})*)\}", text)
        assert sum(mark.count("{}") or not mark for mark in marks) == len(call.args) - 1, text
        found |= {mark for mark in marks if mark}
    return found


@pytest.mark.parametrize("name", sorted(commands_in_hints()))
def test_commands_in_hints_are_commands(name: str) -> None:
    at: click.Command = program
    words = name.split()
    if words[0] == "--board":
        words = words[2:]
    while words and isinstance(at, click.Group) and re.fullmatch(r"[a-z-]+", words[0]):
        if words[0].startswith("--"):
            break
        found = at.get_command(click.Context(at), words[0].rstrip(","))
        if found is None and at.invoke_without_command:
            break  # a value of the group itself
        assert found is not None, f"{at.name} has no {words[0]}"
        at, words = found, words[1:]
    options = {option for parameter in at.params for option in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options


def test_every_command_with_a_key_is_in_a_hint() -> None:
    assert set(HINT_KEYS) <= commands_in_hints()


def test_an_extra_is_installed_with_those_that_are_here(monkeypatch) -> None:
    here = {"psycopg"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name in here else None)
    assert install_extra("mcp").endswith("pipx install --force '.[mcp,team]'")
    assert install_extra("team").endswith("pipx install --force '.[team]'")


def test_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    theirs = project["optional-dependencies"]
    assert {*_EXTRAS} == theirs.keys() - {"dev", "mutants"}
    for extra, brings in _EXTRAS.items():
        assert any(line.replace("-", "_").startswith(brings) for line in theirs[extra])
