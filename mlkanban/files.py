"""Files that are there whole or not at all."""

import contextlib
import os
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Put a file there durably, for its owner alone, in the place of one that was there. OSError
    where that cannot be done; nothing has changed then."""
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


def sync_folder(folder: Path) -> None:
    """Make what was renamed or removed in a folder durable."""
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
