"""A Mac, as psutil and two programs of the system show it; the only module with psutil.

A Mac keeps the time of day at which a process was started, and never changes it. psutil moves that
time when the clock is set while it is loaded, so that it fits the new time of day. By how much, it
shows of this very process.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property

import psutil

from mlkanban.machine.protocol import FileId, Mount, Status
from mlkanban.machine.unix import UnixMachine

_STATES = {
    psutil.STATUS_ZOMBIE: "Z",
    psutil.STATUS_DEAD: "X",
    psutil.STATUS_STOPPED: "T",
    psutil.STATUS_TRACING_STOP: "t",
}
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SECONDS = 5


class PsutilMachine(UnixMachine):
    """Processes of this user are known, those of others as far as the system shows them."""

    shows_processes = True
    shows_open_files = True
    renamed_by_network = True
    keeps_what_runs_at_logout = None  # nobody documents it
    unknown: tuple[str, ...] = (
        "pid namespaces and control groups",
        "kills for lack of memory",
        "who holds a lock on a file",
        "whether an open file is read or written",
    )

    def __init__(self) -> None:
        self._own, self._shift = os.getpid(), 0.0
        self._own_start = _created(self._own)

    def boot_id(self) -> str:
        return self._boot_id

    @cached_property
    def _boot_id(self) -> str:
        # Not the time of the boot: that moves whenever the clock is set.
        return _uuid_in("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid")

    def machine_id(self) -> str:
        return self._machine_id

    @cached_property
    def _machine_id(self) -> str:
        return _uuid_in("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice")

    def pids(self) -> list[int]:
        return [int(pid) for pid in psutil.pids()]

    def status(self, pid: int) -> Status | None:
        if pid <= 0:
            return None
        try:
            process = psutil.Process(pid)
            state = _STATES.get(process.status(), "S")
            return Status(state, os.getpgid(pid), os.getsid(pid), self._start(pid))
        except psutil.AccessDenied:
            return super().status(pid)
        except (psutil.Error, OSError):
            return None  # gone, zombies included: a Mac names neither group nor session of those

    def _start(self, pid: int) -> str:
        """When a process was started, by the clock of that time: seconds, with hundredths."""
        while True:
            shift = self._measure_shift()
            start = _created(pid) - shift
            if shift == self._measure_shift():  # otherwise the clock was set between the two
                return f"{start:.2f}"

    def _measure_shift(self) -> float:
        """By how many seconds psutil moves the starts of processes now."""
        if self._own != os.getpid():  # after a fork
            self._own = os.getpid()
            self._own_start = _created(self._own) - self._shift
        self._shift = _created(self._own) - self._own_start
        return self._shift

    def is_mine(self, pid: int) -> bool:
        with suppress(psutil.Error):
            return bool(psutil.Process(pid).uids().real == os.getuid())
        return False

    def name(self, pid: int) -> str:
        with suppress(psutil.Error):
            return str(psutil.Process(pid).name())
        return ""

    def command(self, pid: int) -> list[str]:
        with suppress(psutil.Error):
            return [str(word) for word in psutil.Process(pid).cmdline()]
        return []

    def variable(self, pid: int, name: str) -> str:
        with suppress(psutil.Error):
            return str(psutil.Process(pid).environ().get(name, ""))
        return ""

    def started_at(self, pid: int, now: datetime) -> datetime | None:
        with suppress(psutil.Error):
            return datetime.fromtimestamp(_created(pid), UTC)
        return None

    def has_open(self, pid: int, files: Collection[FileId], *, for_writing: bool) -> bool:
        # Which open files are written is not shown, so all of them may be; we only read.
        if for_writing and pid == os.getpid():
            return False
        with suppress(psutil.Error):
            for opened in psutil.Process(pid).open_files():
                with suppress(OSError):
                    status = os.stat(opened.path)
                    if (status.st_dev, status.st_ino) in files:
                        return True
        return False

    def mounts(self) -> list[Mount]:
        try:
            partitions = psutil.disk_partitions(all=True)
        except OSError:
            return []
        return [Mount(mount.mountpoint, mount.fstype) for mount in partitions]


def _created(pid: int) -> float:
    return float(psutil.Process(pid).create_time())


def _uuid_in(*words: str) -> str:
    """The UUID that a program of the system prints; '' without one."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    found = _UUID.search(done.stdout)
    return found[0] if found else ""
