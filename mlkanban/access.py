"""Why the system refuses a file or a folder, and the command that mends it."""

import os
import pwd
import shlex
from pathlib import Path


def refusal(path: Path, *, write: bool = False) -> tuple[str, str]:
    """What is in the way of reading `path`, or of writing it, and how it is mended; two empty
    texts where nothing is. Whoever called a program with sudo once has folders of root."""
    found = _in_the_way(path.absolute(), write)
    if found is None:
        return "", ""
    readable = os.access(found, os.R_OK)
    if readable and os.statvfs(found).f_flag & os.ST_RDONLY:
        return "it is mounted read-only", "Use another place (--home), or mount it for writing."
    owner = found.lstat().st_uid
    what = "folder" if found.is_dir() else "file"
    name = shlex.quote(str(found))
    if owner == os.getuid():
        how = "is read-only for you" if readable and write else "keeps you out"
        return f"the {what} {found} {how}", f"Mend it: chmod u+rwX {name}"
    cause = f"the {what} {found} belongs to {_name(owner)}, you are {_name(os.getuid())}"
    if not found.is_relative_to(_own_home()):
        return cause, "Use another place (--home), or ask its owner for permission."
    return cause, f"If it is yours: sudo chown -R {os.getuid()} {name}"


def _in_the_way(path: Path, write: bool) -> Path | None:
    """The first on the way to `path` that does not let this process on."""
    here = Path("/")
    for part in (*reversed(path.parents), path):
        try:
            part.lstat()
        except FileNotFoundError:  # it is to be made in the last one that is there
            return here if write and not os.access(here, os.W_OK | os.X_OK) else None
        except OSError:
            return here
        here = part
        if here.is_dir() and not os.access(here, os.X_OK):
            return here
    if not os.access(path, os.R_OK) or (write and not os.access(path, os.W_OK)):
        return path
    if write and path.is_file() and not os.access(path.parent, os.W_OK):
        return path.parent
    return None


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _own_home() -> Path:
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path(os.environ.get("HOME") or "/nonexistent")
