"""Forks that an exchange finds: which ones are resolved automatically, and what the person is
notified of.

A store that was set back in time, or a copy that takes itself for the original, wrote as a replica
whose log continues differently elsewhere. It becomes a new replica and rewrites what it wrote since
under its new id, so that all of both histories arrives everywhere. Changes in a file of another
replica are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mlkanban.core.events import Record
from mlkanban.errors import StoreProblem
from mlkanban.hints import hint
from mlkanban.service.transaction import Context
from mlkanban.store import backup, forks, integrity, merge, replica
from mlkanban.sync import file_format
from mlkanban.text import short_name

LABEL = "before-new-replica"


class Forks:
    def __init__(self, context: Context) -> None:
        self._context = context

    def concern(self, records: list[Record]) -> bool:
        """Whether the records of a replica do not simply continue its log here."""
        replica_id = records[0].replica
        with self._context.store.reading() as conn:
            if forks.fork(conn, records) is not None:
                return True
            own = replica.present(conn, self._context.store.path) == replica_id
            return own and records[-1].rseq > merge.known(conn).get(replica_id, 0)

    def resolve(self, new: Mapping[str, list[Record]], notices: list[str]) -> dict[str, int | None]:
        """Resolve the forks of replicas that `concern` us, where possible. Returns the replicas
        that must still be passed over, each with the last number that is right at the other side,
        None where that is unknown."""
        passed_over: dict[str, int | None] = {}
        for replica_id, records in new.items():
            with self._context.store.reading() as conn:
                own = replica.present(conn, self._context.store.path) == replica_id
                forked = forks.fork(conn, records)
                last = merge.known(conn).get(replica_id, 0)
            if forked is None:
                if not self._went_back(records, last, notices):
                    passed_over[replica_id] = max(
                        (record.rseq for record in records if record.rseq <= last), default=0
                    )
            elif not self._resolved(forked, records, own, notices):
                # What another one wrote over a file of ours is put right there.
                passed_over[replica_id] = forked.theirs.rseq - 1 if own else None
        return passed_over

    def _went_back(self, records: list[Record], last: int, notices: list[str]) -> bool:
        """Whether records under our own replica id that this store lacks may be its own; the store
        then becomes a new replica."""
        after = [record for record in records if record.rseq > last]
        store = self._context.store
        with store.reading() as conn:
            follows = after[0].rseq > last + 1 or forks.joins(conn, after[0])
        if not follows:
            notices.append(_forged(after[0]))
            return False
        with store.writing() as conn:
            replica.forget_place(conn, [])
        notices.append(
            "The store file lacks what it had sent (it was put back, or mlkanban was killed while "
            "sending): it goes on as a new replica, and what it had sent is taken in again."
        )
        return True

    def _resolved(
        self, forked: forks.Fork, records: list[Record], own: bool, notices: list[str]
    ) -> bool:
        """Whether the records of a replica with a fork can be merged now."""
        theirs = [record for record in records if record.rseq >= forked.theirs.rseq]
        store = self._context.store
        with store.reading() as conn:
            if forks.all_elsewhere(conn, theirs):
                return False  # all of it is here already, written again by another replica
            branch = forks.branches_off(conn, theirs)
            doubled = forks.all_elsewhere(conn, forks.tail(conn, forked))
            ours = replica.known_here(conn, forked.ours.replica)
        if branch and doubled:
            with store.writing() as conn:
                forks.drop(conn, forked)
                integrity.rebuild(conn)
            return True
        if branch and ours:
            kept = backup.write(store.conn, store.path, label=LABEL)
            with store.writing() as conn:
                if own:
                    replica.forget_place(conn, [])
                me = replica.identify(conn, store.path, self._context.clock())
                count = forks.write_again(conn, forked, me)
                integrity.rebuild(conn)
            notices.append(
                f"This store and another wrote as one replica (its file was put back, or copied): "
                f"{count} change{'' if count == 1 else 's'} made here since "
                f"{'was' if count == 1 else 'were'} written again as a new replica. "
                f"Backed up first: {kept}"
            )
            return True
        if own:
            notices.append(_forged(forked.theirs))
            return False
        self._keep_aside(forked)
        host = short_name(forked.theirs.host)
        notices.append(
            f"Two stores write as the replica {forked.theirs.replica[-6:]} of "
            f"{host}: event {forked.theirs.rseq} is there twice and differs. Nothing "
            f"more of it is taken in; both are kept in {self._aside}. "
            + hint("Run {sync} on {}, then here. If it stays so, go back to a backup from before "
                   "({restore NAME}), and sync.", host)
        )  # fmt: skip
        return False

    @property
    def _aside(self) -> Path:
        return self._context.store.path.parent / "sync" / "aside"

    def _keep_aside(self, forked: forks.Fork) -> None:
        self._aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        for whose, record in (("ours", forked.ours), ("theirs", forked.theirs)):
            path = self._aside / f"{record.replica}-{record.rseq}-{whose}.jsonl"
            try:
                path.write_bytes(file_format.written([record]))
            except OSError as error:
                raise StoreProblem(
                    f"{path} cannot be written: {os.strerror(error.errno or 0)}.",
                    "Nothing was taken in.",
                ) from error


def _forged(first: Record) -> str:
    return (
        f"There are changes that say this store wrote them, and it did not (from event "
        f"{first.rseq} of {first.replica[-6:]} on): they were passed over."
    )
