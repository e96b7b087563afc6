"""Exchanging events with other replicas through files that each replica writes once.

A transport carries the files and knows nothing of what is in them; what may be taken in is decided
here and in store/merge.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple, Protocol, runtime_checkable

from mlkanban.core import rules
from mlkanban.core.events import Change, Record
from mlkanban.core.redaction import is_stub
from mlkanban.core.rules import Load
from mlkanban.core.timestamps import bound
from mlkanban.errors import NotFound, RuleRefused
from mlkanban.hints import hint, sentences
from mlkanban.service.redaction import Redacting
from mlkanban.service.transaction import Context, Transaction
from mlkanban.store import after_merge, forks, inert, merge, redaction, replica, repository
from mlkanban.store.database import Connection
from mlkanban.store.strays import strays
from mlkanban.sync import file_format
from mlkanban.sync.forks import Forks
from mlkanban.text import short_name

_TRIES = 5
_PART_EVENTS = 10_000
"""So many new events are read, and merged in one transaction, before more are read."""
_AT_ONCE = 1000

Progress = Callable[[str], None]
"""Is called with what is being done, such as `reading file 3 of 12`."""


class KnownEvents(NamedTuple):
    """What this store has: the number of the last event of every replica, the hash of an event (''
    for none), and whether the store writes, or wrote, as a replica. Of the replicas in `redacted`
    all files are wanted: text may have to be removed from them."""

    lasts: Mapping[str, int]
    digest: Callable[[str, int], str]
    owns: Callable[[str], bool]
    redacted: Container[str] = ()


class Listing(NamedTuple):
    """The sync files of a transport: first numbers by replica, ascending. `others` are sentences
    about entries that are named like a sync file and are none.

    Of the replicas in `ends` nothing has to be read: all that is there, up to that number, is known
    here. To those in `closed` this store cannot add anything.
    """

    firsts: Mapping[str, list[int]]
    others: list[str]
    ends: Mapping[str, int] = {}
    closed: frozenset[str] = frozenset()


class _State(NamedTuple):
    """What a person is told changes of: the loads of the stages of each board, names, and cards
    that were left apart."""

    loads: Mapping[str, Mapping[str, Load]]
    names: merge.Names
    strays: Collection[str]


class NotTaken(Exception):
    """The other side did not take events of a replica; the text is a sentence for the person."""


class Transport(Protocol):
    """Carries sync files between replicas, addressed by replica and by the number of their first
    event."""

    def begin(self, progress: Progress) -> None:
        """Fetch what others sent; `progress` is called on the way."""

    def listed(self, known: KnownEvents) -> Listing:
        """List the sync files that are there; of what is known here as little as possible."""

    def name(self, replica: str, first: int) -> str:
        """What a sync file is called in messages."""

    def read(self, replica: str, first: int) -> bytes:
        """Read one sync file; b'' when it is gone."""

    def write(self, replica: str, first: int, content: bytes) -> None:
        """Add one sync file, completely or not at all; NotTaken when the other side refuses it."""

    def end(self, progress: Progress, known: KnownEvents, ends: Mapping[str, int]) -> bool:
        """Send what was added; False when others were faster, and the exchange has to begin
        again. Of the replicas in `ends` the other side has all events up to that number, and no
        others, which are known here: a transport may go by that next time."""


@runtime_checkable
class Redacts(Protocol):
    """A transport that replaces single events by their stubs, with no files to write again."""

    def redact(self, records: Sequence[Record]) -> None: ...


@dataclass(slots=True)
class Report:
    """The result of an exchange: new events by host, how many events were sent, how many files were
    passed over, how many conflicts are open, and notices for the person."""

    hosts: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    passed_over: int = 0
    conflicts: int = 0
    notices: list[str] = field(default_factory=list)

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
        parts += [_conflicts(self.conflicts)] if self.conflicts else []
        return ", ".join(parts) + "."


def _conflicts(count: int) -> str:
    return f"{count} conflict{'' if count == 1 else 's'} to resolve"


def _passed_over(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'} passed over"


class _Reader:
    """Reads the sync files of the replicas in `due`, in parts that fit into memory.

    `ends` are the numbers of the last events at the other side, None where that is unknown.
    `passed_over` are the names of files that hold nothing of use. The replicas in `whole` come
    last, and of them all is read at once.
    """

    def __init__(
        self,
        context: Context,
        transport: Transport,
        firsts: Mapping[str, list[int]],
        report: Report,
        progress: Progress,
    ) -> None:
        self._context = context
        self._transport = transport
        self._report = report
        self._progress = progress
        self._firsts = firsts
        self._all = len(firsts)
        self._last = False
        self._begun: dict[str, int] = {}
        self.due = dict(firsts)
        self.ends: dict[str, int | None] = {}
        self.passed_over: set[str] = set()
        self.whole: set[str] = set()

    def next_part(self) -> dict[str, list[Record]]:
        """The next events, by replica; a replica that was read to its end is due no more."""
        with self._context.store.reading() as conn:
            lasts = merge.known(conn)
        # Where nothing of a part was taken in, what follows tells why.
        self.whole |= {r for r, last in self._begun.items() if lasts.get(r, 0) == last}
        self._begun = {}
        self._last = self.due.keys() <= self.whole
        new: dict[str, list[Record]] = {}
        room = None if self._last else _PART_EVENTS
        for replica_id, firsts in list(self.due.items()):
            if replica_id in self.whole and not self._last:
                continue
            self._progress(f"reading from machine {self._all - len(self.due) + 1} of {self._all}")
            last = lasts.get(replica_id, 0)
            records, finished = self._looked_at(replica_id, firsts, last, room)
            if records:
                new[replica_id] = self._from_the_fork_on(firsts, records)
            if finished:
                del self.due[replica_id]
            else:
                self._begun[replica_id] = last
            if room is not None and (room := room - len(records)) <= 0:
                break
        return new

    def put_off(self, replica_id: str) -> bool:
        """Read all of a replica again when all others are done; False when they are."""
        if not self._last:
            self.whole.add(replica_id)
            self.due[replica_id] = self._firsts[replica_id]
        return not self._last

    def _looked_at(
        self, replica_id: str, firsts: list[int], last: int, most: int | None
    ) -> tuple[list[Record], bool]:
        """The events of a replica from files that may hold unknown ones, and whether those were all
        files: after `most` events no further one is read."""
        records: list[Record] = []
        end: int | None = 0
        gap = False
        for at, first in enumerate(firsts):
            if at + 1 < len(firsts) and firsts[at + 1] <= last + 1:
                continue  # all of it is known
            if most is not None and len(records) >= most:
                return records, False
            read = file_format.read(self._transport.read(replica_id, first), replica_id, first)
            if read.fault:
                # The last file is one that each machine reads: what a machine does not know of it,
                # the next one that does adds.
                again = not read.intact and first <= last and at + 1 == len(firsts)
                name = self._transport.name(replica_id, first)
                self._report.notices.append(
                    f"{name} {read.fault}. It {'is written again' if again else 'was passed over'}."
                )
                if again:
                    end = first - 1
                else:
                    self.passed_over.add(name)
                    if first <= last:
                        end = None
                continue
            # What lies beyond a gap is of no use there, until somebody fills that.
            gap |= first > max(end or 0, 0 if records else last) + 1
            records += read.records
            if read.records and end is not None and not gap:
                end = max(end, read.records[-1].rseq)
        self.ends[replica_id] = end
        return records, True

    def _from_the_fork_on(self, firsts: list[int], records: list[Record]) -> list[Record]:
        """The records and, when they do not follow from the log here, the earlier ones back to
        those that do."""
        replica_id = records[0].replica
        for first in reversed(firsts):
            with self._context.store.reading() as conn:
                if forks.joins(conn, records[0]):
                    break
            if first >= records[0].rseq:
                continue
            read = file_format.read(self._transport.read(replica_id, first), replica_id, first)
            records = [
                *(record for record in read.records if record.rseq < records[0].rseq),
                *records,
            ]
        return records


class Sync:
    def __init__(self, context: Context) -> None:
        self._context = context

    def exchange(self, transport: Transport, progress: Progress = lambda _: None) -> Report:
        """Merge what others sent and send what they do not have yet."""
        report = Report()
        for _ in range(_TRIES):
            progress("fetching")
            transport.begin(progress)
            there = self._take(transport, report, progress)
            sent = self._send(transport, there, report, progress)
            progress("sending")
            known = self._known()
            if transport.end(progress, known, _settled(there, known)):
                report.sent = sent
                break
        else:
            report.notices.append(
                "Others were sending all the time: what is new here goes next time."
            )
        with self._context.store.reading() as conn:
            report.conflicts = after_merge.count_conflicts(conn)
        report.notices += self._context.take_notices()
        report.notices = list(dict.fromkeys(report.notices))
        return report

    def join(self, transport: Transport, place: str, *, share: bool, progress: Progress) -> Report:
        """Exchange with a place where others have boards already.

        NotFound when there are none. Boards of this store that get there, too, are refused unless
        `share`; those without cards, which the first start leaves, are archived instead.
        """
        transport.begin(progress)
        known = self._known()
        listing = transport.listed(known)
        there = {replica_id for replica_id, last in listing.ends.items() if last}
        there |= {replica_id for replica_id, firsts in listing.firsts.items() if firsts}
        if not there:
            raise NotFound(f"There are no boards at {place} yet.",
                           hint("Begin with yours: {sync init {}}", place))  # fmt: skip
        if not share and not there & known.lasts.keys():
            self._keep_own_boards()
        return self.exchange(transport, progress)

    def _keep_own_boards(self) -> None:
        """Archive the boards without cards; RuleRefused when one has any."""
        with self._context.writing() as tx:
            boards = [board for board in repository.boards(tx.conn) if not board.archived]
            full = [board.name for board in boards if repository.has_cards(tx.conn, board.id)]
            if full:
                raise RuleRefused(
                    f"Everybody there would see your own boards, too: {', '.join(full)}.",
                    "Share them with --share, or join with another store (--home PATH).",
                )
            for board in boards:
                # Its key, written anew, is later than that of a board of this name there, which
                # therefore keeps it.
                values = {"archived": True, "key": board.key}
                tx.write(Change("board.edited", board.id, set=values))
                self._context.notices.append(
                    f"Your board {board.name} has no cards: it was archived."
                )

    def take_in(self, transport: Transport) -> Mapping[str, int | None]:
        """Merge what others sent; for each replica the number of its last event at the other side,
        None when it is unknown."""
        report = Report()
        transport.begin(lambda _: None)
        there = self._take(transport, report, lambda _: None)
        self._context.notices.extend(report.notices)
        return there

    def send_own(
        self, transport: Transport, tx: Transaction, there: Mapping[str, int | None]
    ) -> None:
        """Write what this replica wrote, that of a transaction in progress included; NotTaken when
        the other side refuses it."""
        own = tx.writer.replica.id
        if (last := there.get(own, 0)) is None:
            return
        records = merge.records(tx.conn, own, last + 1, -1)
        for at in range(0, len(records), _AT_ONCE):
            part = records[at : at + _AT_ONCE]
            transport.write(own, part[0].rseq, file_format.written(part))

    def others_wrote(self, transport: Transport, tx: Transaction) -> bool:
        """Whether the other side has something of others that is not here."""
        listing = transport.listed(self._known())
        return any(replica_id != tx.writer.replica.id for replica_id in listing.firsts)

    # Taking in

    def _take(
        self, transport: Transport, report: Report, progress: Progress
    ) -> dict[str, int | None]:
        """Merge all events that fit, in one transaction, and then those of replicas with forks; of
        very many events each part by itself. Returns for each replica the number of its last event
        at the other side, None when it is unknown."""
        known = self._known()
        listing = transport.listed(known)
        report.notices += listing.others
        reader = _Reader(self._context, transport, listing.firsts, report, progress)
        before = cache(self._state)
        while reader.due:
            new = reader.next_part()
            forks_of = Forks(self._context)
            forked = {r: records for r, records in new.items() if forks_of.concern(records)}
            good = {r: records for r, records in new.items() if r not in forked}
            # What there is of a fork is judged as a whole, and when all else is known.
            forked = {r: records for r, records in forked.items() if not reader.put_off(r)}
            last = not reader.due
            self._add(good, before, reader.due, report, progress, last=last and not forked)
            if forked:
                before()
                passed_over = forks_of.resolve(forked, report.notices)
                reader.ends |= {r: end for r, end in passed_over.items() if end is not None}
                good = {r: forked[r] for r in forked if r not in passed_over}
                self._add(good, before, reader.due, report, progress, last=last)
        report.passed_over = len(listing.others) + len(reader.passed_over)
        self._remove_redacted(transport, listing.firsts, report, progress)
        return {**listing.ends, **reader.ends, **dict.fromkeys(listing.closed)}

    def _state(self) -> _State:
        with self._context.store.reading() as conn:
            boards = [board.id for board in repository.boards(conn)]
            loads = {board: repository.loads(conn, board) for board in boards}
            return _State(loads, merge.shown(conn), {stray for stray, _ in strays(conn)})

    def _remove_redacted(
        self,
        transport: Transport,
        firsts: Mapping[str, list[int]],
        report: Report,
        progress: Progress,
    ) -> None:
        """Apply redactions that came to the store, its backups and the sync files."""
        store = self._context.store
        with store.reading() as conn:
            redacted = redaction.redactions(conn)
            stubs = redaction.places(conn) if redacted else {}
        if not redacted:
            return
        if redaction.is_pending(store.path):
            progress("removing redacted text from the store and its backups")
            failed = Redacting(self._context).finish().failed
            report.notices += [
                f"Redacted text may still be in the backup {file.name}." for file in failed
            ]
        if isinstance(transport, Redacts):
            self._redact(transport, stubs)
            return
        for replica_id, numbers in stubs.items():
            there = firsts.get(replica_id, [])
            for first in {max((f for f in there if f <= n), default=0) for n in numbers} - {0}:
                self._write_stubs(transport, replica_id, first, report)

    def _redact(self, transport: Redacts, stubs: Mapping[str, Collection[int]]) -> None:
        with self._context.store.reading() as conn:
            ours = [
                record
                for replica_id, numbers in stubs.items()
                for number in sorted(numbers)
                for record in merge.records(conn, replica_id, number, 1)
                if is_stub(record.data)
            ]
        for at in range(0, len(ours), _AT_ONCE):
            transport.redact(ours[at : at + _AT_ONCE])

    def _write_stubs(
        self, transport: Transport, replica_id: str, first: int, report: Report
    ) -> None:
        """Write a sync file again if it holds text that is redacted here."""
        read = file_format.read(transport.read(replica_id, first), replica_id, first)
        if read.fault or not read.records:
            return
        with self._context.store.reading() as conn:
            ours = merge.records(conn, replica_id, first, len(read.records))
        by_number = {record.rseq: record for record in ours if is_stub(record.data)}
        records = [
            by_number[theirs.rseq]
            if theirs.rseq in by_number and by_number[theirs.rseq].hash == theirs.hash
            else theirs
            for theirs in read.records
        ]
        if records == list(read.records):
            return
        try:
            transport.write(replica_id, first, file_format.written(records))
        except NotTaken as refused:
            report.notices.append(str(refused))

    def _known(self) -> KnownEvents:
        store = self._context.store

        def looking() -> AbstractContextManager[Connection]:
            return nullcontext(store.conn) if store.conn.in_transaction else store.reading()

        def digest(replica_id: str, rseq: int) -> str:
            with looking() as conn:
                return merge.digest(conn, replica_id, rseq)

        def owns(replica_id: str) -> bool:
            with looking() as conn:
                return replica.known_here(conn, replica_id)

        with looking() as conn:
            redacted = redaction.places(conn) if redaction.redactions(conn) else {}
            return KnownEvents(merge.known(conn), digest, owns, redacted.keys())

    def _fitting(
        self, new: Mapping[str, list[Record]], due: Container[str], report: Report
    ) -> dict[str, list[Record]]:
        """The records, of replicas without forks, that may be merged now. Why others may not is
        told of replicas that were read to their end, which are not `due`."""
        fitting = {}
        with self._context.store.reading() as conn:
            known = merge.known(conn)
            for replica_id, records in new.items():
                last = known.get(replica_id, 0)
                rest = merge.next_in_log(last, records)
                late = [record for record in records if record.rseq > last + len(rest)]
                if late and replica_id not in due:
                    report.notices.append(
                        f"{len(late)} changes from {short_name(late[0].host)} wait: those before "
                        "have not come yet."
                    )
                good = merge.unbroken(conn, rest)
                if len(good) < len(rest) and replica_id not in due:
                    report.notices.append(
                        f"Changes from {short_name(rest[0].host)} do not follow from those before "
                        f"(event {rest[len(good)].rseq}); they were not taken in."
                    )
                if good:
                    fitting[replica_id] = good
        return fitting

    def _add(
        self,
        new: Mapping[str, list[Record]],
        before: Callable[[], _State],
        due: Container[str],
        report: Report,
        progress: Progress,
        *,
        last: bool,
    ) -> None:
        """Merge the records that fit; after the `last` of several parts tell what all have come to,
        compared with the state `before`, which is read where something came."""
        fitting = self._fitting(new, due, report)
        batch = [record for records in fitting.values() for record in records]
        if not batch and not (last and report.hosts):
            return
        state = before()
        with self._context.writing() as tx:
            if batch:
                self._merge(tx, batch, report, progress)
            if last:
                merge.another_letter(tx.conn, tx.writer.replica)
                report.notices += merge.renamed(tx.conn, state.names)
                report.notices += _over(tx.conn, state.loads)
                report.notices += [
                    sentences((f"{stray}.", way))
                    for stray, way in strays(tx.conn)
                    if stray not in state.strays
                ]
        report.notices += _about_clocks(batch, self._context.clock())
        for version in merge.newer(batch):
            report.notices.append(
                f"Some changes were written by a newer mlkanban (format {version}): they are kept "
                "and passed on, and show when you update."
            )

    def _merge(
        self, tx: Transaction, batch: list[Record], report: Report, progress: Progress
    ) -> None:
        added = merge.add(tx.conn, batch)
        for host, count in Counter(record.host for record in added.new).items():
            report.hosts[host] = report.hosts.get(host, 0) + count
        redacted = redaction.redactions(tx.conn)
        if redacted and redaction.apply(tx.conn, redacted):
            redaction.begin(self._context.store.path)
            redaction.renew(tx.conn)
            tx.writer.projector.begin_anew()
        what = f"taking in {len(batch):,} change{'' if len(batch) == 1 else 's'}"
        if report.taken > len(added.new):
            what += f" after {report.taken - len(added.new):,}"
        merge.refold(tx.conn, added, lambda done, of: progress(f"{what}, {done:,} of {of:,} cards"))
        report.notices += _about_malformed(tx.conn, batch)

    # Sending

    def _send(
        self,
        transport: Transport,
        there: dict[str, int | None],
        report: Report,
        progress: Progress,
    ) -> int:
        """Write what the other side lacks of every replica known here; returns how many events.
        Afterwards `there` has it, too."""
        sent = 0
        with self._context.store.reading() as conn:
            known = merge.known(conn)
        for replica_id, last in known.items():
            first = there.get(replica_id, 0)
            if first is None:
                continue
            try:
                for records in self._parts(replica_id, first + 1, last):
                    count = sent + len(records)
                    progress(f"writing {count:,} change{'' if count == 1 else 's'}")
                    transport.write(replica_id, records[0].rseq, file_format.written(records))
                    sent, there[replica_id] = count, records[-1].rseq
            except NotTaken as refused:
                report.notices.append(str(refused))
                there[replica_id] = None
        return sent

    def _parts(self, replica_id: str, first: int, last: int) -> Iterator[list[Record]]:
        """The events of a replica in portions that each fit into one file. Between two of them the
        store is not held: a network may take its time."""
        while first <= last:
            with self._context.store.reading() as conn:
                records = merge.records(conn, replica_id, first, file_format.MOST_EVENTS)
            size = 0
            for at, record in enumerate(records):
                size += 2 * len(record.data) + 1000
                if at and size > file_format.LARGEST // 2:
                    records = records[:at]
                    break
            yield records
            first = records[-1].rseq + 1


def _settled(there: Mapping[str, int | None], known: KnownEvents) -> dict[str, int]:
    """The replicas of which both sides have the same events, with the number of the last one."""
    return {r: end for r, end in there.items() if end and known.lasts.get(r) == end}


def _over(conn: Connection, before: Mapping[str, Mapping[str, Load]]) -> list[str]:
    """Sentences about the stages that the merge took over their limits, with the words `since the
    merge` as on the board."""
    notices = []
    for board in repository.boards(conn):
        loads, merged = repository.loads(conn, board.id), after_merge.breaches(conn, board)
        for stage in board.stages:
            was = rules.meters(stage, before.get(board.id, {}).get(stage.id, Load()))
            now = rules.meters(stage, loads.get(stage.id, Load()))
            notices += [
                f"{stage.name} is {meter}"
                f"{' since the merge' if (stage.id, meter.name) in merged else ', over its limit'}."
                for old, meter in zip(was, now, strict=True)
                if meter.over and meter.count > old.count
            ]
    return notices


def _about_malformed(conn: Connection, records: list[Record]) -> list[str]:
    counted = Counter(record.host for record in records if inert.is_malformed(conn, record))
    return [
        f"{count:,} change{' is' if count == 1 else 's are'} malformed "
        f"({short_name(host) or 'no host'}): kept and passed on, but not shown or counted. "
        + hint("Update mlkanban there; {doctor} counts them.")
        for host, count in sorted(counted.items())
    ]


def _about_clocks(records: list[Record], now: datetime) -> list[str]:
    limit = bound(int(now.timestamp() * 1000))
    hosts = sorted({record.host for record in records if record.hlc > limit})
    return [
        f"The clock of {short_name(host)} is more than an hour ahead of the one here; "
        "set one of them right."
        for host in hosts
    ]
