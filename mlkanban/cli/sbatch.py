"""The command that hands a job over to SLURM for a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlkanban.cli.before_run import show, which_card
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, TARGET, override_at_start
from mlkanban.clock import now
from mlkanban.errors import MlkanbanError
from mlkanban.paths import places
from mlkanban.runs.local.start import Wanted
from mlkanban.runs.slurm.job_states import read_job_states
from mlkanban.runs.slurm.submission import submit
from mlkanban.runs.slurm.time_limits import COMMAND_SECONDS
from mlkanban.runs.use_cases.card_runs import StartWords

_SUBMITS = StartWords("The job was not submitted", "submits it")

if TYPE_CHECKING:
    from mlkanban.runs.local.folder import RunFolder


@click.command()
@click.argument("card", type=CARD)
@click.argument(
    "words",
    nargs=-1,
    required=True,
    type=click.UNPROCESSED,
    metavar="-- SCRIPT...",
)
@override_at_start
@click.option(
    "--metric", type=TARGET, multiple=True, metavar="METRIC",
    help="The target, 'val_auc>=0.92'; further ones are guards.",
)  # fmt: skip
@click.option("--no-env", is_flag=True, help="Do not change the environment of the job.")
@pass_session
def sbatch(
    session: Session,
    card: str,
    words: Sequence[str],
    override: str,
    metric: Sequence[str],
    no_env: bool,
) -> None:
    """Submit a job to SLURM for CARD.

    CARD may be - for the card named in the git branch. What follows -- is given to sbatch: its
    options, the script and what the script takes. The comment of the job is its label,
    mlk:STORE:CARD/RUN, before your own comment. STORE names this store (`mlkanban show CARD` prints
    it): jobs of other stores are left alone. What becomes of the job is asked of sacct and squeue
    while the board is open, and by `mlkanban runs`, at most every 30 s. Its card follows as it does
    with `mlkanban run`, once the job starts.

    Lines `mlkanban: val_auc=0.917` in the file with its stdout (and of each task of an array)
    report metrics. --metric sets the metric and the target of the card when the job starts, unless
    somebody edits them after the submission.

    Exits with the code of sbatch: with --wait, which waits for the end of the job, that of the job.
    """
    ref, card_id, label = which_card(session, card, override, _SUBMITS)
    wanted = Wanted(
        ref, card_id, ["sbatch", *words], session.actor, force=override.strip(),
        show_card_to_job=not no_env, target=" ".join(metric), label=label,
    )  # fmt: skip
    made = submit(places().data, wanted, now(), lambda line: click.echo(line, err=True))
    run, job = made.folder, made.job
    session.answer(
        "sbatch",
        lambda: {
            "id": run.id if job else None,
            "card": ref,
            "job": job or None,
            "run_folder": str(run.path) if job else None,
        },
        acted=bool(job),
    )
    if made.over:
        show(f"Run {run.id} of {ref} was job {job}, which has ended: mlkanban runs {ref}")
        _take_in_end(session, run)
    elif job:
        show(f"Run {run.id} of {ref} is queued as job {job}: mlkanban runs {ref}")
    raise click.exceptions.Exit(made.exit)


def _take_in_end(session: Session, folder: RunFolder) -> None:
    """Let the card follow a job that has ended. SLURM is asked first: the board is never told that
    the job waits."""
    try:
        with session.service(as_is=True) as service:
            stores = service.runs.store_names()
        read_job_states(places().data, [folder], stores, now(), COMMAND_SECONDS)
        with session.service(write=True):
            pass  # which takes in
    except MlkanbanError as error:
        show(f"{error} The board takes the run in later.")
