"""Why the system refuses access to a file or folder, and the command that repairs it."""

import os
import pwd
import shlex
from pathlib import Path


def refusal(path: Path, *, write: bool = False) -> tuple[str, str]:
    """What prevents reading or writing `path`, and how to repair it; two empty texts where nothing
    does. A person who once called a program with sudo has folders that belong to root."""
    obstacle = _in_the_way(path.absolute(), write)
    if obstacle is None:
        return "", ""
    readable = os.access(obstacle, os.R_OK)
    if readable and os.statvfs(obstacle).f_flag & os.ST_RDONLY:
        return "it is mounted read-only", "Use another place (--home), or mount it for writing."
    owner = obstacle.lstat().st_uid
    what = "folder" if obstacle.is_dir() else "file"
    name = shlex.quote(str(obstacle))
    if owner == os.getuid():
        how = "is read-only for you" if readable and write else "keeps you out"
        return f"the {what} {obstacle} {how}", f"Repair it: chmod u+rwX {name}"
    cause = f"the {what} {obstacle} belongs to {_name(owner)}, you are {_name(os.getuid())}"
    if not obstacle.is_relative_to(_own_home()):
        return cause, "Use another place (--home), or ask its owner for permission."
    return cause, f"If it is yours: sudo chown -R {os.getuid()} {name}"


def _in_the_way(path: Path, write: bool) -> Path | None:
    """The first part of `path` that this process has no access to."""
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
