"""The command that waits for the end of runs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from mlkanban.cli.before_run import show
from mlkanban.cli.runs import folder_of
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import DURATION, RUN_OR_CARD
from mlkanban.clock import now
from mlkanban.errors import NotFound
from mlkanban.paths import places
from mlkanban.runs.local.folder import ID, folders_of
from mlkanban.runs.local.inspect import why
from mlkanban.runs.local.viewer import exit_code
from mlkanban.runs.local.waiting import wait_for
from mlkanban.runs.model.state import RunState
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.job_states import pause, read_job_states
from mlkanban.runs.slurm.time_limits import PATIENT_SECONDS
from mlkanban.text import quantity

if TYPE_CHECKING:
    from mlkanban.runs.local.folder import RunFolder
    from mlkanban.runs.model.state import Judgement

TIMED_OUT = 124
"""The exit code where the time was up, as with `timeout`."""
_CARD = re.compile(r"[a-z]{1,3}\d+")
"""What may be a card; the end of the id of a run can look the same."""


@click.command()
@click.argument("words", nargs=-1, required=True, type=RUN_OR_CARD, metavar="RUN|CARD...")
@click.option(
    "--timeout", type=DURATION, metavar="TIME", help="Wait at most so long: 90, 30m, 2h, 1d."
)
@pass_session
def wait(session: Session, words: Sequence[str], timeout: float | None) -> None:
    """Wait for the end of runs, and exit with the code of the run.

    Of a CARD, its runs that go on or are queued are waited for; if there are none, its newest run
    counts. RUN is the id of a run, or a beginning or an end of it.

    The exit code is that of the first run, in the order given, that did not end with 0; else 0. It
    is 130 for a run that somebody stopped, 4 where the exit code cannot be known, 124 where the
    time was up first. ^C ends the waiting, not the run.
    """
    folders = list({folder.id: folder for folder in _found(session, words)}.values())
    stores = frozenset[str]()
    if client.available() and any(folder.start().get("slurm") for folder in folders):
        with session.service(as_is=True) as service:
            stores = service.runs.store_names()
    begun = time.monotonic()
    asked = float("-inf")

    def ask(waiting: Sequence[RunFolder]) -> None:
        nonlocal asked
        jobs = [folder for folder in waiting if folder.start().get("slurm")]
        if jobs and client.available() and time.monotonic() - asked >= pause(jobs, now()):
            asked = time.monotonic()
            read_job_states(places().data, jobs, stores, now(), PATIENT_SECONDS)

    states = wait_for(
        folders, now, seconds=timeout, elapsed=lambda: time.monotonic() - begun,
        sleep=time.sleep, ended=_say, ask=ask,
    )  # fmt: skip
    going_on = [folder for folder in folders if not states[folder.id].state.ended]
    session.answer(
        "wait",
        lambda: [
            {
                "id": folder.id,
                "card": str(folder.start().get("card", "")),
                "state": states[folder.id].state.value,
                "evidence": states[folder.id].evidence,
                "exit": states[folder.id].exit,
                "ended": states[folder.id].state.ended,
            }
            for folder in folders
        ],
    )
    ended = [states[folder.id] for folder in folders if states[folder.id].state.ended]
    if going_on:
        show(
            f"The time is up; {quantity(len(going_on), 'run goes', 'runs go')} on: "
            f"{', '.join(folder.id for folder in going_on)}"
        )
        raise click.exceptions.Exit(TIMED_OUT)
    raise click.exceptions.Exit(next(filter(None, map(exit_code, ended)), 0))


def _say(folder: RunFolder, state: Judgement) -> None:
    what = f"Run {folder.id} of {folder.start().get('card', '?')} {state.state.value}"
    show(f"{what}." if state.exit == 0 else f"{what}: {why(folder, state)}.")


def _found(session: Session, words: Sequence[str]) -> Iterator[RunFolder]:
    """The runs that are meant, each where it was named first."""
    for word in words:
        name = word.strip().lower()
        if not ID.fullmatch(name) and _CARD.fullmatch(name):
            with session.service() as service:
                face = service.runs.card_called(name)
                runs = service.runs.of_card(name) if face else []
            if face is not None:
                own = [run for run in runs if run.state is not RunState.TRACKED]
                waited = [run for run in own if not run.state.ended][::-1] or own[:1]
                here = [f for f in folders_of(places().data, [r.id for r in waited]) if f.start()]
                if not here:
                    raise NotFound(
                        f"There is no run of {name} here.",
                        f"List them: mlkanban runs {name}",
                    )
                yield from here
                continue
        yield folder_of(session, word)
