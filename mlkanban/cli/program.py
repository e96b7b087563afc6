"""The program: its commands by name, and how it ends, whatever happens."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlkanban import __version__
from mlkanban.cli.interrupt import was_interrupted
from mlkanban.cli.person import use_home
from mlkanban.cli.session import NAMES, Session
from mlkanban.cli.types import BOARD, HOME, SuggestingGroup
from mlkanban.errors import MlkanbanError, StoreProblem, UsageProblem
from mlkanban.files import be_private
from mlkanban.shell_commands import SECTIONS, SENTENCES
from mlkanban.streams import give_up, open_streams

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {name: place for section in SECTIONS.values() for name, (place, _) in section.items()}
FORMERLY = {"settle": "resolve", "alert": "reading"}
"""Names that commands had before; they still work, and no list has them."""


class Program(SuggestingGroup):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = FORMERLY.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(f"mlkanban.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = formatter.width - 6 - max(map(len, COMMANDS))
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, _in_short(name, width)) for name in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem  # only a shell that completes needs it

        names = [name for name in COMMANDS if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=_in_short(name)) for name in names] + options


def _in_short(name: str, width: int = 45) -> str:
    """The sentence of a command in so many cells, as click shortens it."""
    return click.Command(name, help=SENTENCES[name]).get_short_help_str(width)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        if ctx.params.get("json"):
            Session(json=True).answer("version", lambda: {"version": __version__})
        else:
            click.echo(f"mlkanban {__version__}")
        ctx.exit()


@click.command(
    cls=Program,
    invoke_without_command=True,
    context_settings={"max_content_width": 100},
)
@click.option(
    "--json", is_flag=True, is_eager=True, help="Print one JSON object; may stand anywhere."
)
@click.option(
    "--board",
    type=BOARD,
    default="",
    metavar="KEY",
    help="The board to work on (MLKANBAN_BOARD); may stand anywhere.",
)
@click.option(
    "--home",
    type=HOME,
    default="",
    metavar="DIR",
    help="The folder of all data (MLKANBAN_HOME); may stand anywhere.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Print the version.",
)  # fmt: skip
@click.pass_context
def program(ctx: click.Context, json: bool, board: str, home: str) -> None:
    """A Kanban board for machine-learning work, in the terminal.

    Without a command, mlkanban opens the board, or prints it if there is no terminal. Name a card
    by its short id (g12) and a stage by its number or the beginning of its name (train).

    With --json, stdout holds one object, {"schema": 1, "kind": ..., "data": ...}; messages go to
    stderr. Commands that change cards print {"cards": [...], "message": ..., "warning": ...}, `add`
    and `show` print the card itself.

    Exit codes: 0 done, 1 refused by a rule, 2 wrong usage, 3 not found, 4 store or system error,
    5 bad input file (nothing written).

    Completion: eval "$(mlkanban completion bash)"
    """
    use_home(home)
    ctx.obj = Session(json=json, board_key=board)
    if "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        ctx.color = False
    if ctx.invoked_subcommand is None:
        # The store and the screen: nothing that a command with a name waits for.
        from mlkanban.cli.board import open_board

        open_board(ctx.obj)


def main() -> int:
    """Run the program as the shell asked for it; the exit code."""
    be_private()
    open_streams()
    called = os.path.basename(sys.argv[0])
    name = called if called in NAMES else NAMES[0]
    if f"_{name.upper()}_COMPLETE" in os.environ:
        # 5 ms that only a shell waits for that wants to complete.
        from mlkanban.cli.completion import answer_shell

        return answer_shell(program, name)
    return run(sys.argv[1:], name)


def run(args: Sequence[str], name: str = NAMES[0]) -> int:
    """Run one command line; the exit code. Every error ends as a sentence on stderr."""
    args, json = _global_first(args)
    session = Session(json=json)
    try:
        with program.make_context(name, list(args)) as ctx:
            program.invoke(ctx)
        sys.stdout.flush()
        ctx.obj.afterwards()
        return _printed(ctx.obj)
    except BaseException as error:
        return ended(error, session, name)


def ended(error: BaseException, session: Session, name: str = NAMES[0]) -> int:
    """Answer what ended a call; its exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else name
        hint = f"See: {path} --help"
        message = error.format_message()
        if isinstance(error, click.MissingParameter):
            message = " ".join(message.split())  # choices stand on lines of their own
            message += "" if message.endswith(".") else "."
            takes = error.param.help if isinstance(error.param, click.Option) else None
            if takes and ":" not in message:  # choices say it already
                hint = f"{takes} {hint}"
        return session.fail(UsageProblem(message, hint))
    if isinstance(error, click.ClickException):
        return session.fail(MlkanbanError(error.format_message()))
    if isinstance(error, MlkanbanError):
        return session.fail(error)
    if isinstance(error, click.Abort) or was_interrupted(error):
        return 130
    if isinstance(error, BrokenPipeError):
        give_up(sys.stdout)
        return 141
    if not isinstance(error, Exception):
        raise error
    # What writes a traceback: no command needs it that ends well.
    from mlkanban.cli.crash import write_log

    problem = write_log(error)
    if isinstance(error, OSError):
        give_up(sys.stdout)
    return session.fail(problem)


def _printed(session: Session) -> int:
    """The exit code of a command that came to its end. One that did something is not to be called
    again because its answer was lost; one that only reads has failed then."""
    if session.unprinted is None:
        return 0
    error, text = session.unprinted
    if session.acted:
        why = error.strerror or error
        session.show_message(
            f"This was done, but the answer cannot be printed: {why}. Do not call it again."
        )
        for line in text.split("\n"):
            session.show_message(line)
        return 0
    if isinstance(error, BrokenPipeError):
        return 141
    raise StoreProblem(f"The answer cannot be printed: {error.strerror or error}.")


_VALUED = ("--board", "--home")


def _global_first(args: Sequence[str]) -> tuple[list[str], bool]:
    """`--json`, `--board KEY` and `--home DIR` may stand anywhere before `--`: they are put in
    front, where the program expects them. Whether `--json` is there."""
    end = args.index("--") if "--" in args else len(args)
    first: list[str] = []
    others: list[str] = []
    words = iter(args[:end])
    for word in words:
        if word == "--json" or word.startswith(tuple(f"{name}=" for name in _VALUED)):
            first.append(word)
        elif word in _VALUED and (value := next(words, None)) is not None:
            first += [word, value]
        else:
            others.append(word)
    return [*first, *others, *args[end:]], "--json" in first
