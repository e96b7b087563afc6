"""Before a job is started: which card it is for, and whether it may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import click

from mlkanban.cli.session import login_name
from mlkanban.clock import now
from mlkanban.errors import MlkanbanError, NotFound, StoreProblem, UsageProblem
from mlkanban.paths import places
from mlkanban.text import display

if TYPE_CHECKING:
    from mlkanban.service import Service

_STORE_SECONDS = 2.0
_BY_BRANCH = "-"


def say(message: str) -> None:
    """Settings that cannot be read are no reason to stop a job, so this asks for none."""
    with suppress(OSError):  # nobody is there to read it
        click.echo(f"mlkanban: {display(message)}", err=True)


def which_card(card: str, force: str) -> tuple[str, str]:
    """The short id of the card, and its id. Where the store cannot be read the job runs all the
    same: the board hears of it later."""
    from mlkanban.service import Service

    names = _branch_names() if card == _BY_BRANCH else [card.strip().lower()]
    data = places().data
    others = (data / "runs").is_dir()
    try:
        service = Service.open(
            data, actor=login_name(), clock=now, write=others, make=False, timeout=_STORE_SECONDS
        )
    except (MlkanbanError, OSError) as error:
        say(f"{error} The job is started; the board takes it in later.")
        return names[0], ""
    with closing(service):
        try:
            if others:
                _take_in_others(service)
            face = _first(service, names, force, given=card)
            _warn_of_budget(service, face[0])
        except StoreProblem as error:
            say(f"{error} The job is started; the board takes it in later.")
            return names[0], ""
    return face


def _take_in_others(service: Service) -> None:
    """Runs that nobody has taken in yet count for the limits too."""
    from mlkanban.runs.intake import Intake

    try:
        done = Intake(places().data).take_in(service, now())
    except StoreProblem as error:
        say(f"What became of other runs was not taken in: {error}")
    else:
        if done.message:
            say(done.message)


def _warn_of_budget(service: Service, ref: str) -> None:
    """A budget is no limit: it is said, and the job starts."""
    spent = service.runs.spending(ref)
    if spent and spent.warning:
        say(f"{ref}: budget {spent.warning}.")


def _first(service: Service, names: Sequence[str], force: str, *, given: str) -> tuple[str, str]:
    for name in names:
        try:
            face = service.runs.may_start(name, force)
        except NotFound:
            if given != _BY_BRANCH:
                raise
        else:
            return face.ref, face.id
    raise NotFound(
        f"The git branch names no card that there is ({', '.join(names)}).", "Name the card."
    )


def _branch_names() -> list[str]:
    """What may be the id of a card in the name of the branch, such as g12 in `exp/g12-focal`."""
    from mlkanban.runs.starting import git_branch

    branch = git_branch()
    found = re.findall(r"(?<![a-z0-9])[a-z]{1,3}\d+(?![a-z0-9])", branch.lower())
    if not found:
        where = f"The git branch {branch!r} names no card" if branch else "This is no git branch"
        raise UsageProblem(f"{where}.", "Name the card, or the branch after it: exp/g12-focal.")
    return found
