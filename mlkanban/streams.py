"""Writing to streams, also those whose other end is gone."""

import os
from typing import TextIO


def give_up(stream: TextIO) -> None:
    """Nobody reads on, or nothing can be written: what is still buffered must not raise at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of these bytes; OSError where that fails in their midst."""
    while data:
        data = data[os.write(descriptor, data) :]
