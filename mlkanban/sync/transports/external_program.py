"""Run a program that may take as long as it needs, but is ended when it falls silent."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

_LOOK_SECONDS = 0.5
_END_SECONDS = 5.0
_CHUNK_BYTES = 1 << 16


class Silent(Exception):
    """The program wrote nothing for the given time, and was ended."""


class Finished(NamedTuple):
    code: int
    output: str
    errors: str


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    silence_seconds: float | None = None,
    hear: Callable[[str], None] = lambda _: None,
) -> Finished:
    """Run a program to its end; Silent when it writes nothing to either stream for
    `silence_seconds`. `hear` is called with what it writes to stderr, as it comes."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    output, errors = bytearray(), bytearray()
    with process.stdout, process.stderr, selectors.DefaultSelector() as streams:
        streams.register(process.stdout, selectors.EVENT_READ, output)
        streams.register(process.stderr, selectors.EVENT_READ, errors)
        quiet = 0.0
        try:
            while streams.get_map():
                # Ended is not the same as closed: what it started may go on and hold the streams.
                ended = process.poll() is not None
                ready = streams.select(0 if ended else _LOOK_SECONDS)
                if not ready and ended:
                    break
                quiet = 0.0 if ready else quiet + _LOOK_SECONDS
                if silence_seconds is not None and quiet >= silence_seconds:
                    raise Silent
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK_BYTES)
                    key.data.extend(chunk)
                    if not chunk:
                        streams.unregister(key.fileobj)
                    elif key.data is errors:
                        hear(chunk.decode(errors="replace"))
            code = process.wait()
        except BaseException:
            _end(process)
            raise
    return Finished(code, output.decode(errors="replace"), errors.decode(errors="replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all it started; asked first, so that it can remove its locks."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
