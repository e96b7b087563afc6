"""Hooks: the person's own programs in `hooks/` of the config folder, called after an action.

`on-move`, `on-block`, `on-done`, `on-run-end` and `on-alert` get the action as JSON on standard
input. They run after it was written, never as part of it, and never through a shell; a hook that
others could have written is not run at all. What a hook does with mlkanban runs no hooks: a hook
would call itself forever.
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
from mlkanban.service.hook_events import HOOKS, HookEvent

TIMEOUT = 10.0
"""Seconds after which a hook is ended, together with everything in its process group."""
WITHIN = "MLKANBAN_WITHIN_HOOK"
"""The environment variable that tells commands that they run inside a hook."""
MOST_BYTES = 65_536
"""Bytes kept of a hook's stderr: the end of it."""
_REST_SECONDS = 0.5
"""Seconds to wait for the last output of an ended hook; a program that left its process group may
hold its stderr open."""


class Hook(NamedTuple):
    """A program of the person; `problem` says why it is not run, '' when it is."""

    name: str
    path: Path
    problem: str


def find_hooks(config: Path) -> list[Hook]:
    """The hooks below a config folder."""
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


def run(config: Path, events: Iterable[HookEvent], timeout: float = TIMEOUT) -> list[str]:
    """Run the hooks for these events, one after the other; returns a line for each that failed."""
    if WITHIN in os.environ:
        return []
    hooks = {hook.name: hook for hook in find_hooks(config)}
    problems = []
    for event in events:
        if hook := hooks.get(event.hook):
            begun = monotonic()
            problem = hook.problem or _run(hook.path, json.dumps(event.data), timeout)
            seconds = monotonic() - begun
            if problem:
                problems.append(f"The hook {hook.name} did not work: {problem}.")
                logger("hook").warning("%s after %.1f s: %s", hook.name, seconds, problem)
            else:
                logger("hook").info("%s done in %.1f s", hook.name, seconds)
    return list(dict.fromkeys(problems))


def _run(path: Path, data: str, timeout: float) -> str:
    """Run a hook; returns what went wrong, or ''."""
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
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    why = f", {lines[-1][:200]}" if lines else ""
    return f"exit code {process.returncode}{why}"


def _read(pipe: int, errors: bytearray) -> None:
    """Read the end of what is written into a pipe, as long as anybody has it open."""
    with open(pipe, "rb", buffering=0) as stream:
        while chunk := stream.read(MOST_BYTES):
            errors += chunk
            del errors[:-MOST_BYTES]
