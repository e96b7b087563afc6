"""The command that starts a job for a card, and follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlkanban.cli.before_run import STORE_SECONDS, give_up, show, slot_for, started_data
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, TARGET, override_at_start
from mlkanban.clock import now
from mlkanban.errors import MlkanbanError, StoreProblem, UsageProblem
from mlkanban.files import umask_of_the_person
from mlkanban.paths import places
from mlkanban.runs.local.code import CodeChanges, code_state
from mlkanban.runs.local.inspect import metrics_of, why
from mlkanban.runs.local.start import Wanted, begin, plan
from mlkanban.runs.local.viewer import Viewer, exit_code
from mlkanban.runs.model.metric_lines import unread_text
from mlkanban.runs.model.state import RunState

if TYPE_CHECKING:
    from mlkanban.runs.local.folder import RunFolder
    from mlkanban.runs.model.state import Judgement


@click.command()
@click.argument("card", type=CARD)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option("--detach", is_flag=True, help="Return at once; the job keeps running.")
@click.option(
    "--queue",
    is_flag=True,
    help="Return at once; the job starts when there is a free slot.",
)
@override_at_start
@click.option(
    "--gpus",
    type=click.IntRange(0, 10_000),
    metavar="N",
    help="Number of GPUs the job uses; with --queue, that it waits for.",
)
@click.option(
    "--metric", type=TARGET, multiple=True, metavar="METRIC",
    help="The target, 'val_auc>=0.92'; further ones are guards.",
)  # fmt: skip
@click.option("--no-env", is_flag=True, help="Do not change the environment of the job.")
@pass_session
def run(
    session: Session,
    card: str,
    command: Sequence[str],
    detach: bool,
    queue: bool,
    override: str,
    gpus: int | None,
    metric: Sequence[str],
    no_env: bool,
) -> None:
    """Run a job for CARD, and exit with its code.

    CARD may be - for the card named in the git branch. The job runs on when the terminal is closed.
    ^C asks it to stop (SIGINT), twice within five seconds ends it (SIGTERM). The card goes to the
    stage that counts runs, on to the next one when the job succeeds, and is blocked when it fails.

    A line `mlkanban: val_auc=0.917` on its stdout reports a metric, `mlkanban: step=1200 loss=0.41
    auc=91.5%` several of a step, and so does a JSON object such as {"val_auc": 0.917} in the file
    that MLKANBAN_METRICS names; where both name one, the file has the last word. What is no number
    is said at the end. --metric sets the metric and the target of the card, unless somebody edits
    them after the start.

    With --queue the job starts when fewer runs than the unattended limit of its stage execute: runs
    of cards with a higher priority first, then those that came first. With --gpus N it also waits
    for N free GPUs of this machine, and finds them in CUDA_VISIBLE_DEVICES. `mlkanban queue` lists
    what waits. Nothing has to stay open meanwhile.

    The job finds MLKANBAN_CARD and MLKANBAN_RUN in its environment too, and what links MLflow and
    W&B to the card.
    """
    start_run(
        session, card, command, detach=detach, queue=queue, override=override, gpus=gpus,
        target=" ".join(metric), no_env=no_env,
    )  # fmt: skip


def start_run(
    session: Session,
    card: str,
    command: Sequence[str],
    *,
    detach: bool,
    queue: bool,
    override: str,
    gpus: int | None,
    target: str,
    no_env: bool,
) -> None:
    """Start a job in the working folder, and unless it is to be detached, or to wait in the queue,
    follow it to its end and exit with its code."""
    if queue:
        # The queue and its table: a job that starts at once waits for neither.
        from mlkanban.cli.queue import enqueue

        enqueue(session, card, command, override=override, gpus=gpus, target=target, no_env=no_env)
        return
    if session.json and not detach:
        raise UsageProblem(
            "The output of the job would be mixed with the JSON object.", "Add --detach."
        )
    changes = CodeChanges(code_state())
    with slot_for(session, card, override) as slot:
        job = slot.job
        wanted = Wanted(
            job.ref, job.id, command, session.actor, gpus, override.strip(), not no_env, target,
            label=job.label, code=changes.state,
        )  # fmt: skip
        folder, start = plan(places().data, wanted, now())
        slot.take(folder, start, override)
    viewer = Viewer(folder, wanted.person, now)
    if not detach:
        viewer.listen()
    try:
        begin(folder, start, wanted, detach=detach, umask=umask_of_the_person())
    except StoreProblem:
        give_up(job, folder.id)
        raise
    changes.keep(folder)
    if detach:
        session.answer("run", lambda: started_data(job.ref, folder, RunState.RUNNING), acted=True)
        show(f"Run {folder.id} of {job.ref} started: mlkanban logs -f {folder.id}")
        return
    show(f"Run {folder.id} of {job.ref}. Close the terminal and it runs on; ^C stops it.")
    session.afterwards()
    end = viewer.follow(show)
    if end is None:
        raise click.exceptions.Exit(129)
    reported, wrong = metrics_of(folder, folder.start())
    for notice in filter(None, (unread_text(reported.unread), wrong)):
        show(f"Run {folder.id}: {notice}.")
    _take_in_end(session, folder, end)
    raise click.exceptions.Exit(exit_code(end))


def _take_in_end(session: Session, folder: RunFolder, end: Judgement) -> None:
    """Let the card follow, and say once how the run ended, with where that left the card and its
    stage. The job is over: where the board cannot take that in, the next command does."""
    try:
        session.bring_up_to_date(STORE_SECONDS)
    except MlkanbanError as error:
        show(f"{error} The board takes the run in later.")
    if end.exit != 0 and not any(folder.id in news for news in session.run_news):
        show(f"Run {folder.id} {end.state.value}: {why(folder, end)}.")
    try:
        session.afterwards()
    except MlkanbanError as error:
        show(str(error))
