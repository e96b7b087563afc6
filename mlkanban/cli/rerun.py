"""The command that starts a run again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlkanban.cli.before_run import show
from mlkanban.cli.named_runs import named_run
from mlkanban.cli.run import start_run
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import RUN_OR_CARD, override_at_start
from mlkanban.errors import StoreProblem
from mlkanban.runs.local.commits import changes_since
from mlkanban.runs.local.rerun_command import rerun_command
from mlkanban.runs.model.run import Run
from mlkanban.runs.use_cases.card_runs import RunReport

if TYPE_CHECKING:
    from mlkanban.runs.local.folder import RunFolder


@click.command()
@click.argument("run", type=RUN_OR_CARD)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- CHANGES...]")
@click.option("--detach", is_flag=True, help="Return at once; the job keeps running.")
@click.option(
    "--queue", is_flag=True, help="Return at once; the job starts when there is a free slot."
)
@override_at_start
@pass_session
def rerun(
    session: Session, run: str, words: Sequence[str], detach: bool, queue: bool, override: str
) -> None:
    """Start a run again.

    The command, the folder and the card are the same. What changed in the code since is printed
    first. Limits, hooks and exit codes are those of `mlkanban run`; --gpus and --no-env are as they
    were.

    CHANGES are parameters: `--lr 3e-4`, `--lr=3e-4` and `lr=3e-4` all replace the value of lr where
    the command has it, in the form it has there; a parameter that the command does not have is
    appended. If no word of CHANGES names a parameter, they replace as many words at the end of the
    command. Anything that could mean two things is refused: a mix of both, a parameter that the
    command has twice, words of a script for sh -c.

    A secret in a command is not stored: such a run starts again only with the secret among CHANGES.
    """
    folder = named_run(session, run)
    start = rerun_command(folder)
    command = start.command(words)
    card = _card_of(session, folder)
    try:
        os.chdir(start.where)
    except OSError as error:
        raise StoreProblem(f"{start.where} cannot be entered: {error.strerror}.") from error
    for sentence in changes_since(folder, start.where):
        show(sentence)
    if command != start.argv:
        show(f"The command was: {shlex.join(start.argv)}")
    show(f"{'Queued' if queue else 'Running'} in {start.where}: {shlex.join(command)}")
    before = folder.start()
    start_run(
        session, card, command, detach=detach, queue=queue, override=override, target="",
        gpus=before.get("gpus"), no_env=before.get("no_env", False),
    )  # fmt: skip


def _card_of(session: Session, folder: RunFolder) -> str:
    """The card that the run belongs to now: with a duplicate, runs move to another card."""
    start = folder.start()
    report = RunReport(Run(folder.id), start.get("card", ""), start.get("card_id", ""))
    with session.service() as service:
        return service.runs.card_of(report)
