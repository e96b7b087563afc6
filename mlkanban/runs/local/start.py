"""Start a run: its record, its folder, and the environment of its job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mlkanban.core.timestamps import instant
from mlkanban.errors import StoreProblem
from mlkanban.paths import working_folder
from mlkanban.runs.local.folder import RunFolder, new_id, runs_folder, tail
from mlkanban.runs.local.processes import here
from mlkanban.runs.local.supervisor import Clock, launch
from mlkanban.runs.model.redaction import redacted
from mlkanban.runs.model.tracker_run import CARD_TAG, RUN_TAG

KEPT_VARIABLES = ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID")
"""All that is kept of the environment."""
_GIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run to be started.

    `card_id` and `label`, by which the job names its card, are '' where the store could not be
    read; `aim` is the target for the card's metric (`val_auc>=0.92`), '' to leave it alone.
    """

    card: str
    card_id: str
    argv: Sequence[str]
    person: str
    gpus: int | None = None
    force: str = ""
    show_card_to_job: bool = True
    aim: str = ""
    label: str = ""


class FolderProblem(StoreProblem):
    """The folder of a run cannot be created."""


def plan(data: Path, wanted: Wanted, now: datetime) -> tuple[RunFolder, dict[str, Any]]:
    """The folder of a new run, which does not exist yet, and the first contents of its
    start.json."""
    commit, dirty = git_state()
    folder = RunFolder(runs_folder(data) / new_id(now))
    return folder, {
        "id": folder.id,
        "card": wanted.card,
        "card_id": wanted.card_id,
        "argv": redacted(wanted.argv),
        "cwd": str(working_folder()),
        "person": wanted.person,
        "made": instant(now),
        "started": instant(now),
        "commit": commit,
        "dirty": dirty,
        "folder": source_folder(commit),
        "gpus": wanted.gpus,
        "force": wanted.force,
        "aim": wanted.aim,
        "environment": {n: os.environ[n] for n in KEPT_VARIABLES if n in os.environ},
        **asdict(here()),
    }


def make(folder: RunFolder, start: Mapping[str, Any]) -> None:
    """Create the folder of a run, completely or not at all."""
    try:
        folder.make()
        try:
            folder.write_start(start)
        except OSError:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
    except OSError as error:
        raise FolderProblem(
            f"The folder of the run cannot be made: {error.strerror} ({folder.path}).",
            "Make room there, or use another place with --home. The job was not started.",
        ) from error


def prepare(
    data: Path, wanted: Wanted, now: datetime, **more: Any
) -> tuple[RunFolder, dict[str, Any]]:
    """The folder of a new run, and the present contents of its start.json, with `more`."""
    folder, start = plan(data, wanted, now)
    start |= more
    make(folder, start)
    return folder, start


def begin(
    folder: RunFolder,
    start: Mapping[str, Any],
    wanted: Wanted,
    *,
    detach: bool,
    umask: int,
    clock: Clock,
) -> None:
    """Start the job. It reads this process's stdin, unless that is a terminal or to be left
    alone."""
    env = dict(os.environ)
    if wanted.show_card_to_job:
        env = for_job(env, wanted.label or wanted.card, folder)
    reads = not detach and sys.__stdin__ is not None and not os.isatty(0)
    stdin = 0 if reads else None
    if not launch(folder, start, wanted.argv, env, stdin=stdin, umask=umask, clock=clock):
        error_text = tail(folder.err).strip()
        shutil.rmtree(folder.path, ignore_errors=True)
        raise StoreProblem(
            f"The job was not started: where it runs could not be written to {folder.path}.",
            f"{error_text} Make room there, or use another place with --home.".lstrip(),
        )


def git_state() -> tuple[str, bool]:
    """The commit that is checked out here, and whether files differ from it; ('', False) outside a
    repository."""
    commit = _git("rev-parse", "HEAD")
    return commit, bool(commit and _git("status", "--porcelain", "--untracked-files=no"))


def source_folder(commit: str) -> str:
    """The path of this folder within its repository, '' at the top; outside a repository the
    absolute path."""
    return _git("rev-parse", "--show-prefix").rstrip("/") if commit else str(working_folder())


def git_branch() -> str:
    """The branch that is checked out here; '' when there is none."""
    return _git("symbolic-ref", "--short", "HEAD")


def _git(*args: str) -> str:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *args],
            capture_output=True, stdin=subprocess.DEVNULL, timeout=_GIT_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def for_job(environ: Mapping[str, str], card: str, folder: RunFolder) -> dict[str, str]:
    """`environ` for the job: with the card's label, the run, the path of its metrics file, and
    variables that link trackers to the card without a line of code.

    MLflow takes tags from MLFLOW_RUN_CONTEXT, Weights & Biases from WANDB_TAGS.
    """
    made = dict(environ)
    made |= {"MLKANBAN_CARD": card, "MLKANBAN_RUN": folder.id}
    made["MLKANBAN_METRICS"] = str(folder.metrics_file)
    made["MLFLOW_RUN_CONTEXT"] = _context(environ.get("MLFLOW_RUN_CONTEXT", ""), card, folder.id)
    tags = (environ.get("WANDB_TAGS", ""), f"{CARD_TAG}:{card}", f"{RUN_TAG}:{folder.id}")
    made["WANDB_TAGS"] = ",".join(filter(None, tags))
    if not environ.get("WANDB_RUN_GROUP"):
        made["WANDB_RUN_GROUP"] = card
    if "PYTHONUNBUFFERED" not in environ:
        made["PYTHONUNBUFFERED"] = "1"
    return made


def _context(typed: str, card: str, run: str) -> str:
    """MLFLOW_RUN_CONTEXT with the card's tags; a value that is no JSON object stays as it is."""
    try:
        context = json.loads(typed) if typed.strip() else {}
    except ValueError:
        return typed
    if not isinstance(context, dict):
        return typed
    return json.dumps({**context, CARD_TAG: card, RUN_TAG: run})
