"""The code that a run is started with: its commit, and what no commit has.

Uncommitted changes are kept with the run as a patch, without secrets, so that the run can be
repeated.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mlkanban.files import write_whole
from mlkanban.paths import working_folder
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.model.redaction import redacted_text
from mlkanban.runs.model.safe_patch import SafePatch, safe_patch
from mlkanban.text import display

MOST_BYTES = 1_000_000
"""Of a patch; files that do not fit are named in it instead."""
_MOST_READ = 16_000_000
_MOST_NAMED = 50
_SECONDS, _SECONDS_FOR_UNTRACKED = 5.0, 2.0
_BINARY = re.compile(rb"^Binary files .* differ$", re.MULTILINE)
_DIFF = (
    "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-relative",
    "--unified=3", "--inter-hunk-context=0", "--submodule=short", "--src-prefix=a/",
    "--dst-prefix=b/", "HEAD",
)  # fmt: skip
"""A patch that `git apply` takes, whatever the settings of the person."""
_FILE = re.compile(rb"^diff --git ", re.MULTILINE)


class CodeState(NamedTuple):
    """What is checked out in a folder: the commit ('' outside a repository), the path of the folder
    within the repository ('' at the top), the files that differ from the commit, and those that git
    does not track."""

    commit: str = ""
    prefix: str = ""
    changed: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The path of the folder within its repository; outside one the absolute path."""
        return self.prefix if self.commit else str(working_folder())


def code_state(where: Path | None = None) -> CodeState:
    """The state of the code in a folder, the working folder where none is given; empty where git
    does not answer in time."""
    place = _git("rev-parse", "HEAD", "--show-prefix", where=where)
    if place is None:
        return CodeState()
    commit, _, prefix = place.decode(errors="replace").partition("\n")
    changed: list[str] = []
    untracked: list[str] = []
    asked = ("status", "--porcelain", "-z", "--no-renames")
    status = _git(*asked, where=where, seconds=_SECONDS_FOR_UNTRACKED)
    if status is None:  # to look through many files that are not tracked takes long
        status = _git(*asked, "--untracked-files=no", where=where) or b""
    for entry in status.decode(errors="replace").split("\0"):
        if entry:
            (untracked if entry.startswith("??") else changed).append(entry[3:])
    return CodeState(commit, prefix.strip("\n").rstrip("/"), tuple(changed), tuple(untracked))


def git_branch() -> str:
    """The branch that is checked out here; '' when there is none."""
    return (_git("symbolic-ref", "--short", "HEAD") or b"").decode(errors="replace").strip()


class CodeChanges:
    """What no commit has in a folder with code in this state, as it was when this was made. To hide
    the secrets in a large patch takes a second, so it is done apart, when the job runs already."""

    def __init__(self, state: CodeState, where: Path | None = None) -> None:
        self.state = state
        self._whole = b""
        if state.changed:
            self._whole = _git(*_DIFF, where=where) or b""

    def patch(self) -> bytes:
        """The changes as a patch for `git apply`, with a head that names what it does not hold; b''
        where there are none. Secrets are hidden."""
        state = self.state
        if not (state.changed or state.untracked):
            return b""
        kept, left_out, beside_secrets, room = [], [], [], MOST_BYTES
        for name, part in _files(self._whole):
            safe = safe_patch(part) if part and len(part) <= room else SafePatch(b"")
            if safe.patch and len(safe.patch) <= room:
                kept.append(safe.patch)
                room -= len(safe.patch)
                lines = ", ".join(map(str, safe.left_out))
                beside_secrets += [f"{name} (line {lines})"] if lines else []
            elif safe.left_out:
                beside_secrets.append(name)
            else:
                left_out.append(name)
        if state.changed and not self._whole:
            left_out = list(state.changed)
        head = [
            f"# Changes that commit {state.commit} does not have, without secrets (***).",
            *_named("Left out, binary, too large or not read", left_out),
            *_named("Left out, beside secrets", beside_secrets),
            *_named("Not tracked by git, not in this patch", state.untracked),
        ]
        return "".join(f"{line}\n" for line in head).encode(errors="replace") + b"".join(kept)

    def keep(self, folder: RunFolder) -> None:
        """Keep the patch with a run, which goes on without it where that cannot be."""
        with suppress(OSError):
            if patch := self.patch():
                write_whole(folder.patch_file, patch)


def _files(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts of a patch, one for each file, by the name of the file; b'' for what cannot be
    applied: binary files, and the last one of a patch that was cut off."""
    starts = [match.start() for match in _FILE.finditer(whole)]
    for start, end in pairwise([*starts, len(whole)]):
        part = whole[start:end]
        line = part.partition(b"\n")[0].decode(errors="replace")
        cut = len(whole) >= _MOST_READ and end == len(whole)
        useless = cut or (_BINARY.search(part) and b"\n@@ " not in part)
        yield line.rpartition(" b/")[2].rstrip('"'), b"" if useless else part


def _named(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    shown = ", ".join(redacted_text(display(name)) for name in names[:_MOST_NAMED])
    return [f"# {what}: {shown}{more}"]


def _git(*args: str, where: Path | None = None, seconds: float = _SECONDS) -> bytes | None:
    """The output of git, up to a limit; None where it fails or takes too long."""
    try:
        with tempfile.TemporaryFile() as printed:
            done = subprocess.run(
                ["git", "--no-optional-locks", *args],
                stdout=printed, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                timeout=seconds, check=False, cwd=where, env=os.environ | {"LC_ALL": "C"},
            )  # fmt: skip
            printed.seek(0)
            return printed.read(_MOST_READ) if done.returncode == 0 else None
    except (OSError, subprocess.SubprocessError):
        return None
