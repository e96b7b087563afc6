"""Linux, as /proc shows it.

The start of a process is field 22 of its stat, in ticks since boot: the times that psutil makes of
it move with the clock of the machine.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from mlkanban.machine.protocol import FileId, Mount, Status

_OCTAL = re.compile(r"\\([0-7]{3})")
_FLAGS = re.compile(r"^flags:\s*([0-7]+)", re.MULTILINE)


class LinuxMachine:
    """Everything is known; `proc` is where /proc is mounted."""

    shows_processes = True
    shows_open_files = True
    renamed_by_network = False
    keeps_what_runs_at_logout: bool | None = True
    unknown: tuple[str, ...] = ()

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc

    def boot_id(self) -> str:
        with suppress(OSError):
            return (self._proc / "sys/kernel/random/boot_id").read_text().strip()
        return ""

    def machine_id(self) -> str:
        for source in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
            with suppress(OSError):
                if machine_id := Path(source).read_text().strip():
                    return machine_id
        return ""

    def pid_namespace(self) -> str:
        with suppress(OSError):
            return os.readlink(self._proc / "self/ns/pid")
        return ""

    def pids(self) -> list[int]:
        with suppress(OSError):
            return [int(name) for name in os.listdir(self._proc) if name.isdecimal()]
        return []

    def status(self, pid: int) -> Status | None:
        stat = self._stat(pid)
        if stat is None:
            return None
        _, fields = stat
        return Status(fields[0], int(fields[2]), int(fields[3]), fields[19])

    def _stat(self, pid: int) -> tuple[str, list[str]] | None:
        """The name of a process, and the fields of its stat behind that."""
        try:
            text = (self._proc / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            return None
        # The name stands in brackets and may hold anything, brackets and spaces too.
        name, _, rest = text.partition("(")[2].rpartition(")")
        return name, rest.split()

    def is_mine(self, pid: int) -> bool:
        with suppress(OSError):
            return (self._proc / str(pid)).stat().st_uid == os.getuid()
        return False

    def name(self, pid: int) -> str:
        stat = self._stat(pid)
        return stat[0] if stat else ""

    def command(self, pid: int) -> list[str]:
        with suppress(OSError):
            raw = (self._proc / str(pid) / "cmdline").read_bytes().rstrip(b"\0")
            return [word.decode(errors="replace") for word in raw.split(b"\0")] if raw else []
        return []

    def variable(self, pid: int, name: str) -> str:
        mark = f"{name}=".encode()
        with suppress(OSError):
            for setting in (self._proc / str(pid) / "environ").read_bytes().split(b"\0"):
                if setting.startswith(mark):
                    return setting.removeprefix(mark).decode(errors="replace")
        return ""

    def started_at(self, pid: int, now: datetime) -> datetime | None:
        status = self.status(pid)
        if status is None:
            return None
        up = time.clock_gettime(time.CLOCK_BOOTTIME)
        return now - timedelta(seconds=up - int(status.start) / os.sysconf("SC_CLK_TCK"))

    def has_open(self, pid: int, files: Collection[FileId], *, for_writing: bool) -> bool:
        opened = self._proc / str(pid) / "fd"
        with suppress(OSError):
            for number in os.listdir(opened):
                with suppress(OSError):
                    status = os.stat(opened / number)
                    if (status.st_dev, status.st_ino) in files and (
                        not for_writing or self._writes(pid, number)
                    ):
                        return True
        return False

    def _writes(self, pid: int, descriptor: str) -> bool:
        text = (self._proc / str(pid) / "fdinfo" / descriptor).read_text()
        flags = _FLAGS.search(text)
        return flags is not None and int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY

    def lock_holder(self, file: FileId) -> int | None:
        device, inode = file
        wanted = f"{os.major(device):02x}:{os.minor(device):02x}:{inode}"
        with suppress(OSError, ValueError, IndexError):
            for line in (self._proc / "locks").read_text().splitlines():
                fields = line.split()
                if wanted in fields and "->" not in fields:
                    pid = int(fields[4])
                    if pid not in (os.getpid(), -1):
                        return pid
        return None

    def oom_counters(self) -> list[Path]:
        files = [self._proc / "vmstat"]
        with suppress(OSError):
            own = (self._proc / "self/cgroup").read_text().rpartition("::")[2].strip()
            files.append(Path(f"/sys/fs/cgroup{own}/memory.events"))
        return [file for file in files if os.access(file, os.R_OK)]

    def mounts(self) -> list[Mount]:
        try:
            text = (self._proc / "self/mountinfo").read_text(errors="surrogateescape")
        except OSError:
            return []
        return mounts_in(text)


def mounts_in(mountinfo: str) -> list[Mount]:
    """The mounts that /proc/self/mountinfo lists."""
    found = []
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        folder = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields.split(" ")[4])
        found.append(Mount(folder, rest.split(" ")[0]))
    return found
