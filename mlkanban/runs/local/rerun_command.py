"""What is needed to start a run again: its command, its folder, and what changed in the code."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mlkanban.errors import NotFound, RuleRefused
from mlkanban.hints import hint
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.model.changed_command import changed_command
from mlkanban.runs.model.redaction import HIDDEN


class RerunCommand(NamedTuple):
    """A run that can be started again: its command, the folder it was started in, and whether a
    secret is missing in the command."""

    argv: list[str]
    where: Path
    hidden: bool

    def command(self, words: Sequence[str]) -> list[str]:
        """The command with other parameters. RuleRefused where a secret is missing."""
        made = changed_command(self.argv, words)
        if self.hidden and any(HIDDEN in word for word in made):
            raise RuleRefused(
                f"The command held a secret, which is not stored: {shlex.join(made)}",
                "Type it anew (--token ...), or let the program read it from the environment or a "
                "file.",
            )
        return made


def rerun_command(folder: RunFolder) -> RerunCommand:
    """What is needed to start a run again. RuleRefused where `mlkanban run` did not start it,
    NotFound where its folder is gone."""
    start = folder.start()
    argv, where = start.get("argv", []), start.get("cwd", "")
    if start.get("slurm"):
        raise RuleRefused(
            f"Run {folder.id} is a job of SLURM.",
            hint("Submit it again with {sbatch CARD}: {}", shlex.join(argv[1:])),
        )
    if start.get("adopted") or not argv or not where:
        raise RuleRefused(
            f"Run {folder.id} was not started from here: it is not known where and how.",
            hint("Start it: {run CARD}"),
        )
    if not Path(where).is_dir():
        raise NotFound(
            f"The folder {where}, in which run {folder.id} was started, is gone.",
            hint("Put it back, or start the command elsewhere: {run CARD}"),
        )
    return RerunCommand(argv, Path(where), start.get("redacted", True))
