"""Commands for boards."""

from collections.abc import Callable, Iterator

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import BOARD, NEW_NAME, TEMPLATE, ZONE, SuggestingGroup
from mlkanban.clock import local_timezone, odd_timezone
from mlkanban.core.board import Board
from mlkanban.core.rules import Load
from mlkanban.core.templates import TEMPLATES, Template
from mlkanban.core.templates import template as board_template
from mlkanban.display.card_json import board_data
from mlkanban.paths import places
from mlkanban.service import Done, Service

_TEMPLATES = "\b\nTemplates:\n" + "\n".join(
    f"  {template.key:<19}{template.about}" for template in TEMPLATES
)


@click.command(epilog=_TEMPLATES)
@click.argument("name", type=NEW_NAME)
@click.option(
    "--template",
    type=TEMPLATE,
    default=TEMPLATES[0].key,
    metavar="NAME",
    show_default=True,
    help="A template, one of yours, too.",
)
@click.option(
    "--timezone",
    type=ZONE,
    default="",
    metavar="ZONE",
    help="Such as Europe/Rome (this machine's).",
)
@pass_session
def init(session: Session, name: str, template: str, timezone: str) -> None:
    """Create a board from a template."""
    given = timezone or session.settings.timezone
    zone = given or local_timezone()
    with session.service(write=True, make=True) as service:
        board = service.boards.create(name, _template(template), zone)
        session.answer("init", lambda: board_data(board, {}, ()))
        if not given and (odd := odd_timezone()):
            session.show_message(
                f"{odd} Name the right one: mlkanban init NAME --timezone Europe/Rome"
            )
        if not session.json:
            stages = ", ".join(stage.name for stage in board.stages)
            session.show_message(f"Board {board.key} made: {stages}.")
            session.show_message("Add a card with: mlkanban add TITLE")


def _template(name: str) -> Template:
    built_in = board_template(name)
    if built_in is not None:
        return built_in
    # TOML and what checks it: only templates of one's own wait for them.
    from mlkanban import template_files

    return template_files.board_template(places().config, name)


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="List archived boards, too.")
@click.pass_context
def boards(ctx: click.Context, everything: bool) -> None:
    """List the boards, or rename, archive and restore one."""
    session = ctx.find_object(Session)
    assert session is not None
    if ctx.invoked_subcommand is not None:
        if everything:
            raise click.UsageError("--all is for the list.")
        return
    with session.service() as service:
        every = service.boards.all(archived=True)
        listed = [board for board in every if everything or not board.archived]
        found = [(board, service.boards.loads(board.id)) for board in listed]
        in_use = session.board_in_use(service)
        session.answer(
            "boards",
            lambda: [
                {
                    **board_data(board, loads, service.boards.over_since_merge(board.id)),
                    "in_use": board.id == in_use,
                }
                for board, loads in found
            ],
            lambda: _table(session, found, in_use),
        )
        if session.json:
            return
        if not every:
            session.show_message("There is no board yet. Make one: mlkanban init NAME")
        elif hidden := len(every) - len(listed):
            session.show_message(f"Not listed: {hidden} archived, add --all.")


@boards.command()
@click.argument("board", type=BOARD)
@click.argument("name", type=NEW_NAME)
@pass_session
def rename(session: Session, board: str, name: str) -> None:
    """Give a board another name.

    Its key stays, by which commands and settings name it.
    """
    _change(session, "rename", board, lambda service, found: service.boards.rename(found.id, name))


@boards.command()
@click.argument("board", type=BOARD)
@pass_session
def archive(session: Session, board: str) -> None:
    """Archive a board: it leaves the lists, and nothing is changed on it.

    Its jobs go on, and what becomes of them is recorded; runs in its queue do not start. Its cards,
    numbers and history are there to be looked at with --board KEY.
    """
    _change(session, "archive", board, lambda service, found: service.boards.archive(found.id))


@boards.command()
@click.argument("board", type=BOARD)
@pass_session
def restore(session: Session, board: str) -> None:
    """Bring an archived board back."""
    _change(session, "restore", board, lambda service, found: service.boards.restore(found.id))


def _change(session: Session, name: str, key: str, act: Callable[[Service, Board], Done]) -> None:
    with session.service(write=True) as service:
        board = service.boards.find(key)
        before = session.board_in_use(service)
        done = act(service, board)
        session.answer(
            f"boards.{name}",
            lambda: {
                "board": board_data(
                    service.boards.of_id(board.id),
                    service.boards.loads(board.id),
                    service.boards.over_since_merge(board.id),
                ),
                "message": done.message,
                "warning": done.warning,
            },
        )
        session.show_done(done)
        session.show_board_in_use(service, before)


def _table(
    session: Session, found: list[tuple[Board, dict[str, Load]]], in_use: str
) -> Iterator[str]:
    """The boards; a star stands before the one that commands without --board work on."""
    if found:
        rows = [
            (
                "*" if board.id == in_use else "",
                board.key,
                str(sum(load.total for load in loads.values())),
                session.clean(board.timezone),
                session.clean(board.name) + ("  archived" if board.archived else ""),
            )
            for board, loads in found
        ]
        yield from table(rows, ("", "KEY", "OPEN CARDS", "TIME ZONE", "NAME"))
