"""The program: its commands by name, and how it ends, whatever happens."""

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence

import click

from mlkanban import __version__
from mlkanban.cli.groups import Guessing
from mlkanban.cli.interrupt import was_interrupted
from mlkanban.cli.session import NAMES, Session, give_up, use_home
from mlkanban.cli.types import BOARD, HOME
from mlkanban.cli.umask import be_private
from mlkanban.errors import MlkanbanError, StoreProblem, UsageProblem

SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "demo": "demo:demo",
        "init": "boards:init",
        "boards": "boards:boards",
        "stages": "stages:stages",
        "charter": "charter:charter",
    },
    "Cards": {
        "add": "cards:add",
        "list": "show_cards:list_cards",
        "views": "views:views",
        "show": "show_cards:show",
        "move": "cards:move",
        "edit": "cards:edit",
        "note": "cards:note",
        "block": "cards:block",
        "unblock": "cards:unblock",
        "done": "cards:done",
        "snooze": "cards:snooze",
        "merge": "cards:merge",
        "archive": "cards:archive",
        "alert": "retraining:alert",
        "retrain": "retraining:retrain",
        "triage": "triage:triage",
        "plan": "plan:plan",
    },
    "Runs": {
        "run": "runs:run",
        "sbatch": "sbatch:sbatch",
        "adopt": "adopt:adopt",
        "runs": "runs:runs",
        "logs": "runs:logs",
        "diff": "diff:diff",
        "stop": "runs:stop",
        "link": "links:link",
        "unlink": "links:unlink",
        "sync-runs": "links:sync_runs",
    },
    "Time": {
        "undo": "history:undo",
        "redo": "history:redo",
        "history": "history:history",
        "flow": "flow:flow",
        "portfolio": "portfolio:portfolio",
        "report": "report:report",
    },
    "Machines": {
        "sync": "sync:sync",
        "resolve": "sync:resolve",
    },
    "Files": {
        "import": "import_files:import_group",
        "export": "export:export_group",
        "backup": "backup:backup",
        "restore": "backup:restore",
    },
    "Program": {
        "doctor": "doctor:doctor",
        "keys": "about:keys",
        "themes": "about:themes",
        "config": "about:config",
        "completion": "completion:completion",
    },
}
"""Every command with the module of this package, and the name there, that it is loaded from."""

COMMANDS = {name: place for section in SECTIONS.values() for name, place in section.items()}
FORMERLY = {"settle": "resolve"}
"""Names that commands had before; they still work, and no list has them."""


class Program(Guessing):
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
                commands = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl(
                    [(name, found.get_short_help_str(width)) for name, found in commands if found]
                )


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
@click.option("--json", is_flag=True, is_eager=True, help="Print one JSON object; works anywhere.")
@click.option(
    "--board", type=BOARD, default="", metavar="KEY", help="The board to work on (MLKANBAN_BOARD)."
)
@click.option(
    "--home", type=HOME, default="", metavar="DIR", help="Where everything lies (MLKANBAN_HOME)."
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Print the version.",
)  # fmt: skip
@click.pass_context
def program(ctx: click.Context, json: bool, board: str, home: str) -> None:
    """A Kanban board for machine-learning work, in the terminal.

    Without a command it opens the board; without a terminal it prints it. Cards are named by their
    short id (g12), stages by the beginning of their name (train).

    With --json, stdout holds one object, {"schema": 1, "kind": ..., "data": ...}; messages go to
    stderr. Commands that change cards answer {"cards": [...], "message": ..., "warning": ...},
    `add` and `show` the card itself.

    Exit codes: 0 done, 1 refused by a rule, 2 wrong usage, 3 not found, 4 store or system error,
    5 bad input file (nothing written).

    Completion: eval "$(mlkanban completion bash)"
    """
    use_home(home)
    ctx.obj = Session(json=json, board_key=board)
    if "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        ctx.color = False
    if ctx.invoked_subcommand is None:
        from mlkanban.cli.board import open_board

        open_board(ctx.obj)


def main() -> int:
    """Run the program as the shell asked for it; the exit code."""
    be_private()
    # Commands end before garbage matters; the board turns this on again after its first picture.
    gc.disable()
    _open_streams()
    called = os.path.basename(sys.argv[0])
    name = called if called in NAMES else NAMES[0]
    if f"_{name.upper()}_COMPLETE" in os.environ:
        from mlkanban.cli.completion import answer_shell

        return answer_shell(program, name)
    return run(sys.argv[1:], name)


def _open_streams() -> None:
    """Standard streams that are there and never fail on a character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream, errors in (
        (sys.stdout, "replace"),
        (sys.stderr, "replace"),
        # What is no UTF-8 is refused as part of a text, with its place.
        (sys.stdin, "surrogateescape"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def run(args: Sequence[str], name: str = NAMES[0]) -> int:
    """Run one command line; the exit code. Every error ends as a sentence on stderr."""
    args, json = _json_first(args)
    session = Session(json=json)
    try:
        with program.make_context(name, list(args)) as ctx:
            program.invoke(ctx)
        sys.stdout.flush()
        ctx.obj.afterwards()
        return _printed(ctx.obj)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        hint = f"See: {path} --help"
        message = error.format_message()
        if isinstance(error, click.MissingParameter):
            message = " ".join(message.split())  # choices stand on lines of their own
            message += "" if message.endswith(".") else "."
        return session.fail(UsageProblem(message, hint))
    except click.ClickException as error:
        return session.fail(MlkanbanError(error.format_message()))
    except MlkanbanError as error:
        return session.fail(error)
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        give_up(sys.stdout)
        return 141
    except Exception as error:
        if was_interrupted(error):
            return 130
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
        session.say(
            f"This was done, but the answer cannot be printed: {why}. Do not call it again."
        )
        for line in text.split("\n"):
            session.say(line)
        return 0
    if isinstance(error, BrokenPipeError):
        return 141
    raise StoreProblem(f"The answer cannot be printed: {error.strerror or error}.")


def _json_first(args: Sequence[str]) -> tuple[list[str], bool]:
    """`--json` may stand anywhere before `--`: it is put in front, where the program expects it."""
    end = args.index("--") if "--" in args else len(args)
    if "--json" not in args[:end]:
        return list(args), False
    return ["--json", *(arg for arg in args[:end] if arg != "--json"), *args[end:]], True
