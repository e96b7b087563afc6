"""Exchanging events with other replicas through files that each replica writes once.

A transport carries the files and knows nothing of what is in them; what may be taken in is decided
here and in store/taking_in.py.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mlkanban.core import rules, segment
from mlkanban.core.hlc import bound
from mlkanban.core.rules import Load
from mlkanban.core.segment import Record
from mlkanban.errors import StoreProblem
from mlkanban.service.transaction import Desk
from mlkanban.store import disputes, inert, repository, taking_in
from mlkanban.store.database import Connection

_TRIES = 5

Progress = Callable[[str], None]
"""Hears what is being done, such as `reading file 3 of 12`."""


class Transport(Protocol):
    """Carries segments: files by replica and by the number of their first event."""

    def begin(self, tell: Progress) -> None:
        """Fetch what others sent; `tell` hears how far that is."""

    def listed(self) -> Mapping[str, list[int]]:
        """The segments there are: first numbers by replica, ascending."""

    def read(self, replica: str, first: int) -> bytes:
        """One segment; b'' when it is gone."""

    def write(self, replica: str, first: int, content: bytes) -> None:
        """Add one segment, as a whole or not at all."""

    def end(self, tell: Progress) -> bool:
        """Send what was added; False when others were quicker and it all has to begin again."""


@dataclass(slots=True)
class Report:
    """What an exchange brought: new events by host, how many were sent, what is `undecided`, and
    in `told` what a person should know."""

    hosts: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    undecided: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return sum(self.hosts.values())

    @property
    def message(self) -> str:
        parts = [
            f"{count} change{'' if count == 1 else 's'} from {host}"
            for host, count in sorted(self.hosts.items())
        ]
        parts += [f"{self.sent} sent"] if self.sent else []
        parts = parts or ["Nothing new"]
        parts += [_conflicts(self.undecided)] if self.undecided else []
        return ", ".join(parts) + "."


def _conflicts(count: int) -> str:
    return f"{count} conflict{'' if count == 1 else 's'} to resolve"


class Sync:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def exchange(self, transport: Transport, tell: Progress = lambda _: None) -> Report:
        """Take in what others sent and send what they do not have yet; `tell` hears how far that
        is."""
        report = Report()
        for _ in range(_TRIES):
            tell("fetching")
            transport.begin(tell)
            there = self._take(transport, report, tell)
            sent = self._send(transport, there, tell)
            tell("sending")
            if transport.end(tell):
                report.sent = sent
                break
        else:
            report.told.append("Others were sending all the time: what is new here goes next time.")
        with self._desk.store.reading() as conn:
            report.undecided = disputes.count(conn)
        report.told = list(dict.fromkeys(report.told))
        return report

    # Taking in

    def _take(self, transport: Transport, report: Report, tell: Progress) -> dict[str, int | None]:
        """Take in all that fits, in one transaction; for each replica the number of its last event
        there, None when that cannot be told."""
        listed = transport.listed()
        with self._desk.store.reading() as conn:
            known = taking_in.known(conn)
        there: dict[str, int | None] = {}
        new: dict[str, list[Record]] = {}
        for number, (replica, firsts) in enumerate(listed.items(), 1):
            tell(f"reading from machine {number} of {len(listed)}")
            last = known.get(replica, 0)
            found, there[replica] = self._looked_at(transport, replica, firsts, last, report)
            if found:
                new[replica] = found
        waiting = self._without_forks(new, known, report)
        if waiting:
            self._add(waiting, report, tell)
        return there

    def _looked_at(
        self, transport: Transport, replica: str, firsts: list[int], last: int, report: Report
    ) -> tuple[list[Record], int | None]:
        """The events of a replica from files that may hold unknown ones, and the last number."""
        found: list[Record] = []
        end: int | None = 0
        for at, first in enumerate(firsts):
            if at + 1 < len(firsts) and firsts[at + 1] <= last + 1:
                continue  # all of it is known
            read = segment.read(transport.read(replica, first), replica, first)
            if read.fault:
                report.told.append(
                    f"{replica[-6:]}/{first}.jsonl {read.fault}. It was passed over."
                )
                end = None
                continue
            found += read.records
            end = read.records[-1].rseq if read.records and end is not None else end
        return found, end

    def _without_forks(
        self, new: dict[str, list[Record]], known: Mapping[str, int], report: Report
    ) -> dict[str, list[Record]]:
        fitting = {}
        with self._desk.store.reading() as conn:
            for replica, found in new.items():
                if forked := taking_in.fork(conn, found):
                    self._keep_aside(forked)
                    report.told.append(
                        f"Two stores write as the replica {replica[-6:]} of {forked.theirs.host}: "
                        f"event {forked.theirs.rseq} is there twice and differs. Nothing more of "
                        f"it is taken in; both are kept in {self._aside}."
                    )
                    continue
                rest = taking_in.next_ones(known.get(replica, 0), found)
                late = [one for one in found if one.rseq > known.get(replica, 0) + len(rest)]
                if late:
                    report.told.append(
                        f"{len(late)} changes from {late[0].host} wait: those before have not "
                        "come yet."
                    )
                good = taking_in.unbroken(conn, rest)
                if len(good) < len(rest):
                    report.told.append(
                        f"Changes from {rest[0].host} do not follow from those before "
                        f"(event {rest[len(good)].rseq}); they were not taken in."
                    )
                if good:
                    fitting[replica] = good
        return fitting

    def _add(self, new: Mapping[str, list[Record]], report: Report, tell: Progress) -> None:
        given = [record for found in new.values() for record in found]
        with self._desk.writing() as tx:
            boards = [board.id for board in repository.boards(tx.conn)]
            before = {board: repository.loads(tx.conn, board) for board in boards}
            for record in given:
                if taking_in.add(tx.conn, [record]):
                    report.hosts[record.host] = report.hosts.get(record.host, 0) + 1
            what = f"taking in {len(given):,} change{'' if len(given) == 1 else 's'}"
            report.told += taking_in.refold(
                tx.conn, given, lambda done, of: tell(f"{what}, {done:,} of {of:,} cards")
            )
            taking_in.another_letter(tx.conn, tx.writer.replica)
            report.told += _over(tx.conn, before)
            report.told += _about_malformed(tx.conn, given)
        report.told += _about_clocks(given, self._desk.clock())
        for version in taking_in.newer(given):
            report.told.append(
                f"Some changes were written by a newer mlkanban (format {version}): they are kept "
                "and passed on, and show when you update."
            )

    @property
    def _aside(self) -> Path:
        return self._desk.store.path.parent / "sync" / "aside"

    def _keep_aside(self, forked: taking_in.Fork) -> None:
        self._aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        for whose, record in (("ours", forked.ours), ("theirs", forked.theirs)):
            path = self._aside / f"{record.replica}-{record.rseq}-{whose}.jsonl"
            try:
                path.write_bytes(segment.written([record]))
            except OSError as error:
                raise StoreProblem(
                    f"{path} cannot be written: {os.strerror(error.errno or 0)}.",
                    "Nothing was taken in.",
                ) from error

    # Sending

    def _send(self, transport: Transport, there: Mapping[str, int | None], tell: Progress) -> int:
        """Add what is not there yet, of every replica known here; how many events."""
        sent = 0
        with self._desk.store.reading() as conn:
            for replica, last in taking_in.known(conn).items():
                first = there.get(replica, 0)
                if first is None:
                    continue
                for records in _parts(conn, replica, first + 1, last):
                    sent += len(records)
                    tell(f"writing {sent:,} change{'' if sent == 1 else 's'}")
                    transport.write(replica, records[0].rseq, segment.written(records))
        return sent


def _parts(conn: Connection, replica: str, first: int, last: int) -> Iterator[list[Record]]:
    """The events of a replica in portions that each fit into a file."""
    while first <= last:
        records = taking_in.records(conn, replica, first, segment.MOST)
        size = 0
        for at, record in enumerate(records):
            size += 2 * len(record.data) + 1000
            if at and size > segment.LARGEST // 2:
                records = records[:at]
                break
        yield records
        first = records[-1].rseq + 1


def _over(conn: Connection, before: Mapping[str, Mapping[str, Load]]) -> list[str]:
    """The stages that are over their limits since the merge."""
    said = []
    for board in repository.boards(conn):
        loads = repository.loads(conn, board.id)
        for stage in board.stages:
            was = rules.meters(stage, before.get(board.id, {}).get(stage.id, Load()))
            now = rules.meters(stage, loads.get(stage.id, Load()))
            said += [
                f"{stage.name} is {meter.count}/{meter.limit} since the merge."
                for old, meter in zip(was, now, strict=True)
                if meter.over and meter.count > old.count
            ]
    return said


def _about_malformed(conn: Connection, given: list[Record]) -> list[str]:
    counted = Counter(record.host for record in given if inert.is_malformed(conn, record))
    return [
        f"{count:,} change{' is' if count == 1 else 's are'} malformed ({host or 'no host'}): kept "
        "and passed on, but not shown or counted. Update mlkanban there; mlkanban doctor counts "
        "them."
        for host, count in sorted(counted.items())
    ]


def _about_clocks(given: list[Record], now: datetime) -> list[str]:
    limit = bound(int(now.timestamp() * 1000))
    hosts = sorted({record.host for record in given if record.hlc > limit})
    return [
        f"The clock of {host} is more than an hour ahead of the one here; set one of them right."
        for host in hosts
    ]
