"""The command that takes a process which runs already as a run of a card."""

from __future__ import annotations

import click

from mlkanban.cli.before_run import show, slot_for, started_data
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, override_at_start
from mlkanban.clock import now
from mlkanban.paths import places
from mlkanban.runs.local import adoption
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import StartWords

_ADOPTS = StartWords("The process was not adopted", "adopts it")


@click.command()
@click.argument("card", type=CARD)
@click.option(
    "--pid", type=click.IntRange(1), required=True, help="The id of one of your processes."
)
@override_at_start
@pass_session
def adopt(session: Session, card: str, pid: int, override: str) -> None:
    """Adopt a running process as a run of CARD.

    CARD may be - for the card named in the git branch. Only that it runs can be seen: when it is
    gone the run is lost, its exit status unknown, and the card is not blocked for it.
    """
    with slot_for(session, card, override, how=_ADOPTS) as slot:
        ref = slot.job.ref
        folder, start = adoption.adopt(places().data, ref, slot.job.id, pid, session.actor, now())
        slot.take(folder, start, override)
    session.answer("adopt", lambda: started_data(ref, folder, RunState.RUNNING), acted=True)
    show(f"Process {pid} is run {folder.id} of {ref} now: mlkanban runs {ref}")
    if start["started"] == start["made"]:
        show("When it was started cannot be known on this system: its time counts from now.")
