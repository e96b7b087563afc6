"""Backups of the store: made by hand, or by themselves when something changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mlkanban.core.safekeeping import due
from mlkanban.service.transaction import Desk
from mlkanban.store import backup
from mlkanban.store.backup import Backup
from mlkanban.store.location import store_path

__all__ = ["Backup", "Backups", "all_below", "wanted"]


class Backups:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def make(self) -> Path:
        """A backup among the others, which stays until a person removes it."""
        store = self._desk.store
        return backup.write(store.conn, store.path, label="by-hand")

    def make_at(self, target: Path) -> Path:
        """A backup at a place of the person's choice, where nothing may be yet."""
        store = self._desk.store
        return backup.write_to(store.conn, store.path, target)

    def keep(self, now: datetime) -> Path | None:
        """Make one if the store changed and the last is old enough, and thin the older ones."""
        store = self._desk.store
        if not _due(store.path, now):
            return None
        made = backup.write(store.conn, store.path, label=backup.AUTO)
        backup.thin(store.path)
        return made


def wanted(data: Path, now: datetime) -> bool:
    """Whether the store below a data folder is due for a backup; it is not opened for that."""
    return _due(store_path(data), now)


def all_below(data: Path) -> list[Backup]:
    """The backups of the store below a data folder, the newest first."""
    return backup.all_of(store_path(data))


def _due(path: Path, now: datetime) -> bool:
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return False  # no store, no backup
    made = backup.all_of(path)
    # Names tell whole seconds: what was written in the second of a backup may be in it or not.
    return due(changed, made[0].made if made else None, now)
