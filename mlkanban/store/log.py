"""Writing the event log: every event gets its place, its clock and its link in the hash chain."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from mlkanban.core import lifecycle
from mlkanban.core.events import (
    FIRST_FORMAT,
    FORMAT,
    KNOWN,
    LOGGED,
    RECORD_FIELDS,
    Change,
    Entity,
    Event,
    Record,
    logged,
    names_board,
    record_values,
    with_data,
)
from mlkanban.core.redaction import is_stub
from mlkanban.core.timestamps import bound, far_behind, instant, tick
from mlkanban.errors import StoreProblem
from mlkanban.store import names
from mlkanban.store.projector import Projector
from mlkanban.store.replica import (
    Replica,
    forget_place,
    identify,
    is_behind,
    keep_mark,
    uuid7,
)
from mlkanban.store.rows import CARD_LETTER, CARD_NUMBER, IN_FORCE, RECORD_COLUMNS, record_of
from mlkanban.store.rows import COLUMNS as COLUMNS
from mlkanban.store.rows import event_of as event_of

_LITTLE_ROOM = 900_000_000
"""A number of a short card id after which few are left of those that count."""
_HELD = 2_000
"""Events after which a replay writes out the cards that it has folded."""
_IN_ORDER = "hlc, replica, rseq"
"""The order of `in_order`, which the store keeps for all events."""


def chained(previous: str, record: Record) -> str:
    """The hash that ties a record to the one its replica wrote before (SHA-256, hex)."""
    link = "\x1f".join([previous, *map(str, logged(record))])
    from hashlib import sha256  # loads OpenSSL, which a board that is only looked at can do without

    return sha256(link.encode("utf-8", "surrogatepass")).hexdigest()


def links(previous: str, record: Record) -> bool:
    """Whether a record follows the one before it, whose hash is `previous`."""
    return chained(previous, record) == record.hash or is_stub(record.data)


_INSERT = f"INSERT INTO event ({RECORD_COLUMNS}) VALUES ({','.join('?' * len(RECORD_FIELDS))})"


def insert(conn: sqlite3.Connection, record: Record) -> int:
    """Put a record into the log; the number it has there. IntegrityError when its place or its id
    is taken."""
    return conn.execute(_INSERT, record_values(record)).lastrowid or 0


def insert_new(conn: sqlite3.Connection, record: Record) -> int | None:
    """Put a record into the log; None when its place or its id is taken."""
    cursor = conn.execute(f"{_INSERT} ON CONFLICT DO NOTHING", record_values(record))
    return cursor.lastrowid if cursor.rowcount else None


class Writer:
    """Appends events within one write transaction and keeps the projections up to date.

    All events of one writer are one action until `begin_action`: one undo takes them back together.
    `went_back` says that the store is older than its high-water mark below `marks`; the writer then
    goes on as a new replica.
    """

    def __init__(
        self,
        conn: sqlite3.Connection,
        path: Path,
        *,
        actor: str,
        now: datetime,
        marks: Path | None = None,
    ) -> None:
        self._conn = conn
        self._now = now
        self.actor = actor
        self._marks = marks
        self.replica: Replica = identify(conn, path, now)
        self.went_back = is_behind(conn, self.replica, marks)
        if self.went_back:
            forget_place(conn, [])
            self.replica = identify(conn, path, now)
        self.projector = Projector(conn)
        self.begin_action()
        self._wall = int(now.timestamp() * 1000)
        newest = conn.execute(
            f"SELECT hlc FROM event WHERE hlc <= ? AND {IN_FORCE} ORDER BY hlc DESC LIMIT 1",
            (bound(self._wall),),
        ).fetchone()
        self._hlc = newest[0] if newest else ""
        last = conn.execute(
            "SELECT rseq, hash FROM event WHERE replica = ? ORDER BY rseq DESC LIMIT 1",
            (self.replica.id,),
        ).fetchone()
        self._rseq: int = last[0] if last else 0
        self._marked = self._rseq
        self._hash: str = last[1] if last else ""
        self._number = 0
        self._passed_over: set[int | None] = set()
        self._of_others: dict[str, list[str]] = {}

    def keep_mark(self) -> None:
        """Record how far this replica has written; call it after the commit."""
        if self._marks is not None and self._rseq > self._marked:
            keep_mark(self._marks, self.replica, self._rseq, self._hash)

    def begin_action(self) -> None:
        """Begin a new action: what is appended from now on is undone by itself."""
        self.action = uuid7(self._now)

    def new_ref(self) -> str:
        """The next short card id of this replica, such as `g12`."""
        if not self._number:
            (highest,) = self._conn.execute(
                f"SELECT max({CARD_NUMBER}) FROM card WHERE {CARD_LETTER} = ?",
                (self.replica.letter,),
            ).fetchone()
            self._number = highest or 0
            if self._number >= _LITTLE_ROOM:
                # A peer took a number that leaves no room: go on where the own ones end.
                self._number = 0
                self._passed_over = set(self._numbers())
        self._number += 1
        while self._number in self._passed_over:
            self._number += 1
        return f"{self.replica.letter}{self._number}"

    def _numbers(self) -> Iterator[int | None]:
        """The numbers of the short ids that start with this replica's letter."""
        rows = self._conn.execute(
            f"SELECT {CARD_NUMBER} FROM card WHERE {CARD_LETTER} = ?", (self.replica.letter,)
        ).fetchall()
        return (number for (number,) in rows)

    def append(self, change: Change) -> Event | None:
        """Write one change; None when an event with the id it names exists already."""
        if change.event_id and self.knows(change.event_id):
            return None
        self._hlc = tick(self._hlc, self._wall)
        data: dict[str, Any] = {}
        entity = self.projector.entity(change.card or change.stage or change.board)
        brought_in = bool(change.event_id)
        values, restores = dict(change.set), dict(change.restores)
        if change.card and not brought_in:
            values = lifecycle.whole(entity, values)
        if change.undoes:
            # What an undo does not put back was written when it was.
            carried = values.keys() - change.set.keys()
            restores |= {n: entity.origins[n] for n in carried if n in entity.origins}
        place = values.get("place")
        if place and len(place) < 3 and entity.homes and change.board != entity.homes[0]:
            values["place"] = [*place, change.board]
        if values:
            data["set"] = values
            data["was"] = entity.replaced_by(values)
        saw = entity.taken_back(values)
        if change.card and entity.fields and not brought_in:
            saw[KNOWN] = self._newest_of_others(change.card)
        if saw:
            data["saw"] = saw
        for name, value in (
            ("stage", change.stage), ("note", change.note), ("reason", change.reason),
            ("unticked", list(change.unticked)), ("broken", list(change.broken)),
            ("restores", restores),
            ("settles", {name: list(stamps) for name, stamps in change.settles.items()}),
            ("passed", list(change.passed)), ("instead", list(change.instead)),
            ("redacts", {stamp: sorted(texts) for stamp, texts in change.redacts.items()}),
        ):  # fmt: skip
            if value:
                data[name] = value
        event = Event(
            id=change.event_id or uuid7(self._now),
            replica=self.replica.id,
            rseq=self._rseq + 1,
            hlc=self._after(entity, change),
            at=change.at or self._instant_for(change.card),
            actor=change.actor or self.actor,
            host=self.replica.host,
            board=change.board,
            card=change.card,
            kind=change.kind,
            version=FORMAT if names_board(data) else FIRST_FORMAT,
            data=data,
            action=self.action,
            undoes=change.undoes,
        )
        from mlkanban.core.event_validation import inert  # nothing is written by most commands

        if inert(event):
            # It would be left out here and everywhere else: better to say so than to lose it.
            raise StoreProblem(
                f"What was to be written ({event.kind}) holds a value that no board can keep.",
                "Nothing was written.",
            )
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        record = Record(*with_data(event, text))
        record = replace(record, hash=chained(self._hash, record))
        event = replace(event, seq=insert(self._conn, record))
        self._rseq, self._hash = record.rseq, record.hash
        self.projector.apply(event)
        return event

    def _after(self, entity: Entity, change: Change) -> str:
        """The clock of a change: after everything the change is about, even after a clock that was
        far ahead, but without pulling later changes along."""
        last = max(entity.stamps.values(), default="").partition(":")[0]
        if change.undoes:
            row = self._conn.execute(
                f"SELECT hlc FROM event WHERE id = ? AND {IN_FORCE}", (change.undoes,)
            ).fetchone()
            last = max(last, row[0] if row else "")
        return self._hlc if self._hlc > last else tick(last, self._wall)

    def _newest_of_others(self, card: str) -> list[str]:
        """The stamp of the newest event about a card by every other replica. No events of others
        arrive during a write, so it is read once for each card."""
        if card not in self._of_others:
            rows = self._conn.execute(
                "SELECT max(hlc), replica FROM event WHERE card = ? AND replica != ?"
                f" AND {IN_FORCE} GROUP BY replica",
                (card, self.replica.id),
            ).fetchall()
            self._of_others[card] = sorted(f"{hlc}:{replica}" for hlc, replica in rows)
        return self._of_others[card]

    def _instant_for(self, card: str) -> str:
        """The instant of a change: now, but after a clock was set back not before the last step of
        the card, which would otherwise count as the later one.

        A last step by a clock that was far ahead is not followed; a clock that is behind everything
        ever written is itself the wrong one.
        """
        (last,) = self._conn.execute(
            "SELECT max(at) FROM transition WHERE card = ?", (card,)
        ).fetchone()
        now = instant(self._now)
        if last and far_behind(now, last):
            (first,) = self._conn.execute("SELECT min(at) FROM event").fetchone()
            return now if first <= now else last
        return max(now, last or "")

    def knows(self, event_id: str) -> bool:
        """Whether the log has an event with this id."""
        row = self._conn.execute("SELECT 1 FROM event WHERE id = ?", (event_id,)).fetchone()
        return row is not None


def broken_link(conn: sqlite3.Connection) -> str:
    """The id of the first event whose hash does not fit its replica's chain; '' for none. The hash
    of a stub is that of the event whose text was removed, and the chain goes on from there."""
    previous: dict[str, str] = {}
    # Row by row, here and below: a long log need not fit into memory.
    rows = conn.execute(f"SELECT {RECORD_COLUMNS} FROM event ORDER BY replica, rseq")
    for record in map(record_of, rows):
        if not links(previous.get(record.replica, ""), record):
            return record.id
        previous[record.replica] = record.hash
    return ""


def rebuild(conn: sqlite3.Connection, progress: Callable[[int], None] = lambda _: None) -> None:
    """Replay the whole log into the (empty) projections; `progress` is called now and then with the
    number of events so far.

    Card after card, so that a long log takes little memory; in the order of the log, and with all
    cards in memory, where events of one card decide about another one.
    """
    from mlkanban.store.inert import entangled, sift  # a log is rarely replayed

    projector = Projector(conn)
    replicas: dict[str, set[str]] = {}
    if in_turn := not entangled(conn):
        rows = _card_by_card(conn)
    else:
        rows = conn.execute(f"SELECT {COLUMNS} FROM event ORDER BY {_IN_ORDER}")
    held = 0
    for number, event in enumerate(sift(conn, map(event_of, rows)), 1):
        if held >= _HELD and not (in_turn and event.entity in replicas):
            if in_turn:
                _write_out(projector, replicas)
            held = 0
            progress(number)
        projector.apply(event)
        replicas.setdefault(event.entity, set()).add(event.replica)
        held += 1
    _write_out(projector, replicas)
    names.make_names_unique(conn)


def _card_by_card(conn: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """The rows of the log: those about boards and stages, then those of each card, by clock."""
    by_clock = itemgetter(*map(LOGGED.index, ("hlc", "replica", "rseq")))
    rows = conn.execute(f"SELECT {COLUMNS} FROM event INDEXED BY event_card ORDER BY card")
    for _, of_card in groupby(rows, itemgetter(LOGGED.index("card"))):
        yield from sorted(of_card, key=by_clock)


def _write_out(projector: Projector, replicas: dict[str, set[str]]) -> None:
    """Write out entities that are complete, with the conflicts of those that several replicas
    wrote to."""
    projector.look_for_conflicts({entity for entity, some in replicas.items() if len(some) > 1})
    projector.forget()
    replicas.clear()
