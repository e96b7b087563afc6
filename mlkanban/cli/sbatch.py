"""The command that hands a job over to SLURM for a card."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mlkanban.cli.before_run import say, which_card
from mlkanban.cli.session import Session, login_name, pass_session
from mlkanban.cli.types import CARD
from mlkanban.clock import now
from mlkanban.paths import places


@click.command()
@click.argument("card", type=CARD)
@click.argument(
    "words",
    nargs=-1,
    required=True,
    type=click.UNPROCESSED,
    metavar="-- SCRIPT...",
)
@click.option("--force", default="", metavar="REASON", help="Over the limit, past unticked items.")
@click.option("--no-env", is_flag=True, help="Leave the environment of the job as it is.")
@pass_session
def sbatch(session: Session, card: str, words: Sequence[str], force: str, no_env: bool) -> None:
    """Submit a job to SLURM for CARD (-: the one named in the git branch).

    What follows -- is given to sbatch as it is: its options, the script and what the script takes.
    The comment of the job is its label, mlk:STORE:CARD/RUN. STORE names this store (`mlkanban show
    CARD` prints it): jobs of other stores are left alone. What becomes of the job is asked of sacct
    and squeue while the board is open, and by `mlkanban runs`, at most every 30 s. Its card follows
    as it does with `mlkanban run`, once the job starts.
    """
    from mlkanban.runs.slurm.submission import submit
    from mlkanban.runs.start import Wanted

    ref, card_id, label = which_card(card, force)
    wanted = Wanted(
        ref, card_id, ["sbatch", *words], login_name(), force=force.strip(), tell_job=not no_env,
        label=label,
    )  # fmt: skip
    folder, job = submit(places().data, wanted, now(), lambda line: click.echo(line, err=True))
    session.answer(
        "sbatch",
        lambda: {"id": folder.id, "card": ref, "job": job, "folder": str(folder.path)},
        acted=True,
    )
    say(f"Run {folder.id} of {ref} is queued as job {job}: mlkanban runs {ref}")
