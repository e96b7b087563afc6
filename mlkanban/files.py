"""Files that exist completely or not at all, for their owner alone; those of a person's jobs are as
they wish."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

_STALE_SECONDS = 3600
_umask_before: int | None = None


class NoPlainFile(OSError):
    """A pipe, a device or a folder stands where a file is expected."""


def write_whole(file: Path, content: bytes) -> None:
    """Write a file durably, for its owner alone, replacing one that was there. OSError where that
    cannot be done; nothing has changed then."""
    draft = file.with_name(f".{file.name}-{os.getpid()}-{os.urandom(4).hex()}.tmp")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
    try:
        with open(os.open(draft, flags, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # some file systems cannot do that for a folder
        sync_folder(file.parent)


@contextlib.contextmanager
def writing_named(file: Path) -> Iterator[TextIO]:
    """Write a file that a person named, with the mode of the file that it replaces; a new one is
    theirs alone. It takes its place when it is whole, where its link leads; a pipe or a device is
    written to as it is. OSError where that cannot be done; a file that was there is whole then."""
    if file.exists() and not is_plain(file):
        with open(os.open(file, os.O_WRONLY), "w", encoding="utf-8", newline="") as out:
            yield out
        return
    with drafting_named(file) as draft, open(draft, "w", encoding="utf-8", newline="") as out:
        yield out


def is_plain(file: Path) -> bool:
    """Whether a file that is there has a place of its own in a folder: no pipe, no device, and no
    file that was deleted while somebody has it open."""
    return stat.S_ISREG(os.stat(file).st_mode) and Path(os.path.realpath(file)).exists()


@contextlib.contextmanager
def drafting_named(file: Path) -> Iterator[Path]:
    """Likewise for programs that want a path: an empty draft, which takes the place of the file
    when the caller has written it."""
    try:
        there = os.stat(file)
    except FileNotFoundError:
        there = None
    target = Path(os.path.realpath(file))
    if there is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
    mode = 0o600 if there is None else stat.S_IMODE(there.st_mode)
    draft = target.with_name(f".mlkanban-{os.urandom(8).hex()}.tmp")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        yield draft
        if there is not None:
            with contextlib.suppress(OSError):  # a file of somebody else becomes one's own
                os.fchown(descriptor, there.st_uid, there.st_gid)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
        os.replace(draft, target)
    finally:
        os.close(descriptor)
        draft.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        sync_folder(target.parent)


def open_plain(file: Path, *, follow: bool = True) -> BinaryIO:
    """Open a file to read that somebody else may have put there. NoPlainFile where it is none, for
    a pipe would be waited for without end; OSError, without `follow`, also where it is a link."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(file, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NoPlainFile(errno.EINVAL, "it is no plain file", str(file))
    return open(descriptor, "rb")


def put_new(draft: Path, target: Path) -> None:
    """Rename a draft; FileExistsError where a file has the name, and the draft stays."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: the gap between look and rename is all we can have.
        if target.exists():
            raise FileExistsError(f"{target} is there already") from None
        os.rename(draft, target)
    else:
        draft.unlink()


def sweep(folder: Path, drafts: str, now: float) -> None:
    """Remove the drafts that killed processes left in a folder, by their pattern, when they are old
    enough that nobody works on them. `now` is the time of the file system itself."""
    for leftover in folder.glob(drafts):
        with contextlib.suppress(FileNotFoundError):
            if now - leftover.stat().st_mtime > _STALE_SECONDS:
                leftover.unlink()


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def sync_file(file: Path) -> None:
    """Make the contents of a file durable that another program wrote."""
    _sync(file, os.O_RDWR)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def be_private() -> None:
    """From now on what is made can be read by nobody else."""
    global _umask_before
    _umask_before = os.umask(0o077)


def umask_of_the_person() -> int:
    """The umask that the person has set."""
    if _umask_before is not None:
        return _umask_before
    os.umask(now := os.umask(0o077))
    return now
