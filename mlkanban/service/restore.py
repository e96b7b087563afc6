"""Restore a backup: show what you would lose and gain, and do it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlkanban.core.board import Board
from mlkanban.core.events import Event
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.hints import hint
from mlkanban.service.history import HistoryEntry
from mlkanban.store import backup, repository, restore_backup, snapshots
from mlkanban.store.database import Connection
from mlkanban.store.location import store_path
from mlkanban.store.log import broken_link

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class StoreShare:
    """What one store has and another one lacks: counts, and the newest entries with their board."""

    events: int
    cards: int
    newest: Sequence[tuple[HistoryEntry, Board]]


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What restoring `file` would do. `unreadable` says why the present store cannot be compared;
    `altered` that the log of the backup does not fit together."""

    file: Path
    cards: int
    events: int
    lost: StoreShare
    won: StoreShare
    unreadable: str = ""
    altered: bool = False


def find_backup(data: Path, name: str) -> Path:
    """The backup called `name`: a file, or a backup in the folder by its name or prefix."""
    file = Path(name)
    if file.is_absolute() or _may_exist(file):
        return file
    matching = [
        copy.path for copy in backup.all_of(store_path(data)) if copy.path.name.startswith(name)
    ]
    exact = [path for path in matching if path.name == name]
    if len(exact or matching) > 1:
        raise UsageProblem(f"Several backups begin with {name!r}.", "Type more of the name.")
    if not matching:
        raise NotFound(f"There is no backup {name!r}.", hint("See: {backup list}"))
    return (exact or matching)[0]


def _may_exist(file: Path) -> bool:
    # Not `exists`, which from Python 3.14 on hides why a file cannot be looked at.
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True  # why it cannot be read is told when it is opened


def plan(data: Path, file: Path) -> RestorePlan:
    """Compare a backup with the present store; nothing is changed."""
    path = store_path(data)
    _not_itself(path, file)
    with contextlib.ExitStack() as stack:
        there = stack.enter_context(restore_backup.opened(file))
        store, why = restore_backup.readable(path)
        if store is not None:
            stack.callback(store.close)
        here = store.conn if store else None
        events, cards = _counts(there)
        lost = _share(here, there) if here else StoreShare(0, 0, ())
        won = _share(there, here) if here else StoreShare(events, cards, ())
        return RestorePlan(file, cards, events, lost, won, why, bool(broken_link(there)))


def restore(data: Path, file: Path) -> Path | None:
    """Replace the store by a backup; returns where the previous store was kept."""
    path = store_path(data)
    _not_itself(path, file)
    with restore_backup.opened(file) as source:
        return restore_backup.put(source, path)


def _not_itself(path: Path, file: Path) -> None:
    with contextlib.suppress(OSError):
        if file.samefile(path):
            raise UsageProblem(f"{file} is the store itself.", hint("See: {backup list}"))


def _counts(conn: Connection) -> tuple[int, int]:
    return len(snapshots.event_ids(conn)), len(snapshots.names(conn))


def _share(mine: Connection, other: Connection | None) -> StoreShare:
    theirs = snapshots.event_ids(other) if other else {}
    only = [seq for event, seq in snapshots.event_ids(mine).items() if event not in theirs]
    newest = snapshots.events_at(mine, sorted(only)[-_SHOWN:])
    cards = {named.id for named in snapshots.names(mine).values()}
    if other:
        cards -= {named.id for named in snapshots.names(other).values()}
    return StoreShare(len(only), len(cards), _entries(mine, newest))


def _entries(conn: Connection, events: Sequence[Event]) -> list[tuple[HistoryEntry, Board]]:
    """Events with the names that people know; those of boards that no longer exist are left out."""
    boards = {board.id: board for board in repository.boards(conn)}
    refs = {named.id: ref for ref, named in snapshots.names(conn).items()}
    return [
        (HistoryEntry(event, refs.get(event.card, ""), in_force=True), boards[event.board])
        for event in events
        if event.board in boards
    ]
