"""A disk whose power can be cut: what SQLite does to its files is written down, and any moment of
it can be turned into what may be left on the disk then.

Sure is only what was synced. A write that was not may have come through as a whole, not at all, or
in part, by sectors. Of the names made and removed in the folder since it was synced, those up to
some point are there. The SQLite of `apsw` is used, since that of Python lets nobody see its files.
"""

import contextlib
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import apsw

SECTOR = 512


class Made(NamedTuple):
    name: str
    file: int


class Removed(NamedTuple):
    name: str


class FolderSynced(NamedTuple):
    pass


class Written(NamedTuple):
    file: int
    offset: int
    data: bytes


class Cut(NamedTuple):
    file: int
    size: int


class Synced(NamedTuple):
    file: int


class Said(NamedTuple):
    """An action was acknowledged."""

    what: Any


class Disk:
    """What happened to the files of a folder, in order; `files` tells a file from a later one of
    the same name."""

    def __init__(self) -> None:
        self.steps: list[NamedTuple] = []
        self.files: dict[str, int] = {}
        self._made = 0

    def make(self, name: str) -> int:
        self.files[name] = self._made = self._made + 1
        self.steps.append(Made(name, self._made))
        return self._made

    def holds(self, file: Path) -> None:
        """A file that is there and safe before anything happens."""
        number = self.make(file.name)
        self.steps += [Written(number, 0, file.read_bytes()), Synced(number), FolderSynced()]


def left(steps: Sequence[NamedTuple], chance: random.Random) -> dict[str, bytes]:
    """The files that may be there when the power is cut after these steps."""
    folder: dict[str, int] = {}
    names: list[Made | Removed] = []
    safe: dict[int, bytearray] = {}
    unsafe: dict[int, list[Written | Cut]] = {}
    for step in steps:
        match step:
            case Made(_, file):
                safe[file], unsafe[file] = bytearray(), []
                names.append(step)
            case Removed():
                names.append(step)
            case FolderSynced():
                apply_names(folder, names)
                names = []
            case Written(file) | Cut(file):
                unsafe[file].append(step)
            case Synced(file):
                for change in unsafe[file]:
                    apply(safe[file], change)
                unsafe[file] = []
    apply_names(folder, names[: chance.randint(0, len(names))])
    for file, changes in unsafe.items():
        share = chance.choice((0.0, 0.5, 1.0, chance.random()))
        for change in changes:
            for part in parts(change):
                if chance.random() < share:
                    apply(safe[file], part)
    return {name: bytes(safe[file]) for name, file in folder.items()}


def apply_names(folder: dict[str, int], changes: Sequence[Made | Removed]) -> None:
    for change in changes:
        if isinstance(change, Made):
            folder[change.name] = change.file
        else:
            folder.pop(change.name, None)


def apply(content: bytearray, change: Written | Cut) -> None:
    if isinstance(change, Cut):
        del content[change.size :]
    else:
        content.extend(bytes(max(0, change.offset - len(content))))
        content[change.offset : change.offset + len(change.data)] = change.data


def parts(change: Written | Cut) -> Iterator[Written | Cut]:
    """What of a change reaches the disk as one or not at all."""
    if isinstance(change, Cut):
        yield change
        return
    at, end = change.offset, change.offset + len(change.data)
    while at < end:
        until = min(end, at - at % SECTOR + SECTOR)
        yield Written(change.file, at, change.data[at - change.offset : until - change.offset])
        at = until


class Recorder(apsw.VFS):
    """The file system of SQLite, with everything written down."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__("recorder", "")

    def xOpen(self, name: Any, flags: list[int]) -> "File":  # noqa: N802
        return File(self.disk, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        super().xDelete(name, False)
        self.disk.steps.append(Removed(os.path.basename(name)))
        if sync:
            self.disk.steps.append(FolderSynced())


class File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        path = name if isinstance(name, str) else name.filename()
        self._disk = disk
        self._new = not os.path.exists(path)
        super().__init__("", name, flags)
        known = disk.files.get(os.path.basename(path))
        self._number = disk.make(os.path.basename(path)) if self._new or not known else known

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._disk.steps.append(Written(self._number, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._disk.steps.append(Cut(self._number, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        """As on Unix: with a new journal its folder is synced too, the first time."""
        self._disk.steps.append(Synced(self._number))
        if self._new:
            self._disk.steps.append(FolderSynced())
            self._new = False


@dataclass(frozen=True, slots=True)
class Rows:
    """The cursor of a statement that is done."""

    rows: list[tuple[Any, ...]]
    lastrowid: int

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.rows[0] if self.rows else None


class Connection:
    """As much of a connection of Python's as the store uses to write, over a recorder."""

    def __init__(self, place: str, **_: object) -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI
        self._conn = apsw.Connection(place, flags=flags, vfs="recorder")

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        rows = self._conn.execute(sql, values).fetchall()
        return Rows(rows, self._conn.last_insert_rowid())

    def executemany(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        self._conn.executemany(sql, values).fetchall()

    @property
    def in_transaction(self) -> bool:
        return self._conn.in_transaction

    def close(self) -> None:
        self._conn.close()


@contextlib.contextmanager
def recording(path: Path) -> Iterator[Disk]:
    """What happens to the store at `path` through connections of `Connection`."""
    disk = Disk()
    disk.holds(path)
    recorder = Recorder(disk)
    try:
        yield disk
    finally:
        recorder.unregister()
