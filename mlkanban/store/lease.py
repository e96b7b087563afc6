"""Who may write in a store on a network home, where SQLite's locks are not seen on other machines.

Every host has a store of its own there, so this only tells apart those of one name: a file beside
the store, made by exactly one of them, names the machine and the mount whose processes may write.
Among these SQLite's own locks hold. Whoever wrote nothing for two minutes has lost it.
"""

import contextlib
import os
import socket
from pathlib import Path

from mlkanban.errors import StoreBusy
from mlkanban.machine import boot_id
from mlkanban.store import trouble

SECONDS = 120
_TRIES = 5


def hold(path: Path) -> None:
    """Take the right to write to the store at `path`, or keep it; StoreBusy names who has it."""
    file = path.with_name("writer")
    try:
        mine = f"{boot_id()} {path.parent.stat().st_dev}"
        for _ in range(_TRIES):
            if _made(file, f"{mine}\n{socket.gethostname()}, process {os.getpid()}"):
                return
            with contextlib.suppress(FileNotFoundError):  # given up meanwhile
                holder, _, named = file.read_text(errors="replace").partition("\n")
                if holder == mine:
                    os.utime(file)
                    return
                if _age(file) < SECONDS:
                    raise _busy(path, named or "another machine")
                file.unlink()
    except OSError as error:
        raise trouble.not_written(error, file) from error
    raise _busy(path, "other machines")


def _made(file: Path, text: str) -> bool:
    """Make the file unless somebody was quicker, with the text in it from its first moment."""
    if file.exists():
        return False
    draft = file.with_name(f".writer-{os.getpid()}-{os.urandom(4).hex()}")
    draft.write_text(text)
    try:
        os.link(draft, file)
    except FileExistsError:
        return False
    except OSError:
        # A file system without hard links: the gap between look and rename is all we can have.
        os.rename(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _age(file: Path) -> float:
    """Seconds since the file was touched, by the clock of its own file system."""
    probe = file.with_name(f".probe-{os.getpid()}-{os.urandom(4).hex()}")
    probe.touch()
    try:
        return probe.stat().st_mtime - file.stat().st_mtime
    finally:
        probe.unlink()


def _busy(path: Path, named: str) -> StoreBusy:
    return StoreBusy(
        f"The store {path} is written to by {named}, where locks made here are not seen.",
        "Two machines of one name share this home: give one another name, or leave mlkanban there "
        f"and try again in {SECONDS // 60} minutes. Nothing was changed.",
    )
