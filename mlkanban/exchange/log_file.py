"""The log of a board in a file of JSON lines, as `export jsonl` writes it, read back."""

import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mlkanban.core.event_validation import NEWER, inert
from mlkanban.core.events import LOGGED, Event
from mlkanban.errors import BadInput
from mlkanban.exchange.text_file import STDIN, bad
from mlkanban.hints import hint

_LONGEST = 8_000_000
"""Bytes of a line: a long note, each of its letters written as \\uXXXX."""


class LogFile:
    """An open log: its events in the order of the log, one in memory at a time."""

    def __init__(self, file: Path, stream: BinaryIO) -> None:
        """Check every line; BadInput says which one is wrong."""
        self._file = file
        self._stream = stream
        places = []
        restored: set[str] = set()
        offset, number = 0, 0
        while line := stream.readline(_LONGEST + 1):
            number += 1
            if line.strip():
                event = self._event(line, number)
                restored.update(event.data.get("restores", {}).values())
                places.append((event.hlc, event.replica, event.rseq, offset, number))
            offset += len(line)
        if not places:
            raise bad(file, 0, "holds no events.", hint("Is it of {export jsonl}?"))
        self._places = sorted(places)
        self.restored = frozenset(restored)
        """The stamps of the events whose values undos put back."""

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Event]:
        for _, _, _, offset, number in self._places:
            self._stream.seek(offset)
            yield self._event(self._stream.readline(), number)

    def _event(self, line: bytes, number: int) -> Event:
        if len(line) > _LONGEST:
            raise self._bad(number, f"is longer than {_LONGEST:,} bytes")
        try:
            values = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            event = Event(**{name: values[name] for name in LOGGED})
            why = inert(event)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise self._bad(number, "is no event") from error
        if why == NEWER:
            raise bad(
                self._file, number, "was written by a newer mlkanban.", "Install that one first."
            )
        if why:
            raise self._bad(number, "is an event that no board can keep")
        return event

    def _bad(self, number: int, what: str) -> BadInput:
        return bad(self._file, number, f"{what}.", hint("Export the board again: {export jsonl}."))


@contextlib.contextmanager
def log_file(file: Path) -> Iterator[LogFile]:
    """A log to be read, or standard input; BadInput where it cannot be."""
    with contextlib.ExitStack() as stack:
        try:
            if file == STDIN:
                stream: BinaryIO = stack.enter_context(tempfile.TemporaryFile())
                source = getattr(sys.stdin, "buffer", None)
                if source is None:
                    stream.write(sys.stdin.read().encode())
                else:
                    shutil.copyfileobj(source, stream)
                stream.seek(0)
            else:
                stream = stack.enter_context(file.open("rb"))
        except OSError as error:
            raise bad(file, 0, f"cannot be read: {error.strerror}.", "Check the name.") from error
        yield LogFile(file, stream)
