"""Start a run: its record, its folder, the environment of its job, and the processes between the
person and the job: a supervisor in a session of its own, and below it a shell that writes the exit
status down, so that whichever of them is killed the job goes on and its end is known.

    viewer -> (double fork) -> supervisor -> sh, in its own process group -> the job

The job writes to files, never to a pipe: a killed reader of a pipe kills the training.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from mlkanban.core.timestamps import instant
from mlkanban.errors import StoreProblem
from mlkanban.machine import machine
from mlkanban.paths import working_folder
from mlkanban.records import record
from mlkanban.runs.local.code import CodeState, code_state
from mlkanban.runs.local.folder import RunFolder, new_id, queue_folder, runs_folder, tail
from mlkanban.runs.local.processes import oom_kills, process, where
from mlkanban.runs.model.records import StartRecord
from mlkanban.runs.model.redaction import redacted
from mlkanban.runs.model.tracker_run import CARD_TAG, RUN_TAG

Clock = Callable[[], datetime]
KEPT_VARIABLES = ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID")
"""All that is kept of the environment."""
# Traps, not ignored signals: those would be ignored by the job too. A subshell sets traps back, and
# exec starts programs alone, never what is built into the shell.
_SHELL = (
    'rc=$1; shift; trap : HUP INT QUIT TERM; (exec "$@") {status}>&-; code=$?; umask 077;'
    " PATH=${{PATH:+$PATH:}}/usr/bin:/bin;"
    ' {{ printf %s "$code" > "$rc.tmp" && mv "$rc.tmp" "$rc" || rm -f "$rc.tmp"; }} 2>/dev/null;'
    ' echo "$code" >&{status}; exit "$code"'
)
_SUPERVISOR = Path(__file__).with_name("supervisor.sh")
_FIRST, _MOST_FILES = 3, 4096
"""The first descriptor that a shell script is given beside the standard ones; how many may be
open."""


@record(frozen=True, slots=True)
class Wanted:
    """A run to be started.

    `card_id` and `label`, by which the job names its card, are '' where the store could not be
    read; `target` is the one for the card's metric (`val_auc>=0.92`), '' to leave it alone; `code`
    is that of the working folder, read where it is not given.
    """

    card: str
    card_id: str
    argv: Sequence[str]
    person: str
    gpus: int | None = None
    force: str = ""
    show_card_to_job: bool = True
    target: str = ""
    label: str = ""
    code: CodeState | None = None


class FolderProblem(StoreProblem):
    """The folder of a run cannot be created."""


def plan(data: Path, wanted: Wanted, now: datetime) -> tuple[RunFolder, StartRecord]:
    """The folder of a new run, which does not exist yet, and the first contents of its
    start.json."""
    code = wanted.code or code_state()
    folder = RunFolder(runs_folder(data) / new_id(now))
    argv = redacted(wanted.argv)
    return folder, {
        "id": folder.id,
        "card": wanted.card,
        "card_id": wanted.card_id,
        "label": wanted.label,
        "argv": argv,
        "redacted": argv != list(wanted.argv),
        "cwd": str(working_folder()),
        "person": wanted.person,
        "made": instant(now),
        "started": instant(now),
        **recorded(code),
        "gpus": wanted.gpus,
        "no_env": not wanted.show_card_to_job,
        "force": wanted.force,
        "aim": wanted.target,
        "environment": {n: os.environ[n] for n in KEPT_VARIABLES if n in os.environ},
        **where(),
    }


def recorded(code: CodeState) -> StartRecord:
    """What start.json has of the code that a run is started with."""
    return {"commit": code.commit, "dirty": bool(code.changed), "folder": code.folder}


def make(folder: RunFolder, start: StartRecord) -> None:
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


def begin(
    folder: RunFolder,
    start: StartRecord,
    wanted: Wanted,
    *,
    detach: bool,
    umask: int,
) -> None:
    """Start the job. It reads this process's stdin, unless that is a terminal or to be left
    alone."""
    env = dict(os.environ)
    if wanted.show_card_to_job:
        env = for_job(env, wanted.label or wanted.card, folder)
    reads = not detach and sys.__stdin__ is not None and not os.isatty(0)
    stdin = 0 if reads else None
    if not launch(folder, start, wanted.argv, env, stdin=stdin, umask=umask):
        error_text = tail(folder.err).strip()
        shutil.rmtree(folder.path, ignore_errors=True)
        raise StoreProblem(
            f"The job was not started: where it runs could not be written to {folder.path}.",
            f"{error_text} Make room there, or use another place with --home.".lstrip(),
        )


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


def launch(
    folder: RunFolder,
    start: StartRecord,
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: int | None,
    umask: int,
) -> bool:
    """Start the job below a supervisor and return at once; returns whether it was started. `start`
    is the present contents of start.json; `stdin` is a file descriptor, None for no input."""
    return leave_behind(
        folder, lambda ready: _supervise(folder, start, argv, env, stdin, umask, ready)
    )


def leave_behind(folder: RunFolder, work: Callable[[int], object]) -> bool:
    """Do some work in a process that outlives this one and its terminal. Returns whether it wrote a
    byte to the descriptor that it is given, once it has, or is gone."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        with _error_kept_in(folder):
            _leave_the_terminal()
            if os.fork():
                os._exit(0)
            os.close(read_end)
            work(write_end)
    os.close(write_end)
    os.waitpid(pid, 0)
    is_ready = bool(os.read(read_end, 1))
    os.close(read_end)
    return is_ready


@contextlib.contextmanager
def _error_kept_in(folder: RunFolder) -> Iterator[None]:
    """In a forked process nothing of this program may go on, so its errors end here: they are
    written where the job's own are, which is all that is left to tell of them."""
    try:
        yield
    except BaseException as error:
        folder.note(f"mlkanban: the run cannot be watched over: {error!r}")
    finally:
        os._exit(70)


def _leave_the_terminal() -> None:
    """Give a forked process a session of its own, which outlives the terminal."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.setsid()


def _supervise(
    folder: RunFolder,
    start: StartRecord,
    argv: Sequence[str],
    env: Mapping[str, str],
    stdin: int | None,
    umask: int,
    ready: int,
) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    source = nothing if stdin is None else os.dup(stdin)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    counters = machine().oom_counters()
    kills = oom_kills(counters)
    go_read, go = os.pipe()
    status, status_write = os.pipe()
    shell = os.fork()
    if shell == 0:
        with _error_kept_in(folder):
            os.close(go)
            _become_shell(folder, argv, env, source, umask, go_read, status_write)
    os.close(go_read)
    os.close(status_write)
    with contextlib.suppress(OSError):
        os.setpgid(shell, shell)  # by both, so that it is so for both
    leader, session = process(shell), os.getsid(0)
    started: StartRecord = {
        **start,
        "supervisor": process(os.getpid()).to_record(),
        "child": leader.to_record(),
        "session": session,
    }
    # A job that nobody could find again, or would watch over, is not started: without this, and
    # until the script writes to `go`, it would end there.
    folder.write_start(started)
    record = os.open(folder.start_file, os.O_RDONLY)
    queue = queue_folder(folder.path.parent.parent)
    words = [
        str(folder.path), str(shell), str(session), sys.executable, str(queue), str(kills),
        *map(str, counters),
    ]  # fmt: skip
    become_script(_SUPERVISOR, words, own_environment(os.environ), (status, record, go, ready))


def _become_shell(
    folder: RunFolder,
    argv: Sequence[str],
    env: Mapping[str, str],
    source: int,
    umask: int,
    go: int,
    status: int,
) -> None:
    os.setpgid(0, 0)
    out, err = (os.open(log, os.O_WRONLY | os.O_APPEND) for log in (folder.out, folder.err))
    for have, wanted in ((source, 0), (out, 1), (err, 2)):
        os.dup2(have, wanted)
    os.umask(umask)
    _reset_signals(signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
    if os.read(go, 1):
        free = next(filter(_is_free, range(9, 2, -1)), 9)
        os.dup2(status, free)
        os.set_inheritable(free, True)  # it may have been there already
        script = _SHELL.format(status=free)
        words = ["sh", "-c", script, "mlkanban run", str(folder.rc_file), *argv]
        os.execve("/bin/sh", words, dict(env))


def _is_free(descriptor: int) -> bool:
    """Whether the job gets no file of the person's on this descriptor."""
    try:
        return not os.get_inheritable(descriptor)
    except OSError:
        return True


def _reset_signals(*numbers: int) -> None:
    """Python ignores some signals, which a program that replaces it would inherit."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGUSR1, signal.SIGCHLD, *numbers):
        signal.signal(number, signal.SIG_DFL)


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a process of ours that outlives this one: where a job starts another run, the
    new one's supervisor is none of the processes that the first has left behind."""
    return {name: value for name, value in environ.items() if name != "MLKANBAN_RUN"}


def become_script(
    script: Path, words: Sequence[str], env: Mapping[str, str], files: Sequence[int] = ()
) -> None:
    """Become a shell that executes a script of this package, with these files from descriptor 3 on
    and no others but for the standard ones."""
    after = _FIRST + len(files)
    high = [fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, after) for file in files]
    for at, file in enumerate(high, _FIRST):
        os.dup2(file, at)
    os.closerange(after, _MOST_FILES)
    _reset_signals()
    os.execve("/bin/sh", ["sh", str(script), *words], dict(env))
