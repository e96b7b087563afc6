"""Removing redacted text from the log and from backups."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from mlkanban.core.event_validation import inert, is_valid_value
from mlkanban.core.events import Event, in_order
from mlkanban.core.redaction import KIND, Redactions, is_stub, redactions_in, spread, stub
from mlkanban.errors import MlkanbanError
from mlkanban.files import sync_file, sync_folder
from mlkanban.store import backup, database, migrations
from mlkanban.store.forks import log_open
from mlkanban.store.log import rebuild
from mlkanban.store.rows import COLUMNS, event_of

_PENDING = "redaction-pending"


def redactions(conn: sqlite3.Connection) -> dict[str, Redactions]:
    """What was redacted, by the card, stage or board that it is about."""
    # The kind as in the index.
    rows = conn.execute(f"SELECT {COLUMNS} FROM event WHERE kind = '{KIND}'").fetchall()
    found: dict[str, list[Event]] = {}
    for event in map(event_of, rows):
        if not inert(event):
            found.setdefault(event.entity, []).append(event)
    return {entity: redactions_in(events) for entity, events in found.items()}


def apply(conn: sqlite3.Connection, redacted: dict[str, Redactions]) -> int:
    """Replace redacted text in the log, within the caller's transaction; returns in how many
    events. The caller rebuilds the projections."""
    stubs = []
    for entity, named in redacted.items():
        events = in_order(_about(conn, entity))
        spread_named = spread(events, named)
        for event in events:
            if (data := stub(event, spread_named, is_valid)) is not None:
                stubs.append(
                    (json.dumps(data, ensure_ascii=False, separators=(",", ":")), event.seq)
                )
    if stubs:
        conn.execute("PRAGMA secure_delete=ON")
        with log_open(conn):
            conn.executemany("UPDATE event SET data = ? WHERE seq = ?", stubs)
    return len(stubs)


def is_valid(name: str, value: object) -> bool:
    """Whether an event may set a field to a value."""
    try:
        return is_valid_value(name, value)
    except (ArithmeticError, AttributeError, LookupError, MlkanbanError, TypeError, ValueError):
        return False


def _about(conn: sqlite3.Connection, entity: str) -> list[Event]:
    """The events of an entity, those that do not count, too."""
    rows = conn.execute(f"SELECT {COLUMNS} FROM event WHERE card = ?", (entity,)).fetchall()
    if not rows:
        rows = conn.execute(f"SELECT {COLUMNS} FROM event WHERE card = ''").fetchall()
    return [event for event in map(event_of, rows) if event.entity == entity]


def places(conn: sqlite3.Connection) -> dict[str, list[int]]:
    """The numbers of the stubs of each replica."""
    found: dict[str, list[int]] = {}
    for entity in redactions(conn):
        rows = conn.execute(
            "SELECT replica, rseq, data FROM event WHERE card = ? OR (card = '' AND (board = ? OR"
            " json_extract(data, '$.stage') = ?)) ORDER BY rseq",
            (entity, entity, entity),
        )
        for replica, rseq, data in rows:
            if is_stub(data):
                found.setdefault(replica, []).append(rseq)
    return found


def renew(conn: sqlite3.Connection) -> None:
    """Make the projections, and with them the search, anew from the log."""
    migrations.recreate_projections(conn)
    rebuild(conn)


def begin(path: Path) -> None:
    """Note that text is being removed from the store at `path`, so that a killed process leaves
    more than half of it undone to nobody's knowledge."""
    marker = path.with_name(_PENDING)
    os.close(os.open(marker, os.O_CREAT | os.O_WRONLY, 0o600))
    sync_folder(path.parent)


def is_pending(path: Path) -> bool:
    """Whether the removal of text was begun and not finished."""
    return path.with_name(_PENDING).exists()


def end(path: Path) -> None:
    path.with_name(_PENDING).unlink(missing_ok=True)


def clean_backups(path: Path, redacted: dict[str, Redactions]) -> tuple[int, list[Path]]:
    """Replace redacted text in all backups of a store; returns in how many there was some, and
    those in which it could not be replaced."""
    changed, failed = 0, []
    for kept in backup.all_of(path):
        try:
            changed += _clean(path, kept.path, redacted)
        except (MlkanbanError, sqlite3.Error, *backup.NOT_UNPACKED):
            failed.append(kept.path)
    return changed, failed


def _clean(path: Path, file: Path, redacted: dict[str, Redactions]) -> bool:
    """Replace redacted text in one backup, which is whole before and after. It has the tables of
    this program then."""
    draft = database.empty_draft(file.parent)
    leftovers: Iterable[Path] = (draft, draft.with_name(f"{draft.name}-journal"))
    try:
        with backup.unpacked(file) as plain:
            shutil.copyfile(plain, draft)
        store = database.open_draft(draft)
        try:
            with store.writing() as conn:
                count = apply(conn, redacted)
                if count:
                    renew(conn)
            if not count:
                return False
            store.compact()
            (verdict,) = store.conn.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            store.close()
        if verdict != "ok":
            raise sqlite3.DatabaseError(str(verdict))
        if file.suffix == backup.COMPRESSED:
            packed = draft.with_name(f"{draft.name}.gz")
            leftovers = (*leftovers, packed)
            with open(draft, "rb") as whole, gzip.open(packed, "wb", 1) as out:
                shutil.copyfileobj(whole, out)
            os.chmod(packed, 0o600)
            os.replace(packed, draft)
        sync_file(draft)
        os.replace(draft, file)
        sync_folder(file.parent)
        return True
    finally:
        for left in leftovers:
            with contextlib.suppress(FileNotFoundError):
                left.unlink()
