"""A plain folder that something else carries around: Syncthing, rsync, a network home, a stick."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlkanban.core.segment import LARGEST
from mlkanban.errors import StoreProblem
from mlkanban.files import write_whole
from mlkanban.service.sync import Progress

_REPLICA = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FILE = re.compile(r"([0-9]{9})\.jsonl")


class Folder:
    """`log/<replica>/<first number>.jsonl` below a folder that is there."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._log = place / "log"

    def begin(self, tell: Progress = lambda _: None) -> None:
        if not self._place.is_dir():
            raise StoreProblem(
                f"There is no folder {self._place}.", "Make it, or connect the disk it is on."
            )

    def listed(self) -> dict[str, list[int]]:
        with told(self._log):
            replicas = sorted(os.listdir(self._log)) if self._log.is_dir() else []
            return {
                replica: self._firsts(replica)
                for replica in replicas
                if _REPLICA.fullmatch(replica) and (self._log / replica).is_dir()
            }

    def read(self, replica: str, first: int) -> bytes:
        path = self._path(replica, first)
        with told(path):
            try:
                # A pipe that somebody put there would be waited for, without O_NONBLOCK for ever.
                with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                    return file.read(LARGEST + 1)  # of one that is larger nothing is taken
            except FileNotFoundError:
                return b""

    def write(self, replica: str, first: int, content: bytes) -> None:
        path = self._path(replica, first)
        with told(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, content)

    def end(self, tell: Progress = lambda _: None) -> bool:
        return True

    def _path(self, replica: str, first: int) -> Path:
        return self._log / replica / f"{first:09}.jsonl"

    def _firsts(self, replica: str) -> list[int]:
        with os.scandir(self._log / replica) as entries:
            names = [_FILE.fullmatch(entry.name) for entry in entries if entry.is_file()]
        return sorted(int(found[1]) for found in names if found)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What the system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        raise StoreProblem(
            f"{error.filename or path} cannot be used: {error.strerror}.",
            "What was taken in before stays; try again when that is mended.",
        ) from error
