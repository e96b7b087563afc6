"""Bringing stores together, and deciding what was written on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlkanban.cli.groups import Guessing
from mlkanban.cli.progress import counting_line
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CONFLICT, FIELD, FILE
from mlkanban.errors import UsageProblem
from mlkanban.text import short_name

if TYPE_CHECKING:
    from mlkanban.service import Service
    from mlkanban.service.conflicts import OpenConflict
    from mlkanban.sync.exchange import Report, Transport


@click.group(cls=Guessing, invoke_without_command=True)
@click.option("--dir", "folder", type=FILE, metavar="PATH",
              help="A folder that something else carries to the other machine.")  # fmt: skip
@click.pass_context
def sync(ctx: click.Context, folder: Path | None) -> None:
    """Exchange changes with your other machines.

    Without --dir with the repository that `sync init` chose. What was written on both sides at the
    same time is kept: `mlkanban resolve` lists it.
    """
    if ctx.invoked_subcommand is not None:
        if folder is not None:
            raise UsageProblem("--dir does not go with a repository.", "Use one of them.")
        return
    from mlkanban.sync.transports.folder import Folder
    from mlkanban.sync.transports.remotes import transports

    session: Session = ctx.obj
    with session.service(write=True, make=True) as service:
        ways = [Folder(folder)] if folder is not None else transports(service)
        _answer(session, _exchange(session, service, ways))


@sync.command()
@click.argument("remote")
@pass_session
def init(session: Session, remote: str) -> None:
    """Exchange changes with a git repository from now on.

    REMOTE is a path or an address that your git can use, such as gpu2:board.git. It may be empty.
    On every further machine the same command joins, with what is there already.
    """
    from mlkanban.sync.transports.remotes import choose, repository

    with session.service(write=True, make=True) as service:
        place = repository(service, remote)
        report = _exchange(session, service, [place])
        choose(service, place.remote)
        if not session.json:
            session.say(f"Changes go to {place.remote} from now on: mlkanban sync")
        _answer(session, report)


def _exchange(session: Session, service: Service, ways: Sequence[Transport]) -> Report:
    """Exchange, and say meanwhile how far that is."""
    from mlkanban.sync.transports.remotes import exchange

    with counting_line(session) as show:
        return exchange(service, ways, lambda step: show(f"Sync: {step} ...", ""))


def _answer(session: Session, report: Report) -> None:
    def lines() -> Iterator[str]:
        yield session.clean(report.message)

    session.answer("sync", lambda: {**asdict(report), "message": report.message}, lines)
    for said in report.told:
        session.say(said)
    if report.undecided and not session.json:
        session.say("See the conflicts: mlkanban resolve")


@click.command()
@click.argument("name", type=CONFLICT, default="", metavar="[CARD")
@click.argument("field", type=FIELD, default="", metavar="FIELD]")
@click.option("--keep", is_flag=True, help="Keep the value that stands.")
@click.option("--take", is_flag=True, help="Take the other value.")
@click.option("--override", default="", metavar="REASON", help="Go over a limit all the same.")
@pass_session
def resolve(session: Session, name: str, field: str, keep: bool, take: bool, override: str) -> None:
    """Show conflicts between machines, and resolve one: keep what stands or take the other.

    The later value stands until you resolve it; FIELD is as the list names it. The stage of a card,
    its outcome and whether it is archived are one value, called `stage` (or `lifecycle`, as in
    --json): one machine finished a card, for example, while another one moved it.
    """
    if not field:
        if keep or take:
            raise UsageProblem("Name the card and the field.", "List them: mlkanban resolve")
        with session.service() as service:
            found = [one for one in service.conflicts.all() if not name or one.name == name]
        session.answer(
            "undecided", lambda: [asdict(one) for one in found], lambda: _listed(session, found)
        )
        return
    if keep == take:
        raise UsageProblem("Give --keep or --take.", "The later value stands until you resolve it.")
    with session.service(write=True) as service:
        done = service.conflicts.resolve(name, field, take=take, override=override)
        session.answer_done("settle", done, service)


def _listed(session: Session, found: list[OpenConflict]) -> Iterator[str]:
    from mlkanban.cli.layout import hanging

    if not found:
        yield "There are no conflicts."
    for one in found:
        at = one.at[:16].replace("T", " ")
        yield from hanging(session.clean(f"{one.name}  {one.label}: {one.kept}"), 4)
        other = f"    {short_name(one.actor)} on {one.machine} wrote, {at} UTC: {one.other}"
        yield from hanging(session.clean(other), 6)
        yield session.clean(f"    mlkanban resolve {one.name} {one.word} --keep | --take")
