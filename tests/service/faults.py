"""Faults of a store that exchanges events, each planted into the real code while a test runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path

import pytest

from mlkanban.core.events import Entity, Event, Record
from mlkanban.store import log, merge, projector, replica

Plant = Callable[[pytest.MonkeyPatch], None]


def arrival_order(patch: pytest.MonkeyPatch) -> None:
    """What came last stands, whatever its clock says."""
    real = Entity.apply

    def apply(self: Entity, event: Event) -> bool:
        for name in event.data.get("set", {}):
            self.stamps.pop(name, None)
        return real(self, event)

    patch.setattr(Entity, "apply", apply)
    patch.setattr(log, "_IN_ORDER", "seq")
    patch.setattr(projector, "in_order", lambda events: sorted(events, key=attrgetter("seq")))


def no_tie_break(patch: pytest.MonkeyPatch) -> None:
    """Of two writes with one clock the one that came first stands."""
    patch.setattr(Event, "stamp", property(attrgetter("hlc")))

    def in_order(events: Iterable[Event]) -> list[Event]:
        return sorted(sorted(events, key=attrgetter("seq")), key=attrgetter("hlc"))

    patch.setattr(log, "_IN_ORDER", "hlc, seq")
    patch.setattr(projector, "in_order", in_order)


def wall_clock(patch: pytest.MonkeyPatch) -> None:
    """Events are stamped with the time of day, whatever was seen before."""
    patch.setattr(log, "tick", lambda last, wall_ms: f"{wall_ms:015d}.000000")


def gaps_accepted(patch: pytest.MonkeyPatch) -> None:
    """Later events of a replica are taken in although earlier ones have not come."""

    def next_in_log(last: int, given: Sequence[Record]) -> list[Record]:
        return [record for record in given if record.rseq > last]

    patch.setattr(merge, "next_in_log", next_in_log)
    patch.setattr(merge, "unbroken", lambda conn, given: list(given))


def restore_keeps_its_id(patch: pytest.MonkeyPatch) -> None:
    """A restored store goes on with the numbers of the one it was."""
    real = replica.identify
    patch.setattr(replica, "forget_place", lambda conn, present: None)

    def identify(conn: sqlite3.Connection, path: Path, now: datetime) -> replica.Replica:
        inode = str(path.stat().st_ino)
        conn.execute("UPDATE replica SET inode = ? WHERE path = ?", (inode, str(path.resolve())))
        return real(conn, path, now)

    patch.setattr(log, "identify", identify)


def no_transaction(patch: pytest.MonkeyPatch) -> None:
    """Every event that is taken in is written for good at once, before the tables follow."""
    real = merge.add

    def add(conn: sqlite3.Connection, given: Sequence[Record]) -> merge.Added:
        added = real(conn, given)
        conn.execute("COMMIT")
        conn.execute("BEGIN IMMEDIATE")
        return added

    patch.setattr(merge, "add", add)


FAULTS: tuple[Plant, ...] = (
    arrival_order, no_tie_break, wall_clock, gaps_accepted, restore_keeps_its_id, no_transaction,
)  # fmt: skip
