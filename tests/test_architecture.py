"""Who imports whom, as far as the contracts in pyproject.toml cannot say it."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp  # comes with import-linter
import pytest

import mlkanban

PACKAGE = Path(mlkanban.__file__).parent


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports inside functions and for types alone count. CycleError names the circle."""
    graph = grimp.build_graph("mlkanban", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}

    TopologicalSorter(imports).prepare()


def test_every_import_inside_a_function_says_whom_it_spares() -> None:
    """Such an import is for the start-up alone. Its reason is a comment beside or above it; a group
    of imports below each other has one."""
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line in without_a_reason(path.read_text())
    ]
    assert not found, f"Move these to the top of the file, or say what they cost: {found}"


_PURE = (
    "__future__", "bisect", "collections", "dataclasses", "datetime", "difflib", "enum",
    "fractions", "functools", "heapq", "itertools", "json", "math", "operator", "re", "statistics",
    "sys", "types", "typing", "unicodedata", "zoneinfo", "mlkanban.core", "mlkanban.errors",
    "mlkanban.hints", "mlkanban.patterns", "mlkanban.records", "mlkanban.runs.model",
    "mlkanban.text",
)  # fmt: skip
_PURE_HERE = {
    "core": {"pydantic": "core/field_kinds.py"},
    "flow": {"mlkanban.flow": "flow/", "random": "flow/simulation/", "simpy": "flow/simulation/"},
}
"""What only a file, or the files of a folder, may import besides."""


@pytest.mark.parametrize("room", _PURE_HERE)
def test_core_and_flow_import_nothing_but_what_is_pure(room: str) -> None:
    """A module that is not in the list does I/O, looks at the clock, or has not been thought about;
    `random` makes numbers from a seed."""
    more = _PURE_HERE[room]
    found = [
        f"{where} imports {module}"
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for where in [path.relative_to(PACKAGE).as_posix()]
        for module in imported(path.read_text())
        if not any(f"{module}.".startswith(f"{pure}.") for pure in _PURE)
        and not any(
            f"{module}.".startswith(f"{pure}.") and where.startswith(place)
            for pure, place in more.items()
        )
    ]
    assert not found, f"Do this outside of {room}, or add the module to the list: {found}"


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import logging.handlers", ["logging.handlers"]),
        ("def f():\n    from glob import glob", ["glob.glob"]),
        ("from mlkanban import files, text", ["mlkanban.files", "mlkanban.text"]),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, modules: list[str]) -> None:
    assert list(imported(source)) == modules


def imported(source: str) -> Iterator[str]:
    """What a file imports, modules and names of them, with dots."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "Import by the whole name."
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("import json", [2]),
        ("import json  # 2 ms", []),
        ("# 2 ms\n    import json", []),
        ("# 2 ms\n    import json\n    import csv", []),
        ("# About x.\n    x = 1\n    import json", [4]),
        ("async def g():\n        import json", [3]),
    ],
)
def test_an_import_without_a_reason_is_found(body, lines) -> None:
    assert list(without_a_reason(f"def f():\n    {body}\n")) == lines


def without_a_reason(source: str) -> Iterator[int]:
    """The lines of imports inside functions without a reason."""
    if not re.search(r"^\s+(?:import|from)\s", source, re.MULTILINE):
        return  # most files have none; to walk through their syntax takes long
    lines = source.splitlines()
    imports = {
        node.lineno
        for function in ast.walk(ast.parse(source))
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    for line in sorted(imports):
        above = lines[line - 2].strip()
        if "#" not in lines[line - 1] and not above.startswith(("#", "import ", "from ")):
            yield line


def test_the_name_of_a_class_means_one_thing() -> None:
    modules: dict[str, set[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef):
                modules.setdefault(node.name.lstrip("_"), set()).add(str(file))
    twice = {name: files for name, files in modules.items() if len(files) > 1}

    assert not twice
