"""What SQLite and the file system say, put into words a person can act on."""

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from mlkanban.errors import StoreBusy, StoreProblem

_SPACE = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "your disk quota is used up"}


def explain(error: sqlite3.Error, path: Path) -> StoreProblem:
    """The error for people behind `error` on the store at `path`."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        holder = lock_holder(path)
        by = f" by {holder}" if holder else ""
        return StoreBusy(
            f"The store {path} is locked{by}.", "Nothing was written; try again in a moment."
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return damaged(path, str(error))
    if name.startswith(
        ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")
    ):
        if path.exists() and not os.access(path, os.R_OK):
            return StoreProblem(
                f"The store {path} cannot be read: it is not readable for you.",
                "Fix the permissions, or use another place with --home.",
            )
        cause = why_not_writable(path) or str(error)
        if name == "SQLITE_FULL" and cause == str(error):
            # What was written has been taken back, so 4 KiB fit again.
            cause = f"{_SPACE[errno.ENOSPC]} on {path.parent}"
        return StoreProblem(
            f"The store {path} cannot be written: {cause}.",
            "Nothing was written. Make room or fix the permissions, or use another place (--home).",
        )
    return StoreProblem(f"The store {path} answered: {error}.", "Nothing was written.")


def damaged(path: Path, detail: str) -> StoreProblem:
    """The store is not a readable database; it is left exactly as it is."""
    return StoreProblem(
        f"The store {path} is damaged ({detail}).",
        f"It was left untouched. Keep a copy, then put a backup from {path.parent / 'backups'} "
        "in its place.",
    )


def why_not_writable(path: Path) -> str:
    """Try 4 KiB beside the store and say in words why that fails; empty when it works."""
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
    return ""


def lock_holder(path: Path) -> str:
    """`pid 123 (name)` of the process that holds a lock on `path`, as /proc/locks tells, or ''."""
    try:
        status = path.stat()
        wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if wanted in fields and "->" not in fields:
                pid = int(fields[4])
                if pid in (os.getpid(), -1):
                    continue
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                return f"pid {pid} ({name})"
    except (OSError, ValueError, IndexError):
        return ""  # only a detail of a message: systems without /proc say less
    return ""
