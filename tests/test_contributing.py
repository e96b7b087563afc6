"""The guide for contributors names what is there: rooms, layers, and where to add what."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mlkanban"
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
BLOCKS = re.findall(r"^```\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
TREE = next(block for block in BLOCKS if block.startswith("mlkanban/"))
LAYERS = next(block for block in BLOCKS if "\ncli\n" in block)


def rows() -> list[str]:
    """The rows of the table that says where to add what."""
    table = GUIDE.split("## Where to add what")[1].split("\n## ")[0]
    return [line for line in table.splitlines() if line.startswith("| ")][1:]


def rooms() -> Iterator[Path]:
    """The folders of the tree, from its indentation."""
    above: list[str] = []
    for line in TREE.splitlines():
        found = re.match(r"( *)(\w+)/", line)
        assert found is not None, line
        above = [*above[: len(found[1]) // 2], found[2]]
        yield ROOT.joinpath(*above)


def test_the_tree_has_every_room_and_no_other() -> None:
    packages = {file.parent for file in PACKAGE.rglob("__init__.py")}

    assert sorted(rooms()) == sorted({*packages, ROOT / "themes", ROOT / "tests"})


def test_the_layers_are_those_of_the_contract() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    contracts = tools["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    plain = [re.sub(r"[()]|mlkanban\.", "", layer).replace(".", "/") for layer in layers]

    assert LAYERS.splitlines() == plain


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip())
def test_where_to_add_what_names_what_is_there(row: str) -> None:
    """Files and folders exist, and what has a capital is defined in one of them."""
    quoted = re.findall(r"`([^`]+)`", row)
    paths = [name for name in quoted if "/" in name or name.endswith(".py")]
    found = [folder / path for path in paths for folder in (PACKAGE, ROOT)]
    there = [path for path in found if path.exists()]
    files = [file for path in there for file in ([path] if path.is_file() else path.glob("*.py"))]
    text = "\n".join(file.read_text() for file in files)
    named = [name for name in quoted if name[0].isupper()]

    assert len(there) == len(paths) > 0, there
    assert all(re.search(rf"^(class )?{name}\b", text, re.MULTILINE) for name in named), named
