"""A plain folder that something else carries around: Syncthing, rsync, a network home, a stick."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlkanban.errors import StoreProblem

_REPLICA = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FILE = re.compile(r"([0-9]{9})\.jsonl")


class Folder:
    """`log/<replica>/<first number>.jsonl` below a folder that is there."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._log = place / "log"

    def begin(self) -> None:
        if not self._place.is_dir():
            raise StoreProblem(
                f"There is no folder {self._place}.", "Make it, or connect the disk it is on."
            )

    def listed(self) -> dict[str, list[int]]:
        with _told(self._log):
            replicas = sorted(os.listdir(self._log)) if self._log.is_dir() else []
            return {
                replica: self._firsts(replica)
                for replica in replicas
                if _REPLICA.fullmatch(replica)
            }

    def read(self, replica: str, first: int) -> bytes:
        path = self._path(replica, first)
        with _told(path):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return b""

    def write(self, replica: str, first: int, content: bytes) -> None:
        path = self._path(replica, first)
        draft = path.with_name(f".{path.name}-{os.getpid()}-{os.urandom(4).hex()}.tmp")
        with _told(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with open(draft, "xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.rename(draft, path)
            finally:
                draft.unlink(missing_ok=True)
            _sync(path.parent)

    def end(self) -> bool:
        return True

    def _path(self, replica: str, first: int) -> Path:
        return self._log / replica / f"{first:09}.jsonl"

    def _firsts(self, replica: str) -> list[int]:
        names = map(_FILE.fullmatch, os.listdir(self._log / replica))
        return sorted(int(found[1]) for found in names if found)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        raise StoreProblem(
            f"{error.filename or path} cannot be used: {error.strerror}.",
            "What was taken in before stays; try again when that is mended.",
        ) from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
