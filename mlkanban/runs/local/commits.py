"""What changed in the code between two runs, according to the person's own git."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mlkanban.errors import NotFound, StoreProblem
from mlkanban.hints import hint
from mlkanban.runs.local.code import CodeChanges, code_state
from mlkanban.runs.local.folder import RunFolder, folders_of, runs_folder
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.run_ids import ID, split_task
from mlkanban.text import display, display_lines, quantity, some

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_SECONDS = 20.0
_MOST_FILES_NAMED = 3
_MOST_DIFF_BYTES = 4_000_000
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
        kept = " ".join(f"`mlkanban diff {run} --patch`" for run in loose if _has_patch(data, run))
        more += f" See: {kept}" if kept else ""
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
        [
            _run_line(data, "from", before),
            _run_line(data, "to", after),
            "",
            changed.expandtabs().rstrip(),
        ]
    )
    return CodeDifference(old, new, display_lines(text))


def changes_since(folder: RunFolder, where: Path) -> list[str]:
    """Sentences about what changed in the code since a run was started in the folder `where`."""
    start = folder.start()
    state, then = code_state(where), start.get("commit", "")
    if not then or not state.commit:
        return ["The code is in no git repository, so nobody knows whether it changed since."]
    if then == state.commit:
        sentences = [f"The commit is the same: {then[:10]}."]
    else:
        sentences = [_commits_between(where, then, state.commit)]
    kept = folder.patch()
    now = CodeChanges(state, where).patch()
    if not start.get("dirty") and not state.changed:
        if then != state.commit:
            return sentences
        beside = ", beside files that git does not track" if state.untracked or kept else ""
        return [f"The code is the same{beside}: commit {then[:10]}."]
    if not start.get("dirty"):
        sentences.append(f"It had no uncommitted changes; now there are: {_files(state.changed)}.")
    elif not kept:
        sentences.append("It had uncommitted changes, which were not kept.")
    elif not state.changed:
        sentences.append(
            hint(
                "It had uncommitted changes, which are gone now: {diff {} --patch} | git apply",
                folder.id,
            )
        )
    elif _without_head(kept) == _without_head(now):
        sentences.append(f"The uncommitted changes are the same: {_files(state.changed)}.")
    else:
        sentences.append(
            hint(
                "The uncommitted changes are others. Those that it had: {diff {} --patch}",
                folder.id,
            )
        )
    return sentences


def _commits_between(where: Path, old: str, new: str) -> str:
    try:
        _known(where, old)
        many = _git(where, "rev-list", "--count", f"{old}..{new}").strip()
        changed = _git(where, "diff", "--no-ext-diff", "--shortstat", old, new, "--").strip()
    except (StoreProblem, NotFound) as error:
        return f"The commit was {old[:10]}, now it is {new[:10]}. {error.message}"
    return (
        f"The commit was {old[:10]}, now it is {new[:10]} "
        f"({quantity(int(many), 'commit')} ahead of it): {changed or 'no file changed'}."
    )


def _files(names: Sequence[str]) -> str:
    return ", ".join(map(display, some(names, _MOST_FILES_NAMED)))


def _without_head(patch: bytes) -> bytes:
    return b"".join(line for line in patch.splitlines(keepends=True) if not line.startswith(b"#"))


def kept_patch(data: Path, run_id: str) -> bytes:
    """The uncommitted changes that were kept with a run, as a patch for `git apply`."""
    [folder] = folders_of(data, [run_id])
    patch = folder.patch()
    if not patch:
        start = folder.start()
        if start.get("dirty"):
            raise NotFound(
                f"Run {run_id} had uncommitted changes, but they were not kept.",
                "They are kept of runs that start from now on.",
            )
        raise NotFound(f"Run {run_id} had no uncommitted changes.")
    return patch


def _has_patch(data: Path, run_id: str) -> bool:
    return any(folder.patch_file.exists() for folder in folders_of(data, [run_id]))


def _run_line(data: Path, end: str, run: Run) -> str:
    more = ", with changes besides that no commit has" if run.dirty else ""
    more += f": `mlkanban diff {run.id} --patch`" if _has_patch(data, run.id) else ""
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
    name, _ = split_task(run.id)
    if not ID.fullmatch(name):
        return None
    path = RunFolder(runs_folder(data) / name).start().get("cwd", "")
    return Path(path) if path else None


class _NoComparison(StoreProblem):
    """git failed."""


def _known(where: Path, commit: str) -> None:
    try:
        _git(where, "cat-file", "-e", f"{commit}^{{commit}}")
    except _NoComparison as error:
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
            text = printed.read(_MOST_DIFF_BYTES).decode(errors="replace")
            more = "\n... and more.\n" if printed.read(1) else ""
    except FileNotFoundError:
        raise StoreProblem("git is not installed here.") from None
    except subprocess.TimeoutExpired:
        raise StoreProblem(f"git gave no answer within {_SECONDS:g} seconds.") from None
    except OSError as error:
        raise StoreProblem(f"git cannot be asked: {error.strerror}.") from None
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip()
        raise _NoComparison(f"git failed: {display(message or str(done.returncode))}")
    return text + more
