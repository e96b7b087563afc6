"""Where the store of this host is: on a network home every host has a file of its own, since
SQLite's locks do not reach other machines."""

import os
import re
import socket
from pathlib import Path

_NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "lustre",
        "gpfs",
        "beegfs",
        "ceph",
        "cifs",
        "smb3",
        "afs",
        "9p",
        "virtiofs",
        "glusterfs",
        "orangefs",
        "weka",
        "panfs",
    ]
)


def file_system(path: Path, mountinfo: str | None = None) -> str:
    """The type of the file system of `path` (`ext4`, `nfs4`, ...); '' when it is unknown."""
    if mountinfo is None:
        try:
            mountinfo = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
        except OSError:
            return ""  # not Linux: treated as local
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        mount = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields.split(" ")[4])
        inside = real == mount or real.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, rest.split(" ")[0]
    return kind


def is_network(kind: str) -> bool:
    """Whether a file system type is a network or fuse one: whether their locks hold is unknown."""
    return kind in _NETWORK or kind.startswith("fuse")


def on_network(store: Path) -> bool:
    """Whether a store file is on a network home; where the file system is unknown, whether the file
    is where the store of this host would be on one."""
    kind = file_system(store)
    return is_network(kind) if kind else store.parent.name == _host()


def store_path(data: Path) -> Path:
    """The store file below the data folder `data`; named after the host on a network home."""
    existing = data
    while not os.path.exists(existing) and existing != existing.parent:
        existing = existing.parent
    kind, of_host = file_system(existing), data / _host() / "board.db"
    if is_network(kind) or (not kind and of_host.exists()):
        return of_host
    return data / "board.db"


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname()) or "host"
