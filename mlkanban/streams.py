"""Writing to streams, also those whose other end is gone."""

import io
import os
import sys
from typing import TextIO


def open_streams() -> None:
    """Standard streams that are there and never fail on a character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream, errors in (
        (sys.stdout, "replace"),
        (sys.stderr, "replace"),
        # What is no UTF-8 is refused as part of a text, with its place.
        (sys.stdin, "surrogateescape"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def give_up(stream: TextIO) -> None:
    """Nobody reads on, or nothing can be written: what is still buffered must not raise at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of these bytes; OSError where that fails in their midst."""
    while data:
        data = data[os.write(descriptor, data) :]


def on_terminal() -> bool:
    """Whether a screen can be drawn and keys can be read: it is drawn on stderr, so that stream
    must be the terminal too."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams)
