"""The parts of the README that are made from the code: key table, list of commands and so on. Run
as a program, it writes all of them but the histogram, which tests/screenshots.py draws."""

import re
from functools import partial
from pathlib import Path

import click

from mlkanban.cli import program
from mlkanban.core.query.fields import FIELDS
from mlkanban.display.signs import ON_CARDS, OVER_STAGES
from mlkanban.display.table import Table, markdown_table
from mlkanban.tui.commands import COMMANDS, keys_shown

README = Path(__file__).parent.parent / "README.md"


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
        for title, names in program.SECTIONS.items():
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


def written(text: str, histogram: str) -> str:
    """The README with all made parts in place."""
    for name, content in (
        ("keys", key_table()),
        ("commands", command_list()),
        ("queries", query_table()),
        ("signs", sign_table()),
        ("histogram", f"```text\n{histogram}\n```"),
    ):
        text = filled(text, name, content)
    return text


def histogram_of(text: str) -> str:
    """The picture of the histogram as it stands in the README."""
    found = re.search(r"<!-- histogram -->\n```text\n(.*?)\n```\n", text, flags=re.DOTALL)
    return found[1] if found else ""


if __name__ == "__main__":
    before = README.read_text()
    README.write_text(written(before, histogram_of(before)))
