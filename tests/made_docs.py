"""The parts of the documentation that are made from the code: tables of keys, commands and so on.
Run as a program, it writes all of them but the histogram, which tests/screenshots.py draws."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import fill

import click

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.cli import program
from mlkanban.cli.about import written_value
from mlkanban.config import Settings, meanings
from mlkanban.core.query.fields import FIELDS
from mlkanban.display.json_output import KINDS
from mlkanban.display.signs import ON_CARDS, OVER_STAGES
from mlkanban.display.table import Table, markdown_table
from mlkanban.exchange.export_tables import TABLES
from mlkanban.shell_commands import SECTIONS
from mlkanban.tui.commands import COMMANDS, keys_shown

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "mlkanban" / "docs"


def key_table() -> str:
    """All keys, by group, with the screens they work on."""
    rows = []
    for command in COMMANDS:
        keys = " ".join(f"`{key}`" for key in keys_shown(command).split(" "))
        where = "everywhere" if len(command.where) >= 5 else ", ".join(command.where)
        rows.append((keys.replace("`|`", "`\\|`"), command.help, where))
    return markdown_table(Table(("key", "does", "where"), rows), cell=str)


def filled(text: str, name: str, content: str) -> str:
    """`text` with `content` between the markers called `name`."""
    pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    made, count = re.subn(
        pattern, lambda found: f"{found[1]}{content}\n{found[2]}", text, flags=re.DOTALL
    )
    assert count == 1, name
    return made


def command_list() -> str:
    """Every command with its usage and what it does."""
    lines = ["```text"]
    with program.program.make_context("mlkanban", ["--json"], resilient_parsing=True) as ctx:
        for title, names in SECTIONS.items():
            lines += ["", title] if len(lines) > 1 else [title]
            for name in names:
                command = program.program.get_command(ctx, name)
                assert command is not None
                lines.append(f"  {name:<11} {command.get_short_help_str(80)}")
                if isinstance(command, click.Group):
                    for below in map(partial(command.get_command, ctx), command.list_commands(ctx)):
                        assert below is not None
                        if below.hidden:
                            continue
                        lines.append(f"    {below.name:<14} {below.get_short_help_str(75)}")
    return "\n".join([*lines, "```"])


def query_table() -> str:
    """What can be asked of cards."""
    rows = []
    for field in FIELDS.values():
        examples = re.split(r" or |, ", field.example)
        shown = ", ".join(f"`{example}`" for example in examples)
        rows.append((f"`{field.name}`", field.meaning, shown))
    return markdown_table(Table(("field", "asks for", "for example"), rows), cell=str)


def sign_table() -> str:
    """The signs on cards and over stages."""
    rows = [(f"`{sign.example}`", sign.meaning) for sign in (*OVER_STAGES, *ON_CARDS)]
    return markdown_table(Table(("sign", "means"), rows), cell=str)


def definition_list() -> str:
    """How each number of the flow is defined."""
    parts = (f"**{n.title}** (`{n.name}`): {n.help}. {n.definition}" for n in CATALOGUE)
    return "\n\n".join(fill(part, 118, break_on_hyphens=False) for part in parts)


def setting_table() -> str:
    """The settings, with what they are without a file."""
    rows = [
        (f"`{name}`", f"`{written_value(getattr(Settings(), name))}`", meaning)
        for name, meaning in meanings().items()
    ]
    return markdown_table(Table(("setting", "default", "means"), rows), cell=str)


def kind_table() -> str:
    """The kinds of JSON output."""
    rows = [(f"`{name}`", kind.about) for name, kind in KINDS.items()]
    return markdown_table(Table(("kind", "of"), rows), cell=str)


def database_tables() -> str:
    """The tables of `export sqlite`, with every column."""
    parts = []
    for table in TABLES:
        rows = []
        for at, column in enumerate(table.columns):
            kind = {str: "text", int: "integer", float: "real"}[column.type]
            kind += ", key" if at == 0 else f", in `{column.references}`" * bool(column.references)
            rows.append((f"`{column.name}`", kind, column.about.replace("*", "\\*")))
        parts.append(f"**`{table.name}`**: {table.about}")
        parts.append(markdown_table(Table(("column", "type", "holds"), rows), cell=str))
        if table.searched:
            searched = ", ".join(f"`{name}`" for name in table.searched)
            parts.append(f"`{table.name}_fts` is its full-text search, over {searched}.")
    return "\n\n".join(parts)


PARTS: dict[str, Callable[[], str]] = {
    "signs": sign_table,
    "keys": key_table,
    "queries": query_table,
    "definitions": definition_list,
    "settings": setting_table,
    "commands": command_list,
    "kinds": kind_table,
    "tables": database_tables,
}
"""What is made, by the name of its markers."""


def written(text: str, histogram: str) -> str:
    """A page with all made parts in place."""
    for name in re.findall(r"^<!-- (\w+) -->$", text, flags=re.MULTILINE):
        made = f"```text\n{histogram}\n```" if name == "histogram" else PARTS[name]()
        text = filled(text, name, made)
    return text


def pages() -> list[Path]:
    """The README and all pages of the documentation."""
    return [README, *sorted(DOCS.glob("*.md"))]


def histogram_of(text: str) -> str:
    """The picture of the histogram as it stands in a page."""
    found = re.search(r"<!-- histogram -->\n```text\n(.*?)\n```\n", text, flags=re.DOTALL)
    return found[1] if found else ""


if __name__ == "__main__":
    for page in pages():
        before = page.read_text()
        page.write_text(written(before, histogram_of(before)))
