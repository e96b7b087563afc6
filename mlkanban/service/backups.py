"""Backups of the store: made by hand, or automatically after changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mlkanban.core.backup_schedule import due, split_ahead
from mlkanban.errors import MlkanbanError, StoreBusy
from mlkanban.log import logger
from mlkanban.service.transaction import Context
from mlkanban.store import backup
from mlkanban.store.backup import Backup
from mlkanban.store.location import store_path

__all__ = ["Backup", "BackupState", "Backups", "all_below", "tidy_below", "wanted"]

_AT_ONCE = 3
_BRIEFLY_BYTES = 50_000_000
"""Half a second of compressing."""


class BackupState(NamedTuple):
    """The newest backup, and how many events it lacks (None: it belongs to another history, cannot
    be read, or there is none); when the store was changed; how many backups are dated ahead."""

    newest: Backup | None
    events_since: int | None
    changed: datetime
    ahead: int


class Compacted(NamedTuple):
    """Bytes of the store and of all backups, before and after; the backup that was made first."""

    store_before: int
    store_after: int
    backups_before: int
    backups_after: int
    backup: Path


class Backups:
    def __init__(self, context: Context) -> None:
        self._context = context

    def make(self) -> Path:
        """Make a backup in the backup folder, which stays until a person removes it."""
        store = self._context.store
        return backup.write(store.conn, store.path, label=backup.BY_HAND)

    def make_at(self, target: Path) -> Path:
        """Make a backup at a path that the person chose, where no file exists yet."""
        store = self._context.store
        return backup.write_to(store.conn, store.path, target)

    def compact(self, room: int) -> Compacted:
        """Make a backup, write the store anew without free room, and compress the older backups;
        the oldest automatic ones go beyond `room` bytes (0: none)."""
        store = self._context.store
        store_before, backups_before = store.path.stat().st_size, _taken(store.path)
        made = backup.write(store.conn, store.path, label="before-compact")
        store.compact()
        backup.tidy(store.path, room, most=len(backup.all_of(store.path)))
        return Compacted(
            store_before, store.path.stat().st_size, backups_before, _taken(store.path), made
        )

    def keep(self, now: datetime) -> Path | None:
        """Make a backup if the store changed and the last backup is old enough, and thin the older
        ones."""
        store = self._context.store
        if not _due(store.path, now) or self.state(now).events_since == 0:
            return None
        try:
            made = backup.write(store.conn, store.path, label=backup.AUTO)
            backup.thin(store.path, max(_changed(store.path), now))
        except StoreBusy:
            raise  # it gave way to a write: the next look makes one
        except MlkanbanError as error:
            logger("backup").warning("none made: %s", error)
            raise
        logger("backup").info("made %s", made.name)
        return made

    def state(self, now: datetime) -> BackupState:
        """The state of the backups, judged by how much of the log they have."""
        store = self._context.store
        made = backup.all_of(store.path)
        changed = _changed(store.path)
        past, ahead = split_ahead((copy.made for copy in made), max(changed, now))
        newest = next((copy for copy in made if copy.made in past), None)
        since = None
        if newest:
            with store.reading() as conn:
                since = backup.events_since(conn, newest.path)
        return BackupState(newest, since, changed, len(ahead))


def wanted(data: Path, now: datetime) -> bool:
    """Whether the store below a data folder is due for a backup; the store is not opened for
    that."""
    return _due(store_path(data), now)


def tidy_below(data: Path, room: int, *, briefly: bool = False) -> None:
    """Compress older backups of the store below a data folder, a few at once, and delete the oldest
    automatic ones beyond `room` bytes (0: none). `briefly` leaves large ones to the next call that
    has time."""
    largest = _BRIEFLY_BYTES if briefly else None
    try:
        backup.tidy(store_path(data), room, most=_AT_ONCE, largest=largest)
    except OSError as error:
        logger("backup").warning("older ones were not compressed: %s", error)


def all_below(data: Path) -> list[Backup]:
    """The backups of the store below a data folder, newest first."""
    return backup.all_of(store_path(data))


def _due(path: Path, now: datetime) -> bool:
    try:
        changed = _changed(path)
    except OSError:
        return False  # no store, no backup
    # Names tell whole seconds: what was written in the second of a backup may be in it or not.
    return due(changed, (copy.made for copy in backup.all_of(path)), now)


def _taken(path: Path) -> int:
    return sum(copy.size for copy in backup.all_of(path))


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
