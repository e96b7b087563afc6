"""A machine that shows nothing but what the system calls of every Unix say, such as a container
with a hidden /proc. psutil and ps read /proc on Linux, too, so they know no more there."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from mlkanban.machine.protocol import FileId, Mount, Status


class UnixMachine:
    """Only whether a pid is in use, its group and its session are known."""

    shows_processes = False
    shows_open_files = False
    renamed_by_network = False
    keeps_what_runs_at_logout: bool | None = True
    unknown: tuple[str, ...] = (
        "restarts of the machine",
        "pid namespaces",
        "when a process was started and with which command",
        "what jobs leave behind",
        "who has a file open",
        "kills for lack of memory",
        "types of file systems",
    )

    def boot_id(self) -> str:
        return ""

    def machine_id(self) -> str:
        return ""

    def pid_namespace(self) -> str:
        return ""

    def pids(self) -> list[int]:
        return []

    def status(self, pid: int) -> Status | None:
        if pid <= 0:
            return None
        try:
            with suppress(PermissionError):  # of somebody else, but there
                os.kill(pid, 0)
            return Status("", os.getpgid(pid), os.getsid(pid), "")
        except OSError:
            return None

    def is_mine(self, pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True

    def name(self, pid: int) -> str:
        return ""

    def command(self, pid: int) -> list[str]:
        return []

    def variable(self, pid: int, name: str) -> str:
        return ""

    def started_at(self, pid: int, now: datetime) -> datetime | None:
        return None

    def has_open(self, pid: int, files: Collection[FileId], *, for_writing: bool) -> bool:
        return False

    def lock_holder(self, file: FileId) -> int | None:
        return None

    def oom_counters(self) -> list[Path]:
        return []

    def mounts(self) -> list[Mount]:
        return []
