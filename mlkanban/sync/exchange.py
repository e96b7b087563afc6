"""Exchanging events with other replicas through files that each replica writes once.

A transport carries the files and knows nothing of what is in them; what may be taken in is decided
here and in store/merge.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from mlkanban.core import rules
from mlkanban.core.events import Record
from mlkanban.core.rules import Load
from mlkanban.service.transaction import Context
from mlkanban.store import forks, inert, merge, open_conflicts, repository
from mlkanban.store.database import Connection
from mlkanban.store.limit_breaches import breaches
from mlkanban.sync import file_format
from mlkanban.sync.clock import bound
from mlkanban.sync.forks import Forks
from mlkanban.text import short_name

_TRIES = 5

Progress = Callable[[str], None]
"""Hears what is being done, such as `reading file 3 of 12`."""


class Listing(NamedTuple):
    """The sync files there are: first numbers by replica, ascending. `others` are sentences about
    what has the name of one and is none."""

    firsts: Mapping[str, list[int]]
    others: list[str]


class Transport(Protocol):
    """Carries segments: files by replica and by the number of their first event."""

    def begin(self, tell: Progress) -> None:
        """Fetch what others sent; `tell` hears how far that is."""

    def listed(self) -> Listing:
        """What there is."""

    def read(self, replica: str, first: int) -> bytes:
        """One segment; b'' when it is gone."""

    def write(self, replica: str, first: int, content: bytes) -> None:
        """Add one segment, as a whole or not at all."""

    def end(self, tell: Progress) -> bool:
        """Send what was added; False when others were quicker and it all has to begin again."""


@dataclass(slots=True)
class Report:
    """What an exchange brought: new events by host, how many were sent, how many files were passed
    over, what is `undecided`, and in `told` what a person should know."""

    hosts: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    passed_over: int = 0
    undecided: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return sum(self.hosts.values())

    @property
    def message(self) -> str:
        parts = [
            f"{count} change{'' if count == 1 else 's'} from {short_name(host)}"
            for host, count in sorted(self.hosts.items())
        ]
        parts += [f"{self.sent} sent"] if self.sent else []
        parts += [_passed_over(self.passed_over)] if self.passed_over else []
        parts = parts or ["Nothing new"]
        parts += [_conflicts(self.undecided)] if self.undecided else []
        return ", ".join(parts) + "."


def _conflicts(count: int) -> str:
    return f"{count} conflict{'' if count == 1 else 's'} to resolve"


def _passed_over(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'} passed over"


class Sync:
    def __init__(self, context: Context) -> None:
        self._context = context

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
        with self._context.store.reading() as conn:
            report.undecided = open_conflicts.count(conn)
        report.told += self._context.take_notices()
        report.told = list(dict.fromkeys(report.told))
        return report

    # Taking in

    def _take(self, transport: Transport, report: Report, tell: Progress) -> dict[str, int | None]:
        """Take in all that fits, in one transaction, and after it what has forks; for each replica
        the number of its last event there, None when that cannot be told."""
        listed, others = transport.listed()
        report.told += others
        report.passed_over = len(others)
        with self._context.store.reading() as conn:
            known = merge.known(conn)
        there: dict[str, int | None] = {}
        new: dict[str, list[Record]] = {}
        for number, (replica_id, firsts) in enumerate(listed.items(), 1):
            tell(f"reading from machine {number} of {len(listed)}")
            last = known.get(replica_id, 0)
            found, end = self._looked_at(transport, replica_id, firsts, last, report)
            there[replica_id] = end
            if found:
                new[replica_id] = self._from_the_fork_on(transport, firsts, found)
        forks_of = Forks(self._context)
        forked = {r: found for r, found in new.items() if forks_of.concern(found)}
        self._add({r: found for r, found in new.items() if r not in forked}, report, tell)
        if forked:
            passed_over = forks_of.mend(forked, report.told)
            there |= {r: end for r, end in passed_over.items() if end is not None}
            self._add({r: forked[r] for r in forked if r not in passed_over}, report, tell)
        return there

    def _looked_at(
        self, transport: Transport, replica: str, firsts: list[int], last: int, report: Report
    ) -> tuple[list[Record], int | None]:
        """The events of a replica from files that may hold unknown ones, and the last number."""
        found: list[Record] = []
        end: int | None = 0
        gap = False
        for at, first in enumerate(firsts):
            if at + 1 < len(firsts) and firsts[at + 1] <= last + 1:
                continue  # all of it is known
            read = file_format.read(transport.read(replica, first), replica, first)
            if read.fault:
                # The last file is one that each machine reads: what a machine does not know of it,
                # the next one that does adds.
                again = not read.intact and first <= last and at + 1 == len(firsts)
                report.told.append(
                    f"log/{replica}/{first:09}.jsonl {read.fault}. "
                    f"It {'is written again' if again else 'was passed over'}."
                )
                report.passed_over += not again
                if again:
                    end = first - 1
                elif first <= last:
                    end = None
                continue
            # What lies beyond a gap is of no use there, until somebody fills that.
            gap |= first > max(end or 0, 0 if found else last) + 1
            found += read.records
            if read.records and end is not None and not gap:
                end = max(end, read.records[-1].rseq)
        return found, end

    def _from_the_fork_on(
        self, transport: Transport, firsts: list[int], found: list[Record]
    ) -> list[Record]:
        """The events that were found and, when they do not follow from the log here, those before
        them back to the ones that do."""
        for first in reversed(firsts):
            with self._context.store.reading() as conn:
                if forks.joins(conn, found[0]):
                    break
            if first >= found[0].rseq:
                continue
            read = file_format.read(
                transport.read(found[0].replica, first), found[0].replica, first
            )
            found = [*(one for one in read.records if one.rseq < found[0].rseq), *found]
        return found

    def _fitting(self, new: Mapping[str, list[Record]], report: Report) -> dict[str, list[Record]]:
        """Of what was found, without forks, that which may be taken in."""
        fitting = {}
        with self._context.store.reading() as conn:
            known = merge.known(conn)
            for replica_id, found in new.items():
                last = known.get(replica_id, 0)
                rest = merge.next_in_log(last, found)
                late = [one for one in found if one.rseq > last + len(rest)]
                if late:
                    report.told.append(
                        f"{len(late)} changes from {short_name(late[0].host)} wait: those before "
                        "have not come yet."
                    )
                good = merge.unbroken(conn, rest)
                if len(good) < len(rest):
                    report.told.append(
                        f"Changes from {short_name(rest[0].host)} do not follow from those before "
                        f"(event {rest[len(good)].rseq}); they were not taken in."
                    )
                if good:
                    fitting[replica_id] = good
        return fitting

    def _add(self, new: Mapping[str, list[Record]], report: Report, tell: Progress) -> None:
        given = [one for found in self._fitting(new, report).values() for one in found]
        if not given:
            return
        with self._context.writing() as tx:
            boards = [board.id for board in repository.boards(tx.conn)]
            before = {board: repository.loads(tx.conn, board) for board in boards}
            added = merge.add(tx.conn, given)
            for host, count in Counter(record.host for record in added.new).items():
                report.hosts[host] = report.hosts.get(host, 0) + count
            what = f"taking in {len(given):,} change{'' if len(given) == 1 else 's'}"
            report.told += merge.refold(
                tx.conn, added, lambda done, of: tell(f"{what}, {done:,} of {of:,} cards")
            )
            merge.another_letter(tx.conn, tx.writer.replica)
            report.told += _over(tx.conn, before)
            report.told += _about_malformed(tx.conn, given)
        report.told += _about_clocks(given, self._context.clock())
        for version in merge.newer(given):
            report.told.append(
                f"Some changes were written by a newer mlkanban (format {version}): they are kept "
                "and passed on, and show when you update."
            )

    # Sending

    def _send(self, transport: Transport, there: Mapping[str, int | None], tell: Progress) -> int:
        """Add what is not there yet, of every replica known here; how many events."""
        sent = 0
        with self._context.store.reading() as conn:
            for replica, last in merge.known(conn).items():
                first = there.get(replica, 0)
                if first is None:
                    continue
                for records in _parts(conn, replica, first + 1, last):
                    sent += len(records)
                    tell(f"writing {sent:,} change{'' if sent == 1 else 's'}")
                    transport.write(replica, records[0].rseq, file_format.written(records))
        return sent


def _parts(conn: Connection, replica: str, first: int, last: int) -> Iterator[list[Record]]:
    """The events of a replica in portions that each fit into a file."""
    while first <= last:
        records = merge.records(conn, replica, first, file_format.MOST)
        size = 0
        for at, record in enumerate(records):
            size += 2 * len(record.data) + 1000
            if at and size > file_format.LARGEST // 2:
                records = records[:at]
                break
        yield records
        first = records[-1].rseq + 1


def _over(conn: Connection, before: Mapping[str, Mapping[str, Load]]) -> list[str]:
    """The stages that went over their limits by what was taken in; `since the merge` is what the
    board calls so, too."""
    said = []
    for board in repository.boards(conn):
        loads, merged = repository.loads(conn, board.id), breaches(conn, board)
        for stage in board.stages:
            was = rules.meters(stage, before.get(board.id, {}).get(stage.id, Load()))
            now = rules.meters(stage, loads.get(stage.id, Load()))
            said += [
                f"{stage.name} is {meter.count}/{meter.limit}"
                f"{' since the merge' if (stage.id, meter.name) in merged else ', over its limit'}."
                for old, meter in zip(was, now, strict=True)
                if meter.over and meter.count > old.count
            ]
    return said


def _about_malformed(conn: Connection, given: list[Record]) -> list[str]:
    counted = Counter(record.host for record in given if inert.is_malformed(conn, record))
    return [
        f"{count:,} change{' is' if count == 1 else 's are'} malformed "
        f"({short_name(host) or 'no host'}): kept and passed on, but not shown or counted. "
        "Update mlkanban there; mlkanban doctor counts them."
        for host, count in sorted(counted.items())
    ]


def _about_clocks(given: list[Record], now: datetime) -> list[str]:
    limit = bound(int(now.timestamp() * 1000))
    hosts = sorted({record.host for record in given if record.hlc > limit})
    return [
        f"The clock of {short_name(host)} is more than an hour ahead of the one here; "
        "set one of them right."
        for host in hosts
    ]
