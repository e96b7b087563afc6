"""Commands for boards."""

from collections.abc import Iterator

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import NEW_NAME, ZONE
from mlkanban.clock import local_timezone, odd_timezone
from mlkanban.core.board import Board
from mlkanban.core.rules import Load
from mlkanban.core.templates import TEMPLATES
from mlkanban.display.card_json import board_data

_KEYS = [template.key for template in TEMPLATES]
_TEMPLATES = "\b\nTemplates:\n" + "\n".join(
    f"  {template.key:<19}{template.about}" for template in TEMPLATES
)


@click.command(epilog=_TEMPLATES)
@click.argument("name", type=NEW_NAME)
@click.option("--template", type=click.Choice(_KEYS), default=_KEYS[0], show_default=True)
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
        board = service.boards.create(name, template, zone)
        session.answer("init", lambda: board_data(board, {}, ()))
        if not given and (odd := odd_timezone()):
            session.show_message(
                f"{odd} Name the right one: mlkanban init NAME --timezone Europe/Rome"
            )
        if not session.json:
            stages = ", ".join(stage.name for stage in board.stages)
            session.show_message(f"Board {board.key} made: {stages}.")
            session.show_message("Add a card with: mlkanban add TITLE")


@click.command()
@pass_session
def boards(session: Session) -> None:
    """List the boards."""
    with session.service() as service:
        found = [(board, service.boards.loads(board.id)) for board in service.boards.all()]
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
        if not found and not session.json:
            session.show_message("There is no board yet. Make one: mlkanban init NAME")


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
                session.clean(board.name),
            )
            for board, loads in found
        ]
        yield from table(rows, ("", "KEY", "OPEN CARDS", "TIME ZONE", "NAME"))
