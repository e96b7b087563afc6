"""Who imports whom, as far as the contracts in pyproject.toml cannot say it."""

import ast
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
