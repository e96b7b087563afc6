"""The lease: who may write to a store on a network home, where SQLite's locks do not reach other
machines.

Every host has a store of its own there, so the lease only separates hosts of the same name: a file
beside the store, created by exactly one of them, names the machine and the mount whose processes
may write. Among these, SQLite's own locks hold. A lease expires two minutes after the last write.
"""

import contextlib
import os
import socket
from pathlib import Path
from typing import NamedTuple

from mlkanban.errors import StoreBusy
from mlkanban.files import put_new
from mlkanban.machine import machine
from mlkanban.store import errors

SECONDS = 120
_TRIES = 5


class _Lease(NamedTuple):
    """The contents of the lease file, and what distinguishes this file from another one, or from
    itself after a touch."""

    text: str
    inode: int
    touched: int


def hold(path: Path) -> str:
    """Take the lease of the store at `path`, or renew it; StoreBusy names the holder. Returns a
    token of this one lease for `keep`."""
    file = path.with_name("writer")
    try:
        mine = f"{machine().boot_id()} {path.parent.stat().st_dev}"
        for _ in range(_TRIES):
            text = f"{mine}\n{socket.gethostname()}, process {os.getpid()}\n{os.urandom(8).hex()}"
            if _made(file, text):
                return text
            with contextlib.suppress(FileNotFoundError):  # given up meanwhile
                lease = _read(file)
                if lease.text.partition("\n")[0] == mine:
                    if _touched(file, lease):
                        return lease.text
                elif _age(file, lease) < SECONDS:
                    raise _busy(path, _named(lease))
                else:
                    _clear(file, lease)
    except OSError as error:
        raise errors.not_written(error, file) from error
    raise _busy(path, "other machines")


def keep(path: Path, held: str) -> None:
    """Renew the lease with the token of `hold`; StoreBusy when it was lost, even if it was taken
    again."""
    file = path.with_name("writer")
    try:
        with contextlib.suppress(FileNotFoundError):
            lease = _read(file)
            if lease.text != held:
                raise _busy(path, _named(lease))
            if _touched(file, lease):
                return
    except OSError as error:
        raise errors.not_written(error, file) from error
    raise _busy(path, "another machine")


def _named(lease: _Lease) -> str:
    return next(iter(lease.text.splitlines()[1:]), "") or "another machine"


def _read(file: Path) -> _Lease:
    with file.open(errors="replace") as opened:  # opened, for a mere stat may be an old answer
        status = os.fstat(opened.fileno())
        return _Lease(opened.read(), status.st_ino, status.st_mtime_ns)


def _touched(file: Path, lease: _Lease) -> bool:
    """Touch the lease file that was read; False when it has been replaced. Whoever takes the file
    away checks its time afterwards, so one of the two always notices."""
    with file.open() as opened:
        if os.fstat(opened.fileno()).st_ino != lease.inode:
            return False
        os.utime(opened.fileno())
    now = _read(file)
    return (now.text, now.inode) == (lease.text, lease.inode)


def _clear(file: Path, lease: _Lease) -> None:
    """Remove the lease file that was read, and no other: one that appeared or was touched since is
    put back."""
    aside = _aside(file)
    os.rename(file, aside)
    if _read(aside) == lease:
        aside.unlink()
    else:
        _put(aside, file)


def _made(file: Path, text: str) -> bool:
    """Create the lease file with its contents from the first moment, unless another process was
    faster."""
    if file.exists():
        return False
    draft = _aside(file)
    draft.write_text(text)
    return _put(draft, file)


def _put(draft: Path, file: Path) -> bool:
    """Rename the draft to the lease file; False, and the draft is deleted, when the file exists."""
    try:
        put_new(draft, file)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _aside(file: Path) -> Path:
    """A unique name beside the lease file."""
    return file.with_name(f".writer-{os.getpid()}-{os.urandom(4).hex()}")


def _age(file: Path, lease: _Lease) -> float:
    """Seconds since the lease file was touched, by the clock of its own file system."""
    probe = file.with_name(f".probe-{os.getpid()}-{os.urandom(4).hex()}")
    probe.touch()
    try:
        return (probe.stat().st_mtime_ns - lease.touched) / 1e9
    finally:
        probe.unlink()


def _busy(path: Path, named: str) -> StoreBusy:
    return StoreBusy(
        f"The store {path} is written to by {named}, where locks made here are not seen.",
        "Two machines of one name share this home: give one another name, or leave mlkanban there "
        f"and try again in {SECONDS // 60} minutes. Nothing was changed.",
    )
