"""Conflicts: what two machines wrote, and deciding between the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mlkanban.cli.layout import hanging
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CONFLICT, FIELD
from mlkanban.errors import UsageProblem
from mlkanban.text import short_name

if TYPE_CHECKING:
    from mlkanban.service.conflicts import OpenConflict


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
    if not found:
        yield "There are no conflicts."
    for one in found:
        at = one.at[:16].replace("T", " ")
        yield from hanging(session.clean(f"{one.name}  {one.label}: {one.kept}"), 4)
        other = f"    {short_name(one.actor)} on {one.machine} wrote, {at} UTC: {one.other}"
        yield from hanging(session.clean(other), 6)
        yield session.clean(f"    mlkanban resolve {one.name} {one.word} --keep | --take")
