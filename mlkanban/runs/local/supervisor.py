"""The processes between the person and the job: a supervisor in a session of its own, and below it
a shell that writes the exit status down, so that whichever of them is killed the job goes on and
its end is known.

    viewer -> (double fork) -> supervisor -> sh, in its own process group -> the job

The job writes to files, never to a pipe: a killed reader of a pipe kills the training.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mlkanban.core.timestamps import instant
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.processes import Process, group, oom_kills, process

Clock = Callable[[], datetime]
HEARTBEAT = 10.0
_LAST = 1.0
# Traps, not ignored signals: those would be ignored by the job too. A subshell sets traps back, and
# exec starts programs alone, never what is built into the shell.
_SHELL = (
    'rc=$1; shift; trap : HUP INT QUIT TERM; (exec "$@"); code=$?; umask 077;'
    ' { printf %s "$code" > "$rc.tmp" && mv "$rc.tmp" "$rc"; } 2>/dev/null; exit "$code"'
)


def launch(
    folder: RunFolder,
    start: Mapping[str, Any],
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: int | None,
    umask: int,
    clock: Clock,
) -> bool:
    """Start the job below a supervisor and return at once; returns whether it was started. `start`
    is the present contents of start.json; `stdin` is a file descriptor, None for no input."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        with _for_good(folder):
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            os.setsid()
            if os.fork():
                os._exit(0)
            os.close(read_end)
            _supervise(folder, dict(start), argv, env, stdin, umask, write_end, clock)
    os.close(write_end)
    os.waitpid(pid, 0)
    # Until the supervisor has written where the job is, or is gone.
    started = bool(os.read(read_end, 1))
    os.close(read_end)
    return started


@contextlib.contextmanager
def _for_good(folder: RunFolder) -> Any:
    """In a forked process nothing of this program may go on, so its errors end here: they are
    written where the job's own are, which is all that is left to tell of them."""
    try:
        yield
    except BaseException as error:
        folder.note(f"mlkanban: the run cannot be watched over: {error!r}")
    finally:
        os._exit(70)


def _supervise(
    folder: RunFolder,
    start: dict[str, Any],
    argv: Sequence[str],
    env: Mapping[str, str],
    stdin: int | None,
    umask: int,
    ready: int,
    clock: Clock,
) -> None:
    # Blocked, so that it can be waited for together with the time of the next heartbeat.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    nothing = os.open(os.devnull, os.O_RDWR)
    source = nothing if stdin is None else os.dup(stdin)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    kills = oom_kills()
    go_read, go = os.pipe()
    shell = os.fork()
    if shell == 0:
        with _for_good(folder):
            os.close(go)
            _become_shell(folder, argv, env, source, umask, go_read)
    os.close(go_read)
    with contextlib.suppress(OSError):
        os.setpgid(shell, shell)  # by both, so that it is so for both
    if source != nothing:
        os.close(source)
    if stdin is not None and stdin > 2:
        os.close(stdin)
    leader = process(shell)
    start |= {
        "supervisor": process(os.getpid())._asdict(),
        "child": leader._asdict(),
        "session": os.getsid(0),
    }
    # A job that nobody could find again is not started: without this it would end at `go`.
    folder.write_start(start)
    os.write(go, b"!")
    os.close(go)
    os.write(ready, b"!")
    os.close(ready)
    code = _watch(folder, leader, start)
    _keep(folder, start)
    with contextlib.suppress(OSError):
        folder.write_end(
            {
                "exit": code,
                "ended": instant(clock()),
                "oom": oom_kills() > kills,
            }
        )
    os._exit(0)


def _become_shell(
    folder: RunFolder,
    argv: Sequence[str],
    env: Mapping[str, str],
    source: int,
    umask: int,
    go: int,
) -> None:
    os.setpgid(0, 0)
    out, err = (os.open(log, os.O_WRONLY | os.O_APPEND) for log in (folder.out, folder.err))
    for have, wanted in ((source, 0), (out, 1), (err, 2)):
        os.dup2(have, wanted)
    os.umask(umask)
    for number in (
        signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGPIPE,
        signal.SIGXFSZ,
    ):  # fmt: skip
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    if os.read(go, 1):
        words = ["sh", "-c", _SHELL, "mlkanban run", str(folder.rc_file), *argv]
        os.execve("/bin/sh", words, dict(env))


def _keep(folder: RunFolder, start: Mapping[str, Any]) -> None:
    """Record a sign of life. A job may have removed the folder of its own run, without which its
    end would be lost: the folder is created again."""
    folder.beat()
    if folder.path.is_dir():
        return
    with contextlib.suppress(OSError):
        folder.make()
        folder.write_start(start)
        folder.note(
            "mlkanban: the folder of this run was removed, with all it wrote and its values"
        )


def _watch(folder: RunFolder, leader: Process, start: Mapping[str, Any]) -> int | None:
    """Wait for the job to end; its exit status, None when the shell around it was killed."""
    while True:
        signal.sigtimedwait({signal.SIGCHLD}, HEARTBEAT)
        done, status = os.waitpid(leader.pid, os.WNOHANG)
        _keep(folder, start)
        if done:
            break
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    if folder.rc() is None:
        # Killed without the job: that goes on, so it is waited for.
        _until(lambda: not group(leader, os.getsid(0)), folder)
    return folder.rc()


def _until(over: Callable[[], bool], folder: RunFolder) -> None:
    while not over():
        signal.sigtimedwait({signal.SIGCHLD}, _LAST)
        folder.beat()
