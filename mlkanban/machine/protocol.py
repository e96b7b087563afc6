"""What the program asks of the system that it runs on. What that does not show is '' or empty,
never guessed, and `unknown` names it for people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol


class Status(NamedTuple):
    """A process as its system shows it.

    `state` is a letter as `ps` prints it (Z: a zombie, T: stopped). `start` differs between the
    processes that have a pid one after the other, and never changes. Both are '' where the system
    does not show them.
    """

    state: str
    group: int
    session: int
    start: str


class Mount(NamedTuple):
    """Where a file system is mounted, and its type (`ext4`, `apfs`, `nfs4`)."""

    folder: str
    kind: str


FileId = tuple[int, int]
"""The device and the inode of a file."""


class Machine(Protocol):
    """What the program asks of the system that it runs on."""

    @property
    def shows_processes(self) -> bool:
        """Whether all processes can be listed, with their state and start; otherwise only whether a
        pid is in use, its group and its session are known."""

    @property
    def renamed_by_network(self) -> bool:
        """Whether the host name changes with the network that the machine is in."""

    @property
    def keeps_what_runs_at_logout(self) -> bool | None:
        """Whether processes outlive the logout where no systemd decides that; None where it is not
        known."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """What cannot be known on this system, in words; the empty tuple for nothing."""

    def boot_id(self) -> str:
        """The id of the present boot."""

    def machine_id(self) -> str:
        """An id of the machine that outlasts boots and names."""

    def pid_namespace(self) -> str:
        """The pid namespace of this process."""

    def pids(self) -> list[int]:
        """The pids in use."""

    def status(self, pid: int) -> Status | None:
        """The status of a process; None when there is none with this pid."""

    def is_mine(self, pid: int) -> bool:
        """Whether a process belongs to this user."""

    def name(self, pid: int) -> str:
        """The short name of a process."""

    def command(self, pid: int) -> list[str]:
        """The command line that a process was started with."""

    def variable(self, pid: int, name: str) -> str:
        """A variable of the environment that a process was started with."""

    def started_at(self, pid: int, now: datetime) -> datetime | None:
        """When a process was started; None where that is not known."""

    @property
    def shows_open_files(self) -> bool:
        """Whether `has_open` can know."""

    def has_open(self, pid: int, files: Collection[FileId], *, for_writing: bool) -> bool:
        """Whether a process has one of these files open; with `for_writing`, whether it may be
        writing to one."""

    def lock_holder(self, file: FileId) -> int | None:
        """The first other process that holds a lock on a file; None where there is none, or where
        that is not known."""

    def oom_counters(self) -> list[Path]:
        """The files that count how many processes this machine, or the control group of this
        process, has killed for lack of memory, each in a line `oom_kill N`."""

    def mounts(self) -> list[Mount]:
        """The file systems that are mounted, in the order in which they were."""
