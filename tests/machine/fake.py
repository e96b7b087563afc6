"""A machine whose processes are a table."""

from collections.abc import Collection
from dataclasses import dataclass, field

from mlkanban.machine.protocol import FileId, Mount, Status
from mlkanban.machine.unix import UnixMachine


@dataclass
class FakeProcess:
    status: Status
    command: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    mine: bool = True
    opened: frozenset[FileId] = frozenset()


@dataclass
class FakeMachine(UnixMachine):
    """It knows what it is given."""

    processes: dict[int, FakeProcess] = field(default_factory=dict)
    boot: str = "boot"
    id: str = "machine"
    shows_processes: bool = True
    shows_open_files: bool = True
    renamed_by_network: bool = True
    keeps_what_runs_at_logout: bool | None = None
    unknown: tuple[str, ...] = ("kills for lack of memory",)
    kinds: list[Mount] = field(default_factory=list)

    def boot_id(self) -> str:
        return self.boot

    def machine_id(self) -> str:
        return self.id

    def pids(self) -> list[int]:
        return list(self.processes)

    def status(self, pid: int) -> Status | None:
        return self.processes[pid].status if pid in self.processes else None

    def is_mine(self, pid: int) -> bool:
        return pid in self.processes and self.processes[pid].mine

    def command(self, pid: int) -> list[str]:
        return list(self.processes[pid].command) if pid in self.processes else []

    def variable(self, pid: int, name: str) -> str:
        return self.processes[pid].variables.get(name, "") if pid in self.processes else ""

    def has_open(self, pid: int, files: Collection[FileId], *, for_writing: bool) -> bool:
        return pid in self.processes and not self.processes[pid].opened.isdisjoint(files)

    def mounts(self) -> list[Mount]:
        return self.kinds
