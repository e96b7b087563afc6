"""Backups of the store: made by hand, or by themselves when something changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mlkanban.core.backup_schedule import due, split_ahead
from mlkanban.errors import MlkanbanError
from mlkanban.log import logger
from mlkanban.service.transaction import Context
from mlkanban.store import backup
from mlkanban.store.backup import Backup
from mlkanban.store.location import store_path

__all__ = ["Backup", "BackupState", "Backups", "all_below", "wanted"]


class BackupState(NamedTuple):
    """The newest backup, and how many events it lacks (None: it is of another history, cannot be
    read, or there is none); when the store was changed; how many backups are dated ahead."""

    newest: Backup | None
    events_since: int | None
    changed: datetime
    ahead: int


class Backups:
    def __init__(self, context: Context) -> None:
        self._context = context

    def make(self) -> Path:
        """A backup among the others, which stays until a person removes it."""
        store = self._context.store
        return backup.write(store.conn, store.path, label="by-hand")

    def make_at(self, target: Path) -> Path:
        """A backup at a place of the person's choice, where nothing may be yet."""
        store = self._context.store
        return backup.write_to(store.conn, store.path, target)

    def keep(self, now: datetime) -> Path | None:
        """Make one if the store changed and the last is old enough, and thin the older ones."""
        store = self._context.store
        if not _due(store.path, now) or self.state(now).events_since == 0:
            return None
        try:
            made = backup.write(store.conn, store.path, label=backup.AUTO)
            backup.thin(store.path, max(_changed(store.path), now))
        except MlkanbanError as error:
            logger("backup").warning("none made: %s", error)
            raise
        logger("backup").info("made %s", made.name)
        return made

    def state(self, now: datetime) -> BackupState:
        """How safe the store is by its backups, judged by where the log was in them."""
        store = self._context.store
        made = backup.all_of(store.path)
        changed = _changed(store.path)
        past, ahead = split_ahead((one.made for one in made), max(changed, now))
        newest = next((one for one in made if one.made in past), None)
        since = None
        if newest:
            with store.reading() as conn:
                since = backup.events_since(conn, newest.path)
        return BackupState(newest, since, changed, len(ahead))


def wanted(data: Path, now: datetime) -> bool:
    """Whether the store below a data folder is due for a backup; it is not opened for that."""
    return _due(store_path(data), now)


def all_below(data: Path) -> list[Backup]:
    """The backups of the store below a data folder, the newest first."""
    return backup.all_of(store_path(data))


def _due(path: Path, now: datetime) -> bool:
    try:
        changed = _changed(path)
    except OSError:
        return False  # no store, no backup
    # Names tell whole seconds: what was written in the second of a backup may be in it or not.
    return due(changed, (one.made for one in backup.all_of(path)), now)


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
