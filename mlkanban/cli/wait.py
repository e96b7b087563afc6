"""The command that waits for the end of runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from mlkanban.cli.before_run import show
from mlkanban.cli.named_runs import card_runs, named_run, run_folders
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import DURATION, RUN_OR_CARD
from mlkanban.clock import now
from mlkanban.errors import UsageProblem
from mlkanban.paths import places
from mlkanban.runs.local.await_ends import wait_for
from mlkanban.runs.local.inspect import in_queue, why
from mlkanban.runs.local.viewer import exit_code
from mlkanban.runs.model.state import NEVER_STARTED, RunState
from mlkanban.runs.model.sweep import newest_sweep, not_over_at
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.job_states import pause, read_job_states
from mlkanban.runs.slurm.time_limits import PATIENT_SECONDS
from mlkanban.text import quantity

if TYPE_CHECKING:
    from mlkanban.runs.local.folder import RunFolder
    from mlkanban.runs.model.state import Judgement

TIMED_OUT = 124
"""The exit code where the time was up, as with `timeout`."""
_EVER = datetime.min.replace(tzinfo=UTC)


@click.command()
@click.argument("words", nargs=-1, required=True, type=RUN_OR_CARD, metavar="RUN|CARD...")
@click.option(
    "--timeout", type=DURATION, metavar="TIME", help="Wait at most so long: 90, 30m, 2h, 1d."
)
@click.option(
    "--since", type=DURATION, metavar="TIME",
    help="Of a CARD, count the runs, too, that ended in this time: 30m, 2h, 1d.",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Of a CARD, count all runs that it ever had.")
@pass_session
def wait(
    session: Session,
    words: Sequence[str],
    timeout: float | None,
    since: float | None,
    every: bool,
) -> None:
    """Wait for the end of runs, and exit with the code of the run.

    Of a CARD, the runs that go on or are queued count, and those that were queued or started
    together with the newest of them, or had not ended by then: a sweep that a script queues counts
    as a whole, also what failed before `wait` began. RUN is the id of a run, or a beginning or an
    end of it.

    Each run that did not end well is shown, and a count of all at the end.

    The exit code is that of the first run, in the order given, that did not end with 0; else 0. It
    is 130 for a run that somebody stopped, 4 where the exit code cannot be known, 124 where the
    time was up first. ^C ends the waiting, not the run.

    Where `wait` cannot wait, its exit code is 2 (wrong usage), 3 (no such run or card) or 4 (the
    store cannot be read). A job may end with these, too: --json tells them apart, whose `kind` is
    `error` then, and else `wait`, with the code of each run as `exit`.
    """
    if since is not None and every:
        raise UsageProblem("--all has no beginning.", "Leave out --since.")
    begin = None if since is None else now() - timedelta(seconds=since)
    begin = _EVER if every else begin
    folders = list({folder.id: folder for folder in _found(session, words, begin)}.values())
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
        sleep=time.sleep, ended=partial(_show_end, alone=len(folders) == 1), ask=ask,
    )  # fmt: skip
    going_on = [folder for folder in folders if not states[folder.id].state.ended]
    session.answer(
        "wait",
        lambda: [
            {
                "id": folder.id,
                "card": folder.start().get("card", ""),
                "state": states[folder.id].state.value,
                "evidence": states[folder.id].evidence,
                "exit": states[folder.id].exit,
                "ended": states[folder.id].state.ended,
            }
            for folder in folders
        ],
    )
    ended = [states[folder.id] for folder in folders if states[folder.id].state.ended]
    if len(folders) > 1 and ended:
        counts = Counter(_word(one, states[one.id]) for one in folders if one not in going_on)
        counted = ", ".join(f"{many} {word}" for word, many in counts.most_common())
        show(f"{len(ended)} of {len(folders)} runs have ended: {counted}.")
    if going_on:
        show(
            f"The time is up; {quantity(len(going_on), 'run goes', 'runs go')} on: "
            f"{', '.join(folder.id for folder in going_on)}"
        )
        raise click.exceptions.Exit(TIMED_OUT)
    raise click.exceptions.Exit(next(filter(None, map(exit_code, ended)), 0))


def _show_end(folder: RunFolder, state: Judgement, *, alone: bool) -> None:
    """Show how a run ended; one of several only where it did not end well."""
    if state.exit == 0 and not alone:
        return
    what = f"Run {folder.id} of {folder.start().get('card', '?')} {_word(folder, state)}"
    show(f"{what}." if state.exit == 0 else f"{what}: {why(folder, state)}.")


def _word(folder: RunFolder, state: Judgement) -> str:
    """The state of a run in a word; of one that was taken out of the queue, what became of it."""
    taken_out = state.state is RunState.KILLED and in_queue(folder.start())
    return NEVER_STARTED if taken_out else state.state.value


def _found(session: Session, words: Sequence[str], begin: datetime | None) -> Iterator[RunFolder]:
    """The runs that are meant, each where it was named first; of a card those that had not ended at
    `begin`, where that is given, else its newest sweep."""
    for word in words:
        runs = card_runs(session, word)
        if runs is None:
            yield named_run(session, word)
            continue
        counted = newest_sweep(runs) if begin is None else not_over_at(runs, begin)
        yield from run_folders(counted, word)
