"""Processes, identified by pid and start time, since pids are reused.

Read from /proc, and where that is not readable (macOS, a hidden /proc) with the system calls of
every Unix.
"""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from mlkanban.machine import boot_id
from mlkanban.runs.model.state import PidScope

PROC = Path("/proc")
_DEAD = frozenset("ZXx")
_STOPPED = frozenset("Tt")


class Process(NamedTuple):
    """A process of this machine: its pid, and its start (in ticks since boot)."""

    pid: int
    start: str


class _Stat(NamedTuple):
    state: str
    group: int
    session: int
    start: str


def here() -> PidScope:
    """Where this process runs."""
    return PidScope(socket.gethostname() or "host", boot_id(), _pid_ns())


def process(pid: int) -> Process:
    """The process that has this pid now; without a start time when there is none."""
    stat = _stat(pid)
    return Process(pid, stat.start if stat else "")


def visible() -> bool:
    """Whether processes are fully visible; otherwise only existence, group and session are
    known."""
    return (PROC / "self/stat").exists()


def alive(process: Process, session: int = 0) -> bool:
    """Whether this very process still runs. Without a known start it must be in its original
    session."""
    stat = _stat(process.pid)
    if stat is None or stat.state in _DEAD:
        return False
    if process.start and stat.start:
        return stat.start == process.start
    return not session or stat.session == session


def stopped(process: Process) -> bool:
    """Whether a process is stopped (SIGSTOP), as far as that is visible."""
    stat = _stat(process.pid)
    return stat is not None and stat.state in _STOPPED


def group(leader: Process, session: int) -> list[Process]:
    """The living processes of a process group in a session, including its leader."""
    stat = _stat(leader.pid)
    if stat is not None and leader.start and stat.start and stat.start != leader.start:
        return []  # the number of the group was given again, so nothing of it is left
    if not visible():
        return [leader] if _group_is_there(leader.pid, session) else []
    members = []
    for number in _numbers():
        stat = _stat(number)
        if stat and (stat.group, stat.session) == (leader.pid, session) and stat.state not in _DEAD:
            members.append(Process(number, stat.start))
    return members


def _group_is_there(number: int, session: int) -> bool:
    """Whether a process group has members, including zombies."""
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # of somebody else
    stat = _stat(number)
    return stat is None or (stat.group, stat.session) == (number, session or stat.session)


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
    with suppress(ProcessLookupError):
        if number != signal.SIGKILL or not visible():
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
    stat = _stat(process.pid)
    return stat.session if stat else 0


def is_mine(process: Process) -> bool:
    """Whether a process belongs to this user."""
    with suppress(OSError):
        if visible():
            return (PROC / str(process.pid)).stat().st_uid == os.getuid()
        os.kill(process.pid, 0)
        return True
    return False


def started_at(process: Process, now: datetime) -> datetime | None:
    """When a process was started; None where the system does not say."""
    if process.start and hasattr(time, "CLOCK_BOOTTIME"):
        up = time.clock_gettime(time.CLOCK_BOOTTIME)
        return now - timedelta(seconds=up - int(process.start) / os.sysconf("SC_CLK_TCK"))
    try:
        done = subprocess.run(
            ["ps", "-o", "etime=", "-p", str(process.pid)],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=5, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    age = _ELAPSED.fullmatch(done.stdout.strip())
    if age is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in age.groups())
    return now - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


_ELAPSED = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)")
"""`[[dd-]hh:]mm:ss`."""


def command(process: Process) -> list[str]:
    """The command line of a process, as it was started."""
    with suppress(OSError):
        raw = (PROC / str(process.pid) / "cmdline").read_bytes().rstrip(b"\0")
        return [word.decode(errors="replace") for word in raw.split(b"\0")] if raw else []
    return []


def variable(process: Process, name: str) -> str:
    """A variable of the environment that a process was started with; '' when it cannot be read."""
    mark = f"{name}=".encode()
    with suppress(OSError):
        for setting in (PROC / str(process.pid) / "environ").read_bytes().split(b"\0"):
            if setting.startswith(mark):
                return setting.removeprefix(mark).decode(errors="replace")
    return ""


def everything() -> Iterator[tuple[Process, int, int]]:
    """The living processes of this user, each with its group and its session; none where they are
    not visible."""
    for number in _numbers():
        stat = _stat(number)
        if stat and stat.state not in _DEAD and is_mine(process := Process(number, stat.start)):
            yield process, stat.group, stat.session


def open_for_writing(files: Iterable[Path]) -> list[Process] | None:
    """The processes of this user that can write into one of these files; None where that is not
    visible."""
    if not (PROC / "self/fdinfo").exists():
        return None
    wanted = set()
    for file in files:
        with suppress(OSError):
            status = file.stat()
            wanted.add((status.st_dev, status.st_ino))
    return [process for process, _, _ in everything() if _writes(process.pid, wanted)]


def _writes(pid: int, files: set[tuple[int, int]]) -> bool:
    """Whether a process has one of these files (device, inode) open for writing."""
    with suppress(OSError):
        for number in os.listdir(PROC / f"{pid}/fd"):
            with suppress(OSError):
                status = os.stat(PROC / f"{pid}/fd/{number}")
                if (status.st_dev, status.st_ino) in files:
                    text = (PROC / f"{pid}/fdinfo/{number}").read_text()
                    flags = re.search(r"^flags:\s*([0-7]+)", text, re.MULTILINE)
                    if flags and int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY:
                        return True
    return False


def _numbers() -> list[int]:
    with suppress(OSError):
        return [int(name) for name in os.listdir(PROC) if name.isdecimal()]
    return []


def _stat(pid: int) -> _Stat | None:
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None if visible() else _ps_stat(pid)
    # The name stands in brackets and may hold anything, brackets and spaces too.
    fields = text.rpartition(")")[2].split()
    return _Stat(fields[0], int(fields[2]), int(fields[3]), fields[19])


def _ps_stat(pid: int) -> _Stat | None:
    """The status of a process by system calls, without /proc; '' for unknown parts."""
    if pid <= 0:
        return None
    try:
        with suppress(PermissionError):  # of somebody else, but there
            os.kill(pid, 0)
        return _Stat("", os.getpgid(pid), os.getsid(pid), "")
    except OSError:
        return None


def _pid_ns() -> str:
    with suppress(OSError):
        return os.readlink(PROC / "self/ns/pid")
    return ""


def oom_counters() -> list[Path]:
    """The files that count how many processes this machine, or the control group of this process,
    has killed for lack of memory, each in a line `oom_kill N`."""
    files = [PROC / "vmstat"]
    with suppress(OSError):
        own = (PROC / "self/cgroup").read_text().rpartition("::")[2].strip()
        files.append(Path(f"/sys/fs/cgroup{own}/memory.events"))
    return [file for file in files if os.access(file, os.R_OK)]


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
