"""Bringing stores together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlkanban.cli.progress import counting_line
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FILE, SuggestingGroup
from mlkanban.errors import UsageProblem
from mlkanban.sync.transports.postgresql import PostgreSQL
from mlkanban.sync.transports.remotes import (
    choose,
    exchange,
    folder_at,
    join,
    place_at,
    transports,
)

if TYPE_CHECKING:
    from mlkanban.service import Service
    from mlkanban.sync.exchange import Report, Transport


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.option("--dir", "folder", type=FILE, metavar="PATH",
              help="A folder that another tool copies to the other machine.")  # fmt: skip
@click.pass_context
def sync(ctx: click.Context, folder: Path | None) -> None:
    """Exchange changes with your other machines.

    Without --dir with the repository or database that `sync init` chose. What was written on both
    sides at the same time is kept: `mlkanban resolve` lists it.
    """
    if ctx.invoked_subcommand is not None:
        if folder is not None:
            raise UsageProblem("--dir does not go with a repository.", "Use one of them.")
        return
    session: Session = ctx.obj
    with session.service(write=True, make=True) as service:
        ways = [folder_at(service, folder)] if folder is not None else transports(service)
        _answer(session, _exchange(session, service, ways))


@sync.command()
@click.argument("remote")
@click.option("--member", "members", multiple=True, metavar="LOGIN",
              help="A login or group of the database that takes part (repeatable).")  # fmt: skip
@pass_session
def init(session: Session, remote: str, members: Sequence[str]) -> None:
    """Exchange changes with a git repository, or a database of a team, from now on.

    REMOTE is a path or an address that your git can use, such as gpu2:board.git, and may be empty.
    Or it is postgresql://HOST/DATABASE, where the tables are made. On every further machine the
    same command joins, with what is there already.
    """
    with session.service(write=True, make=True) as service:
        place = place_at(service, remote)
        if isinstance(place, PostgreSQL):
            place.prepare(members)
        elif members:
            raise UsageProblem("--member is for a database.", "Leave it out for a repository.")
        report = _exchange(session, service, [place])
        choose(service, place.remote)
        if not session.json:
            session.show_message(f"Changes go to {place.remote} from now on: mlkanban sync")
        _answer(session, report)


@sync.command("join")
@click.argument("remote")
@click.option("--share", is_flag=True, help="Your own boards may be seen by everybody there.")
@pass_session
def join_boards(session: Session, remote: str, share: bool) -> None:
    """Get the boards of others, and exchange changes with them from now on.

    REMOTE is what they gave `sync init`. Boards of your own would get there, too: this is refused
    without --share. Those without cards are archived.
    """
    with session.service(write=True, make=True) as service:
        place = place_at(service, remote)
        with counting_line(session) as show:
            report = join(service, place, share=share, progress=_shown(show))
        if not session.json:
            session.show_message(f"Changes go to {place.remote} from now on: mlkanban sync")
        _answer(session, report)


def _exchange(session: Session, service: Service, ways: Sequence[Transport]) -> Report:
    """Exchange, and say meanwhile how far that is."""
    with counting_line(session) as show:
        return exchange(service, ways, _shown(show))


def _shown(show: Callable[[str, str], None]) -> Callable[[str], None]:
    return lambda step: show(f"Sync: {step} ...", "")


def _answer(session: Session, report: Report) -> None:
    def lines() -> Iterator[str]:
        yield session.clean(report.message)

    old_names = {"undecided": report.conflicts, "told": report.notices}
    session.answer(
        "sync", lambda: {**asdict(report), **old_names, "message": report.message}, lines
    )
    for notice in report.notices:
        session.show_message(notice)
    if report.conflicts and not session.json:
        session.show_message("See the conflicts: mlkanban resolve")
