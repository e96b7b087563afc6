"""What changed in the code between two runs, according to the person's own git."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from mlkanban.errors import NotFound, StoreProblem
from mlkanban.runs.local.folder import ID, RunFolder, runs_folder
from mlkanban.runs.model.run import Run
from mlkanban.text import display, display_lines

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_SECONDS = 20.0
_MOST = 4_000_000
"""Bytes of a difference."""


class CodeDifference(NamedTuple):
    """The commits of two runs, and the changes from the first to the second: remarks, a count by
    file, then the lines. Safe to display."""

    before: str
    after: str
    text: str


def difference(data: Path, before: Run, after: Run) -> CodeDifference:
    """The changes in the code from one run to another, both of one card."""
    old, new = _commit(before), _commit(after)
    if old == new:
        loose = [run.id for run in (before, after) if run.dirty]
        more = f" {' and '.join(loose)} had changes besides, which no commit has." if loose else ""
        return CodeDifference(old, new, display(f"Both ran commit {old[:10]}.{more}"))
    where = _folder(data, after) or _folder(data, before)
    if where is None:
        raise NotFound(
            f"Neither {display(before.id)} nor {display(after.id)} was started here.",
            "Compare them on the machine that has their code.",
        )
    for commit in (old, new):
        _known(where, commit)
    shown = ("--no-color", "--no-ext-diff", "--stat", "--patch")
    changed = _git(where, "diff", *shown, old, new, "--")
    text = "\n".join(
        [_run_line("from", before), _run_line("to", after), "", changed.expandtabs().rstrip()]
    )
    return CodeDifference(old, new, display_lines(text))


def _run_line(end: str, run: Run) -> str:
    more = ", with changes besides that no commit has" if run.dirty else ""
    return f"{end:<5} {run.commit[:10]}  {run.id}{more}"


def _commit(run: Run) -> str:
    if not run.commit:
        raise NotFound(
            f"No commit is known of {display(run.id)}.",
            "Runs keep it when they are started in a git repository.",
        )
    # It may come from another machine, and no option of git is a commit.
    if not _COMMIT.fullmatch(run.commit):
        raise NotFound(f"{display(run.commit)} is no commit of git.")
    return run.commit


def _folder(data: Path, run: Run) -> Path | None:
    """The folder that a run was started in, if that was on this machine."""
    if not ID.fullmatch(run.id):
        return None
    path = str(RunFolder(runs_folder(data) / run.id).start().get("cwd", ""))
    return Path(path) if path else None


class _Refused(StoreProblem):
    """git failed."""


def _known(where: Path, commit: str) -> None:
    try:
        _git(where, "cat-file", "-e", f"{commit}^{{commit}}")
    except _Refused as error:
        if "not a git repository" in str(error):
            raise NotFound(f"{display(str(where))} is in no git repository any more.") from None
        if "cannot change to" in str(error):
            raise NotFound(f"The folder {display(str(where))} where it ran is no more.") from None
        raise NotFound(
            f"Commit {commit[:10]} is not in the repository of {display(str(where))}.",
            "Fetch it there; it may also be gone after a rebase.",
        ) from None


def _git(where: Path, *args: str) -> str:
    """The output of git, up to a limit. git asks no question and fetches nothing."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        with tempfile.TemporaryFile() as printed:
            done = subprocess.run(
                ["git", "--no-optional-locks", "-C", str(where), *args],
                stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.PIPE, env=env,
                timeout=_SECONDS, check=False,
            )  # fmt: skip
            printed.seek(0)
            text = printed.read(_MOST).decode(errors="replace")
            more = "\n... and more.\n" if printed.read(1) else ""
    except FileNotFoundError:
        raise StoreProblem("git is not installed here.") from None
    except subprocess.TimeoutExpired:
        raise StoreProblem(f"git gave no answer within {_SECONDS:g} seconds.") from None
    except OSError as error:
        raise StoreProblem(f"git cannot be asked: {error.strerror}.") from None
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip()
        raise _Refused(f"git failed: {display(message or str(done.returncode))}")
    return text + more
