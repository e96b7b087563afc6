"""Hooks: the person's own programs in `hooks/` of the config folder, told of what was done.

`on-move`, `on-block` and `on-done` get the action as JSON on standard input. They run after it was
written, never as part of it, and never through a shell; one that others could have written is not
run at all. What a hook does with mlkanban itself runs no hooks: one would call itself for ever.
"""

import contextlib
import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import NamedTuple

from mlkanban.log import logger
from mlkanban.service.hook_events import HOOKS, Happened

TIMEOUT = 10.0
"""Seconds after which a hook is ended. What it started in its process group ends with it."""
WITHIN = "MLKANBAN_WITHIN_HOOK"
"""The variable that tells a hook's own commands where they are."""
MOST_BYTES = 65_536
"""What is kept of the errors that a hook writes: the end of them."""
_REST_SECONDS = 0.5
"""For what an ended hook has written last; what left its process group may hold its errors open."""


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
    if WITHIN in os.environ:
        return []
    hooks = {hook.name: hook for hook in found(config)}
    problems = []
    for one in happened:
        if hook := hooks.get(one.hook):
            begun = monotonic()
            problem = hook.problem or _run(hook.path, json.dumps(one.data), timeout)
            seconds = monotonic() - begun
            if problem:
                problems.append(f"The hook {hook.name} did not work: {problem}.")
                logger("hook").warning("%s after %.1f s: %s", hook.name, seconds, problem)
            else:
                logger("hook").info("%s done in %.1f s", hook.name, seconds)
    return list(dict.fromkeys(problems))


def _run(path: Path, data: str, timeout: float) -> str:
    """What went wrong, or ''."""
    ours, theirs = os.pipe()
    try:
        process = subprocess.Popen(
            [str(path)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=theirs,
            start_new_session=True, env=os.environ | {WITHIN: path.name},
        )  # fmt: skip
    except OSError as error:
        os.close(ours)
        return f"{path}: {error.strerror}"
    finally:
        os.close(theirs)
    errors = bytearray()
    reader = Thread(target=_read, args=(ours, errors), daemon=True)
    reader.start()
    try:
        process.communicate(data.encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        return f"ended after {timeout:g} seconds"
    finally:
        # What it started ends with it, however it came to its end.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if not process.returncode:
        return ""
    reader.join(_REST_SECONDS)
    said = errors.decode("utf-8", "replace").strip().splitlines()
    why = f", {said[-1][:200]}" if said else ""
    return f"exit code {process.returncode}{why}"


def _read(pipe: int, errors: bytearray) -> None:
    """The end of what is written into a pipe, as long as anybody has it open."""
    with open(pipe, "rb", buffering=0) as stream:
        while chunk := stream.read(MOST_BYTES):
            errors += chunk
            del errors[:-MOST_BYTES]
