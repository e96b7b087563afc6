"""What a person sees of a run: its output as it comes, and ^C handed on to the job.

The viewer is not needed: killed or hung up on, it leaves the job running.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import FrameType

from mlkanban.core.timestamps import instant
from mlkanban.files import open_plain
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.inspect import judged
from mlkanban.runs.local.processes import Process, alive, group, here, scope_in, send
from mlkanban.runs.local.start import Clock
from mlkanban.runs.model.records import StartRecord
from mlkanban.runs.model.state import Judgement, RunState
from mlkanban.streams import write_all

TWICE_WITHIN_SECONDS = 5.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.005, 0.05
_JUDGE_SECONDS = 1.0
_CHUNK_BYTES = 1 << 16


class Viewer:
    """Follows one run. Signals are noted from `listen` on, so that none is lost at the start."""

    def __init__(self, folder: RunFolder, person: str, clock: Clock) -> None:
        self._folder = folder
        self._person = person
        self._clock = clock
        self._arrived: list[int] = []
        self._interrupted = float("-inf")
        self._begun: StartRecord = {}

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, _: FrameType | None) -> None:
        self._arrived.append(number)

    def follow(self, show: Callable[[str], None]) -> Judgement | None:
        """Copy the output to this terminal until the run has ended; None when the terminal went
        away, or nobody reads on: the run goes on without a viewer."""
        try:
            with open_plain(self._folder.out) as out, open_plain(self._folder.err) as err:
                pairs = ((out, 1), (err, 2))
                looked, pause = 0.0, _FIRST_PAUSE_SECONDS
                # A job can remove the folder of its run.
                self._begun = self._folder.start()
                while True:
                    while self._arrived:
                        if not self._hand_on(self._arrived.pop(0), show):
                            return None
                    # Judged before the rest is copied: what was written before the end is there.
                    end: Judgement | None = None
                    if self._folder.end() or time.monotonic() - looked > _JUDGE_SECONDS:
                        looked = time.monotonic()
                        start = self._folder.start() or self._begun
                        judgement = judged(self._folder, start, here(), self._clock())
                        end = judgement if judgement.state.ended else None
                    copied = 0
                    for source, target in pairs:
                        while chunk := source.read(_CHUNK_BYTES):
                            copied += len(chunk)
                            write_all(target, chunk)
                    if end is not None:
                        return end
                    if not copied:
                        time.sleep(pause)
                        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        except (BrokenPipeError, ConnectionError):
            return None
        except OSError as error:
            show(f"The output cannot be shown any more ({error.strerror}); the run goes on.")
            return None

    def _hand_on(self, number: int, show: Callable[[str], None]) -> bool:
        """Give a signal to the job; False when it means that the person is gone."""
        if number == signal.SIGHUP:
            return False
        again = time.monotonic() - self._interrupted <= TWICE_WITHIN_SECONDS
        if number == signal.SIGTERM or again:
            wanted = signal.SIGTERM
        else:
            wanted = signal.SIGINT
            self._interrupted = time.monotonic()
            show("Asked the job to stop (SIGINT). ^C again within 5 s sends SIGTERM.")
        ask_to_stop(self._folder, self._person, wanted, self._clock(), self._begun)
        return True


def ask_to_stop(
    folder: RunFolder,
    person: str,
    number: int,
    at: datetime,
    begun: StartRecord | None = None,
) -> bool:
    """Signal the job, and keep who did it and when; False when nothing of it runs here. `begun` is
    what was known of a run whose folder may be gone."""
    start = folder.start() or begun or {}
    target = job_of(folder, start)
    if target is None:
        return False
    if not folder.stop_asked_by() and not folder.end():
        with suppress(OSError):
            folder.write_stop({"by": person, "at": instant(at)})
    done = send(*target, number, shell=not start.get("adopted"))
    if done:
        _let_go_on(*target, start)
    return done


def _let_go_on(leader: Process, session: int, start: StartRecord) -> None:
    """Let what is held (SIGSTOP) go on, so that the job can end and its end be written down."""
    send(leader, session, signal.SIGCONT)
    if supervisor := _supervisor(session, start):
        with suppress(OSError):
            os.kill(supervisor.pid, signal.SIGCONT)


def _supervisor(session: int, start: StartRecord) -> Process | None:
    """The supervisor of a run of this machine, None when it is gone."""
    if "supervisor" not in start:
        return None
    supervisor = Process.of_record(start["supervisor"])
    return supervisor if alive(supervisor, session) else None


def job_of(folder: RunFolder, begun: StartRecord | None = None) -> tuple[Process, int] | None:
    """The leader of the job's process group and its session; None when it is not of this machine,
    or was never started."""
    start, place = begun or folder.start(), here()
    if "child" not in start or scope_in(start, place) != place:
        return None
    return Process.of_record(start["child"]), start.get("session", 0)


def stop(
    folder: RunFolder,
    person: str,
    clock: Clock,
    *,
    patience: float = 5.0,
    sleep: Callable[[float], None],
) -> bool:
    """Stop a job: SIGINT, after a while SIGTERM, at last SIGKILL; and wait until its supervisor has
    written how it ended. False when it does not run here, or when nothing helps."""
    if not runs_here(folder):
        return False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        ask_to_stop(folder, person, number, clock())
        waited = 0.0
        while waited < patience:
            if not runs_here(folder) and not _end_is_written_soon(folder):
                return True
            sleep(0.1)
            waited += 0.1
    return not runs_here(folder)


def _end_is_written_soon(folder: RunFolder) -> bool:
    """Whether a supervisor is about to write how its job ended: until then it counts as running."""
    start = folder.start()
    job = job_of(folder, start)
    return job is not None and not folder.end() and _supervisor(job[1], start) is not None


def runs_here(folder: RunFolder) -> bool:
    target = job_of(folder)
    return target is not None and (alive(*target) or bool(group(*target)))


def exit_code(end: Judgement) -> int:
    """What a viewer answers for a run that ended: the job's own code."""
    if end.exit is not None:
        return end.exit & 0xFF
    return 130 if end.state is RunState.KILLED else 4
