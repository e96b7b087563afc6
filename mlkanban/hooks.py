"""Hooks: the person's own programs in `hooks/` of the config folder, told of what was done.

`on-move`, `on-block` and `on-done` get the action as JSON on standard input. They run after it was
written, never as part of it, and never through a shell; one that others could have written is not
run at all.
"""

import contextlib
import json
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mlkanban.service.happened import HOOKS, Happened

TIMEOUT = 10.0
"""Seconds after which a hook is ended."""


class Hook(NamedTuple):
    """A program of the person; `problem` says why it is not run, '' when it is."""

    name: str
    path: Path
    problem: str


def found(config: Path) -> list[Hook]:
    """The hooks there are below a config folder."""
    folder = config / "hooks"
    hooks = []
    for name in HOOKS:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            status = (folder / name).lstat()
            problem = _folders(config, folder) or _file(folder / name, status)
            hooks.append(Hook(name, folder / name, problem))
    return hooks


def _folders(config: Path, folder: Path) -> str:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return f"{folder} is not a folder"
    if status.st_uid != os.getuid():
        return f"{folder} belongs to somebody else"
    if status.st_mode & 0o077:
        return f"{folder} is open to others; chmod 700 {folder}"
    status = config.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        return f"{config} can be written by others; chmod 700 {config}"
    return ""


def _file(path: Path, status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return f"{path} is not a plain file"
    if status.st_uid != os.getuid():
        return f"{path} belongs to somebody else"
    if status.st_mode & 0o022:
        return f"{path} can be written by others; chmod 700 {path}"
    if not status.st_mode & 0o100:
        return f"{path} is not executable; chmod 700 {path}"
    return ""


def run(config: Path, happened: Iterable[Happened], timeout: float = TIMEOUT) -> list[str]:
    """Run the hooks for what happened, one after the other; a line for each that failed."""
    hooks = {hook.name: hook for hook in found(config)}
    problems = []
    for one in happened:
        if hook := hooks.get(one.hook):
            problem = hook.problem or _run(hook.path, json.dumps(one.data), timeout)
            if problem:
                problems.append(f"The hook {hook.name} did not work: {problem}.")
    return list(dict.fromkeys(problems))


def _run(path: Path, data: str, timeout: float) -> str:
    """What went wrong, or ''."""
    # A file, not a pipe: what a hook leaves running would keep a pipe open.
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                [str(path)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return f"{path}: {error.strerror}"
        try:
            process.communicate(data.encode(), timeout=timeout)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"ended after {timeout:g} seconds"
        if not process.returncode:
            return ""
        errors.seek(0)
        said = errors.read(4096).decode("utf-8", "replace").strip().splitlines()
        why = f", {said[-1][:200]}" if said else ""
        return f"exit code {process.returncode}{why}"
