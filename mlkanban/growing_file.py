"""Follow a file that another program appends lines to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mlkanban.files import NoPlainFile, open_plain

_CHUNK_BYTES = 1 << 20
"""Bytes that are read at a time; no line is longer."""
TAIL_BYTES = 64
"""Bytes before the place up to which a file was read that tell whether it is still the same."""


class NewLines(NamedTuple):
    """The lines that came since the last look. `anew`: the file was truncated or replaced, so that
    what was read before is no longer in it."""

    lines: list[str]
    anew: bool


class GrowingFile:
    """Reads each line of a file once, as soon as it is complete."""

    def __init__(self, path: Path, skip: int = 0) -> None:
        """`skip` bytes at the beginning are not read."""
        self.path = path
        self._offset = skip
        self._tail = b""
        self._identity: tuple[int, int] | None = None

    def read(self, *containing: bytes, over: bool = False) -> NewLines:
        """The new lines that contain any of some bytes, all where none are given. `over`: nobody
        writes any more, so a last line without an end is complete. OSError when the file cannot be
        read; what is no plain file has no lines."""
        try:
            opened = open_plain(self.path)
        except NoPlainFile:
            return NewLines([], False)
        with opened as file:
            status = os.fstat(file.fileno())
            identity = (status.st_dev, status.st_ino)
            anew = self._identity is not None and not self._goes_on(file, identity, status.st_size)
            if anew:
                self._offset, self._tail = 0, b""
            self._identity = identity
            return NewLines(list(self._lines(file, containing, over)), anew)

    def _goes_on(self, file: BinaryIO, identity: tuple[int, int], size: int) -> bool:
        """Whether it is the file that was read before, with more in it at most."""
        if identity != self._identity or size < self._offset:
            return False
        file.seek(self._offset - len(self._tail))
        return file.read(len(self._tail)) == self._tail

    def _lines(self, file: BinaryIO, containing: tuple[bytes, ...], over: bool) -> Iterator[str]:
        while True:
            file.seek(self._offset)
            chunk = file.read(_CHUNK_BYTES)
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
            if len(chunk) == _CHUNK_BYTES:
                end = end or _CHUNK_BYTES
            elif over:
                end = len(chunk)
            if not end:
                return
            self._offset += end
            self._tail = (self._tail + chunk[max(0, end - TAIL_BYTES) : end])[-TAIL_BYTES:]
            for line in lines_containing(chunk[:end], *containing):
                yield line.decode(errors="replace")


def lines_containing(text: bytes, *wanted: bytes) -> Iterator[bytes]:
    """The lines of a text that contain any of some bytes, without looking closely at the others;
    all lines where none are given."""
    if not wanted:
        yield from text.splitlines()
        return
    start = 0
    places = {part: text.find(part) for part in wanted}
    while found := [place for place in places.values() if place >= 0]:
        first = min(found)
        begin = max(text.rfind(b"\n", start, first), text.rfind(b"\r", start, first)) + 1 or start
        ends = [end for end in (text.find(b"\n", first), text.find(b"\r", first)) if end >= 0]
        start = min(ends, default=len(text))
        yield text[begin:start]
        for part, place in places.items():
            if 0 <= place < start:
                places[part] = text.find(part, start)
