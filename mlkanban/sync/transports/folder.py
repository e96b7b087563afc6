"""A plain folder that something else carries around: Syncthing, rsync, a network home, a stick."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlkanban.errors import StoreProblem
from mlkanban.files import write_whole
from mlkanban.sync.exchange import KnownEvents, Listing, Progress
from mlkanban.sync.file_format import LARGEST

_REPLICA = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FILE = re.compile(r"([0-9]{9})\.jsonl")


class Folder:
    """`log/<replica>/<first number>.jsonl` below a folder that is there."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._log = place / "log"

    def begin(self, progress: Progress = lambda _: None) -> None:
        if not self._place.is_dir():
            raise StoreProblem(
                f"There is no folder {self._place}.", "Make it, or connect the disk it is on."
            )

    def listed(self, known: KnownEvents) -> Listing:
        firsts: dict[str, list[int]] = {}
        others: list[str] = []
        with explained(self._log):
            _not_a_link(self._log)
            if not self._log.is_dir():
                return Listing(firsts, others)
            for replica in _entries(self._log, _REPLICA):
                if not replica.is_dir(follow_symlinks=False):
                    others.append(self._about(replica))
                    continue
                numbers = firsts[replica.name] = []
                for file in _entries(replica.path, _FILE):
                    if file.is_file(follow_symlinks=False):
                        numbers.append(int(file.name[:9]))
                    else:
                        others.append(self._about(file))
        return Listing(firsts, others)

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

    def end(self, progress: Progress = lambda _: None) -> bool:
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
