"""Where the store of this host is: on a network home every host has a file of its own, since
SQLite's locks do not reach other machines."""

import os
import re
import socket
from collections.abc import Iterable
from pathlib import Path

from mlkanban.machine import Mount, machine

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
        # On a Mac:
        "smbfs",
        "afpfs",
        "webdav",
        "acfs",
        "macfuse",
        "osxfuse",
    ]
)


def file_system(path: Path, mounts: Iterable[Mount] | None = None) -> str:
    """The type of the file system of `path` (`ext4`, `nfs4`, ...); '' when it is unknown."""
    real = os.path.realpath(path)
    best, kind = "", ""
    for folder, of_mount in machine().mounts() if mounts is None else mounts:
        inside = real == folder or real.startswith(folder.rstrip("/") + "/")
        if inside and len(folder) >= len(best):
            best, kind = folder, of_mount
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
    own = machine()
    lasting = own.machine_id() if own.renamed_by_network else ""
    return re.sub(r"[^A-Za-z0-9.-]", "_", lasting or socket.gethostname()) or "host"
