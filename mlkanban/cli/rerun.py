"""The command that starts a run again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mlkanban.cli.before_run import show
from mlkanban.cli.runs import folder_of, start_run
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import RUN, override_at_start
from mlkanban.errors import NotFound, RuleRefused
from mlkanban.runs.local.commits import changes_since
from mlkanban.runs.model.changed_command import changed_command
from mlkanban.runs.model.redaction import HIDDEN
from mlkanban.runs.model.run import Run
from mlkanban.runs.use_cases.card_runs import RunReport

if TYPE_CHECKING:
    from mlkanban.runs.local.folder import RunFolder


@click.command()
@click.argument("run", type=RUN)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- CHANGES...]")
@click.option("--detach", is_flag=True, help="Return at once; the job keeps running.")
@override_at_start
@pass_session
def rerun(session: Session, run: str, words: Sequence[str], detach: bool, override: str) -> None:
    """Start a run again: the same command in the same folder for the same card.

    What changed in the code since is printed first. Limits, hooks and exit codes are those of
    `mlkanban run`; --gpus and --no-env are as they were.

    CHANGES are parameters: `--lr 3e-4`, `--lr=3e-4` and `lr=3e-4` all replace the value of lr where
    the command has it, in the form it has there; a parameter that the command does not have is
    appended. If no word of CHANGES names a parameter, they replace as many words at the end of the
    command. Anything that could mean two things is refused: a mix of both, a parameter that the
    command has twice, words of a script for sh -c.

    A secret in a command is not stored: such a run starts again only with the secret among CHANGES.
    """
    folder = folder_of(session, run)
    start = folder.start()
    argv, where = _command(folder, start)
    command = changed_command(argv, words)
    _refuse_hidden(folder, start, command)
    card = _card_of(session, folder, start)
    try:
        os.chdir(where)
    except OSError as error:
        raise NotFound(
            f"The folder {where} in which run {folder.id} was started: {error.strerror}.",
            "Put it back, or start the command elsewhere: mlkanban run CARD -- COMMAND",
        ) from error
    for sentence in changes_since(folder, start):
        show(sentence)
    if command != argv:
        show(f"The command was: {shlex.join(argv)}")
    show(f"Running in {where}: {shlex.join(command)}")
    gpus = start.get("gpus")
    start_run(
        session, card, command, detach=detach, override=override, aim="",
        gpus=gpus if isinstance(gpus, int) else None, no_env=bool(start.get("no_env")),
    )  # fmt: skip


def _command(folder: RunFolder, start: dict[str, Any]) -> tuple[list[str], str]:
    """The command of a run and where it was started."""
    argv, where = [str(word) for word in start.get("argv") or ()], str(start.get("cwd", ""))
    if start.get("slurm"):
        raise RuleRefused(
            f"Run {folder.id} is a job of SLURM.",
            f"Submit it again: mlkanban sbatch {start.get('card', 'CARD')} -- "
            f"{shlex.join(argv[1:])}",
        )
    if start.get("adopted") or not argv or not where:
        raise RuleRefused(
            f"Run {folder.id} was not started by mlkanban: it is not known where and how.",
            "Start it: mlkanban run CARD -- COMMAND",
        )
    return argv, where


def _refuse_hidden(folder: RunFolder, start: dict[str, Any], command: Sequence[str]) -> None:
    if start.get("redacted", True) and any(HIDDEN in word for word in command):
        raise RuleRefused(
            f"The command of run {folder.id} held a secret, which is not stored: "
            f"{shlex.join(command)}",
            "Give it again (mlkanban rerun RUN -- --token ...), or let the program read it from "
            "the environment or a file.",
        )


def _card_of(session: Session, folder: RunFolder, start: dict[str, Any]) -> str:
    """The card that the run belongs to now: with a duplicate, runs move to another card."""
    report = RunReport(Run(folder.id), str(start.get("card", "")), str(start.get("card_id", "")))
    with session.service() as service:
        return service.runs.card_of(report)
