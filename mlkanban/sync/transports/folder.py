"""A plain folder that something else carries around: Syncthing, rsync, a network home, a stick."""

import errno
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mlkanban.errors import StoreProblem
from mlkanban.files import write_whole
from mlkanban.sync.exchange import KnownEvents, Listing, Progress
from mlkanban.sync.file_format import LARGEST

_REPLICA = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FILE = re.compile(r"([0-9]{9})\.jsonl")
_SETTLED_SECONDS = 3
"""What changed longer ago has another time when it changes again, on any file system."""


class _FilesSeen(NamedTuple):
    """How the files of a replica stood when both sides had the same events of it: the first number
    of the newest file, the number of the last event, and its hash."""

    mark: str
    newest: int
    end: int
    digest: str


class Folder:
    """`log/<replica>/<first number>.jsonl` below a folder that is there.

    The file `seen` notes how the files of each replica stood when both sides had the same of it:
    while they stand so, they are neither listed nor read.
    """

    def __init__(self, place: Path, seen: Path | None = None) -> None:
        self._place = place
        self._log = place / "log"
        self._seen = seen
        self._newest: dict[str, int] = {}
        self._marks: dict[str, str] = {}

    def begin(self, progress: Progress = lambda _: None) -> None:
        if not self._place.is_dir():
            raise StoreProblem(
                f"There is no folder {self._place}.", "Make it, or connect the disk it is on."
            )

    def listed(self, known: KnownEvents) -> Listing:
        firsts: dict[str, list[int]] = {}
        others: list[str] = []
        ends: dict[str, int] = {}
        self._newest.clear()
        self._marks.clear()
        seen = self._seen_before()
        with explained(self._log):
            _not_a_link(self._log)
            if not self._log.is_dir():
                return Listing(firsts, others)
            for replica in _entries(self._log, _REPLICA):
                if not replica.is_dir(follow_symlinks=False):
                    others.append(self._about(replica))
                    continue
                if (before := seen.get(replica.name)) and self._stands(replica.name, before, known):
                    self._newest[replica.name] = before.newest
                    self._marks[replica.name] = before.mark
                    ends[replica.name] = before.end
                    continue
                changed = os.lstat(replica.path).st_mtime_ns
                numbers = firsts[replica.name] = []
                fit = len(others)
                for file in _entries(replica.path, _FILE):
                    if file.is_file(follow_symlinks=False):
                        numbers.append(int(file.name[:9]))
                    else:
                        others.append(self._about(file))
                if numbers and len(others) == fit:
                    self._newest[replica.name] = numbers[-1]
                    mark = self._mark(replica.name, numbers[-1])
                    if os.lstat(replica.path).st_mtime_ns == changed:
                        self._marks[replica.name] = mark
        return Listing(firsts, others, ends)

    def _stands(self, replica: str, before: _FilesSeen, known: KnownEvents) -> bool:
        """Whether both sides have of a replica what they had, and nothing has to be looked at."""
        return (
            replica not in known.redacted
            and known.digest(replica, before.end) == before.digest
            and self._mark(replica, before.newest) == before.mark
        )

    def _mark(self, replica: str, newest: int) -> str:
        """What changes when a file of a replica does: others are added, and the newest one may be
        written again in its place. '' where it changed just now, and may do so again unseen."""
        try:
            stats = [os.lstat(path) for path in (self._log / replica, self._path(replica, newest))]
        except FileNotFoundError:
            return ""
        if any(time.time() - stat.st_mtime < _SETTLED_SECONDS for stat in stats):
            return ""
        return " ".join(f"{stat.st_ino} {stat.st_size} {stat.st_mtime_ns}" for stat in stats)

    def _seen_before(self) -> dict[str, _FilesSeen]:
        """What the last exchange noted; nothing where that cannot be read."""
        try:
            noted = json.loads(self._seen.read_bytes()) if self._seen else {}
            return {replica: _FilesSeen(*values) for replica, values in noted.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _note(self, known: KnownEvents, ends: Mapping[str, int]) -> None:
        """Note how the files stand of which both sides have the same events."""
        if self._seen is None:
            return
        seen = {
            replica: _FilesSeen(mark, self._newest[replica], end, known.digest(replica, end))
            for replica, end in sorted(ends.items())
            if (mark := self._marks.get(replica))
        }
        if seen != self._seen_before():
            with explained(self._seen):
                write_whole(self._seen, json.dumps(seen).encode())

    def read(self, replica: str, first: int) -> bytes:
        path = self._path(replica, first)
        with explained(path):
            try:
                # Another than was listed may be there by now: a pipe would be waited for.
                file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ELOOP):
                    return b""
                raise
            with open(file, "rb") as stream:
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    return b""
                return stream.read(LARGEST + 1)  # of one that is larger nothing is taken

    def write(self, replica: str, first: int, content: bytes) -> None:
        path = self._path(replica, first)
        with explained(path):
            _not_a_link(path.parent)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, content)
        self._marks.pop(replica, None)  # somebody else may have written there, too
        self._newest[replica] = max(first, self._newest.get(replica, 0))

    def end(self, progress: Progress, known: KnownEvents, ends: Mapping[str, int]) -> bool:
        self._note(known, ends)
        return True

    def name(self, replica: str, first: int) -> str:
        return str(self._path(replica, first).relative_to(self._place))

    def _path(self, replica: str, first: int) -> Path:
        return self._log / replica / f"{first:09}.jsonl"

    def _about(self, entry: os.DirEntry[str]) -> str:
        path = Path(entry.path).relative_to(self._place)
        kind = _KINDS.get(stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode), "no file")
        return f"{path} is {kind}, not what its name says. It was passed over."


_KINDS = {
    stat.S_IFREG: "a file", stat.S_IFDIR: "a folder", stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}  # fmt: skip


def _entries(folder: Path | str, name: re.Pattern[str]) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if name.fullmatch(entry.name)), key=lambda entry: entry.name
        )


def _not_a_link(folder: Path) -> None:
    """Refuse a symbolic link: others may write here, and no link of theirs may lead elsewhere."""
    if folder.is_symlink():
        raise StoreProblem(
            f"{folder} is a symbolic link: nothing is read or written through it.",
            "Put a folder in its place.",
        )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of the system about `path` into errors to show."""
    try:
        yield
    except OSError as error:
        raise StoreProblem(
            f"{error.filename or path} cannot be used: {error.strerror}.",
            "What was merged before stays; try again when that is fixed.",
        ) from error
