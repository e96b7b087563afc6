"""Processes, identified by pid and start time, since pids are reused.

What the system shows of them comes from `mlkanban.machine`; where it shows no start times, a
process is known by its pid and its session.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mlkanban.machine import machine
from mlkanban.runs.model.records import ProcessRecord, StartRecord
from mlkanban.runs.model.state import PidScope

_DEAD = frozenset("ZXx")
_STOPPED = frozenset("Tt")


class Process(NamedTuple):
    """A process of this machine: its pid, and its start as its status has it."""

    pid: int
    start: str

    @classmethod
    def of_record(cls, record: ProcessRecord) -> Process:
        return cls(record["pid"], record.get("start", ""))

    def to_record(self) -> ProcessRecord:
        return {"pid": self.pid, "start": self.start}


def here() -> PidScope:
    """Where this process runs."""
    own = machine()
    return PidScope(
        socket.gethostname() or "host",
        own.boot_id(),
        own.pid_namespace(),
        own.machine_id() if own.renamed_by_network else "",
    )


def where() -> StartRecord:
    """What start.json has of where this process runs."""
    place = here()
    return {
        "host": place.host,
        "boot_id": place.boot_id,
        "pid_ns": place.pid_ns,
        "machine": place.machine,
    }


def scope_in(start: StartRecord, here: PidScope) -> PidScope:
    """Where the processes run that a start.json names, by the present name of the host where that
    is this machine."""
    scope = PidScope(
        start.get("host", ""),
        start.get("boot_id", ""),
        start.get("pid_ns", ""),
        start.get("machine", ""),
    )
    if scope.machine and scope.machine == here.machine:
        return replace(scope, host=here.host)
    return scope


def process(pid: int) -> Process:
    """The process that has this pid now; without a start time when there is none."""
    status = machine().status(pid)
    return Process(pid, status.start if status else "")


def alive(process: Process, session: int = 0) -> bool:
    """Whether this very process still runs. Without a known start it must be in its original
    session."""
    status = machine().status(process.pid)
    if status is None or status.state in _DEAD:
        return False
    if process.start and status.start:
        return status.start == process.start
    return not session or status.session == session


def stopped(process: Process) -> bool:
    """Whether a process is stopped (SIGSTOP), as far as that is visible."""
    status = machine().status(process.pid)
    return status is not None and status.state in _STOPPED


def group(leader: Process, session: int) -> list[Process]:
    """The living processes of a process group in a session, including its leader."""
    status = machine().status(leader.pid)
    if status is not None and leader.start and status.start and status.start != leader.start:
        return []  # the number of the group was given again, so nothing of it is left
    if not machine().shows_processes:
        return [leader] if _group_is_there(leader.pid, session) else []
    members = []
    for number in machine().pids():
        status = machine().status(number)
        if status is None or status.state in _DEAD:
            continue
        if (status.group, status.session) == (leader.pid, session):
            members.append(Process(number, status.start))
    return members


def _group_is_there(number: int, session: int) -> bool:
    """Whether a process group has members, including zombies."""
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # of somebody else
    status = machine().status(number)
    return status is None or (status.group, status.session) == (number, session or status.session)


def send(leader: Process, session: int, number: int, *, shell: bool = True) -> bool:
    """Signal the processes of a group, or a process that leads none; returns whether there were
    any. SIGKILL spares the leader where that is the shell that records the job's exit status."""
    members = group(leader, session)
    if not members:
        if not alive(leader):
            return False
        with suppress(ProcessLookupError):
            os.kill(leader.pid, number)
        return True
    # A Mac permits no signal to a group of zombies.
    with suppress(ProcessLookupError, PermissionError):
        if number != signal.SIGKILL or not machine().shows_processes:
            os.killpg(leader.pid, number)
        else:
            rest = [
                process for process in members if shell and process.pid != leader.pid
            ] or members
            for process in rest:
                if alive(process):
                    os.kill(process.pid, number)
    return True


def poke(process: Process) -> None:
    """Send a signal that does nothing to a process that does not wait for it."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process.pid, signal.SIGURG)


def session_of(process: Process) -> int:
    """The session of a process; 0 when it is gone."""
    status = machine().status(process.pid)
    return status.session if status else 0


def everything() -> Iterator[tuple[Process, int, int]]:
    """The living processes of this user, each with its group and its session; none where they are
    not visible."""
    for number in machine().pids():
        status = machine().status(number)
        if status and status.state not in _DEAD and machine().is_mine(number):
            yield Process(number, status.start), status.group, status.session


def open_for_writing(files: Iterable[Path]) -> list[Process] | None:
    """The processes of this user that may be writing into one of these files; None where that is
    not known."""
    if not machine().shows_open_files:
        return None
    wanted = set()
    for file in files:
        with suppress(OSError):
            status = file.stat()
            wanted.add((status.st_dev, status.st_ino))
    return [
        process
        for process, _, _ in everything()
        if machine().has_open(process.pid, wanted, for_writing=True)
    ]


def oom_kills(counters: Iterable[Path]) -> int:
    """The sum of what these files count."""
    counted = 0
    for file in counters:
        with suppress(OSError, ValueError):
            counted += _counter(file)
    return counted


def _counter(file: Path) -> int:
    for line in file.read_text().splitlines():
        name, _, value = line.partition(" ")
        if name == "oom_kill":
            return int(value)
    return 0
