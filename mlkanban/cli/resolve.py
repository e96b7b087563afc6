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
@click.option("--keep", is_flag=True, help="Keep the current value.")
@click.option("--take", is_flag=True, help="Take the other value.")
@click.option("--override", default="", metavar="REASON", help="Override a limit.")
@pass_session
def resolve(session: Session, name: str, field: str, keep: bool, take: bool, override: str) -> None:
    """Show conflicts between machines, or resolve one.

    Keep a value, or take the other. The later value stands until you resolve it; FIELD is as the
    list names it. The stage of a card, its outcome and whether it is archived are one value, called
    `stage` (or `lifecycle`, as in --json): one machine finished a card, for example, while another
    one moved it.
    """
    if not field:
        if keep or take:
            raise UsageProblem("Name the card and the field.", "List them: mlkanban resolve")
        with session.service() as service:
            conflicts = [
                conflict
                for conflict in service.conflicts.all()
                if not name or conflict.name == name
            ]
        session.answer(
            "undecided",
            lambda: [asdict(conflict) for conflict in conflicts],
            lambda: _listed(session, conflicts),
        )
        return
    if keep == take:
        raise UsageProblem("Give --keep or --take.", "The later value stands until you resolve it.")
    with session.service(write=True) as service:
        done = service.conflicts.resolve(name, field, take=take, override=override)
        session.answer_done("settle", done, service)


def _listed(session: Session, conflicts: list[OpenConflict]) -> Iterator[str]:
    if not conflicts:
        yield "There are no conflicts."
    for conflict in conflicts:
        at = conflict.at[:16].replace("T", " ")
        yield from hanging(session.clean(f"{conflict.name}  {conflict.label}: {conflict.kept}"), 4)
        other = f"    {short_name(conflict.actor)} on {conflict.machine}"
        other += f" wrote, {at} UTC: {conflict.other}"
        yield from hanging(session.clean(other), 6)
        yield session.clean(f"    mlkanban resolve {conflict.name} {conflict.word} --keep | --take")
