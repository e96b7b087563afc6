"""Files that systems keep outside a Python package, made from the commands: the manual page, and
completions for bash, zsh and fish. `make man` writes them; wheel and sdist hold what is there.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from mlkanban import __version__
from mlkanban.cli.completion import completion_script
from mlkanban.cli.program import program
from mlkanban.cli.session import NAMES
from mlkanban.shell_commands import SECTIONS

ROOT = Path(__file__).parents[2]
SHARE = ROOT / "mlkanban" / "share"
COMPLETIONS = {
    "bash": "bash-completion/completions/{}",
    "zsh": "zsh/site-functions/_{}",
    "fish": "fish/vendor_completions.d/{}.fish",
}
"""Where each shell looks for the completion of a command."""
PLACES = """
.TP
.I ~/.local/share/mlkanban
The store, its backups, and the folders of runs (XDG_DATA_HOME).
.TP
.I ~/.config/mlkanban
The settings, config.toml; themes; hooks (XDG_CONFIG_HOME).
"""


def escaped(text: str) -> str:
    """Text that troff prints as it is: no line of it is a request."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    safe = safe.replace("^", "\\(ha").replace("~", "\\(ti").replace("|", "|\\:")
    return re.sub(r"^\.", r"\\&.", safe, flags=re.MULTILINE)


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a help text, each as one line."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if number:
            yield ".PP"
        yield escaped(" ".join(paragraph.split()))


def options(command: click.Command, ctx: click.Context) -> Iterator[str]:
    """Each option with what it does."""
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if record and record[0] != "--help":
            yield from (".TP", f"\\fB{escaped(record[0])}\\fR", escaped(record[1]) or "\\&")


def commands(names: list[str], above: click.Group, parent: click.Context) -> Iterator[str]:
    """Each command with its usage, its help and its options, and those below it."""
    for name in names:
        command = above.get_command(parent, name)
        assert command is not None
        if command.hidden:
            continue
        ctx = click.Context(command, info_name=name, parent=parent)
        usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
        yield from (f".SS {escaped(usage)}", *paragraphs(command.help or ""))
        yield from options(command, ctx)
        if isinstance(command, click.Group):
            yield from commands(command.list_commands(ctx), command, ctx)


def manual_page() -> str:
    """The manual page of the program, in troff."""
    with click.Context(program, info_name="mlkanban", max_content_width=100) as ctx:
        about, *more = re.split(r"\n\s*\n", (program.help or "").strip())
        lines = [
            f'.TH MLKANBAN 1 "" "mlkanban {__version__}" "User Commands"',
            ".nh", ".ad l",
            ".SH NAME", f"mlkanban, mlk \\- {escaped(about.split(',')[0].removeprefix('A '))}",
            ".SH SYNOPSIS", "\\fBmlkanban\\fR [OPTIONS] [COMMAND [ARGS]...]",
            ".SH DESCRIPTION", *paragraphs("\n\n".join([about, *more])),
            ".SH OPTIONS", *options(program, ctx),
        ]  # fmt: skip
        for title, section in SECTIONS.items():
            lines += [f".SH {title.upper()} COMMANDS", *commands([*section], program, ctx)]
    lines += [".SH FILES", PLACES.strip(), ".SH SEE ALSO", "\\fBmlkanban docs\\fR"]
    return "\n".join(lines) + "\n"


def write(share: Path = SHARE) -> None:
    """Write all files below a folder such as /usr/share."""
    files = {"man/man1/mlkanban.1": manual_page(), "man/man1/mlk.1": ".so man1/mlkanban.1\n"}
    for shell, place in COMPLETIONS.items():
        for name in NAMES:
            files[place.format(name)] = completion_script(program, shell, name) + "\n"
    for place, text in files.items():
        (share / place).parent.mkdir(parents=True, exist_ok=True)
        (share / place).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
