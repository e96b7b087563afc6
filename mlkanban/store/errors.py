"""Errors of SQLite and of the file system, put into words that a person can act on."""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mlkanban.access import refusal
from mlkanban.errors import StoreBusy, StoreProblem
from mlkanban.hints import hint
from mlkanban.machine import machine

_SPACE = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EROFS: "it is mounted read-only",
    errno.EFBIG: "files may not grow any more (ulimit -f)",
}
_REFUSED = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")
"""Prefixes of SQLite's error names for when the system refused a read or a write."""
_ROOM = 1_000_000
"""Bytes by which a store should be able to grow."""
_STOPPED = ("T", "t")


class Holder(NamedTuple):
    """A process that has the store open or holds a lock on it."""

    pid: int
    name: str
    stopped: bool

    def __str__(self) -> str:
        facts = ", ".join(filter(None, (self.name, "stopped" if self.stopped else "")))
        return f"pid {self.pid} ({facts})" if facts else f"pid {self.pid}"


def explain(error: sqlite3.Error, path: Path) -> StoreProblem:
    """The error to show for an SQLite error of the store at `path`."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _busy(path)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return damaged(path, str(error))
    if name.startswith(_REFUSED):
        if _gone(path):
            return StoreProblem(
                f"The store {path} is not there any more.",
                hint("Nothing was written. Put it back or restore a backup: {restore NAME}."),
            )
        if not os.access(path, os.R_OK):
            cause, mend = refusal(path)
            return StoreProblem(
                f"The store {path} cannot be read: {cause or 'it is not readable for you'}.",
                mend or "Fix the permissions, or use another place with --home.",
            )
        cause, mend = refusal(path, write=True)
        if cause:
            return StoreProblem(
                f"The store {path} cannot be written: {cause}.", f"Nothing was written. {mend}"
            )
        return StoreProblem(
            f"The store {path} cannot be written: {_cause(error, path)}.",
            "Nothing was written. Make room or fix the permissions, or use another place (--home).",
        )
    return StoreProblem(f"The store {path} answered: {error}.", "Nothing was written.")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the store at `path` into errors to show."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, path) from error


def not_backed_up(error: sqlite3.Error, path: Path, draft: Path) -> StoreProblem:
    """The error to show when the store at `path` could not be copied to `draft`."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if not name.startswith(_REFUSED) or _gone(path):
        return explain(error, path)
    return StoreProblem(
        f"No backup can be written to {draft.parent}: {_cause(error, draft)}.",
        "The store is as it was. Make room there or fix the permissions.",
    )


def _cause(error: sqlite3.Error, path: Path) -> str:
    if why_not := why_not_writable(path):
        return why_not
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        # What was written has been taken back, so 4 KiB fit again.
        return f"{_SPACE[errno.ENOSPC]} on {path.parent}"
    return str(error)


def _gone(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _busy(path: Path) -> StoreBusy:
    holder = lock_holder(path)
    if holder is None:
        others = ", ".join(map(str, holders_of(path)))
        open_in = f" It is open in {others}." if others else ""
        return StoreBusy(f"The store {path} is locked.{open_in}", "Nothing was written; try again.")
    advice = "Nothing was written; try again in a moment."
    if holder.stopped:
        advice = (
            "Nothing was written. That process is stopped: let it go on "
            f"(kill -CONT {holder.pid}) or end it."
        )
    return StoreBusy(f"The store {path} is locked by {holder}.", advice)


def not_written(error: OSError, path: Path) -> StoreProblem:
    """The error to show when a file beside the store cannot be written."""
    return refused(error, path, f"{path} cannot be written")


def refused(error: OSError, path: Path, what: str) -> StoreProblem:
    """The error to show when the system refuses access to `path`; `what` says what failed."""
    cause, mend = refusal(path, write=True) if isinstance(error, PermissionError) else ("", "")
    cause = cause or _SPACE.get(error.errno or 0) or f"{error.strerror or error}"
    return StoreProblem(f"{what}: {cause}.", mend or "Make room or fix the permissions.")


def damaged(path: Path, detail: str) -> StoreProblem:
    """The error to show for a store that is no readable database; the file is left untouched."""
    return StoreProblem(
        f"The store {path} is damaged ({detail}).",
        hint(
            "It was left untouched. List the backups: {backup list}; restore one: {restore NAME}."
        ),
    )


def why_not_writable(path: Path) -> str:
    """Write 4 KiB beside the store as a test, and return why that fails; '' when it works."""
    probe = path.parent / f".probe-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        descriptor = os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        try:
            os.write(descriptor, b"\0" * 4096)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        words = _SPACE.get(error.errno or 0)
        return f"{words} on {path.parent}" if words else f"{error.strerror} ({path.parent})"
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
    if path.exists() and not os.access(path, os.W_OK):
        return "the file is read-only for you"
    return _SPACE[errno.EFBIG] if _cannot_grow(path) else ""


def _cannot_grow(path: Path) -> bool:
    """Whether the store has about the largest size that this process may write (ulimit -f)."""
    import resource  # asked when something is wrong already

    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if most == resource.RLIM_INFINITY or not path.exists():
        return False
    return path.stat().st_size + _ROOM > most


def lock_holder(path: Path) -> Holder | None:
    """The first other process that holds a lock on `path`, as far as the system shows that."""
    with contextlib.suppress(OSError):
        status = path.stat()
        if pid := machine().lock_holder((status.st_dev, status.st_ino)):
            return _holder(pid)
    return None


def holders_of(path: Path) -> list[Holder]:
    """The other processes that have the file open, as far as the system shows that."""
    try:
        status = path.stat()
    except OSError:
        return []
    files = {(status.st_dev, status.st_ino)}
    own = machine()
    return [
        holder
        for pid in own.pids()
        if pid != os.getpid()
        and own.has_open(pid, files, for_writing=False)
        and (holder := _holder(pid))
    ]


def _holder(pid: int) -> Holder | None:
    """The process with this pid; None when it has gone."""
    status = machine().status(pid)
    return Holder(pid, machine().name(pid), status.state in _STOPPED) if status else None
