"""Turns among a team: on a board with limits for the whole team, whoever may take a slot does so
after all others, while nobody else can."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from mlkanban.errors import RuleRefused, StoreBusy, StoreProblem

if TYPE_CHECKING:
    from mlkanban.service.transaction import Context, Send, Transaction
    from mlkanban.sync.transports.postgresql import PostgreSQL

PATIENCE_SECONDS = 10.0
"""A person waits for the answer; a database that is silent for so long counts as away."""
ONCE_MORE_SECONDS = 2.0
"""A line that breaks sooner is tried once more."""
AGAIN_SECONDS = 30.0
"""So long after it was away it is not asked again."""

_open: dict[Path, PostgreSQL] = {}
_away: dict[Path, float] = {}


@contextlib.contextmanager
def take_turn(context: Context) -> Iterator[Send]:
    """Take the turn where the store exchanges with a database that is reached; else what is written
    counts on this machine alone, until the next sync."""
    way = None
    if monotonic() >= _away.get(context.store.path, 0.0):
        way = _database(context)
    if way is None:
        yield lambda _: None
        return
    try:
        there = _begun(way, context)
    except StoreBusy:
        raise
    except StoreProblem as error:
        _left(context, error)
        yield lambda _: None
        return

    def send(tx: Transaction) -> None:
        _sent(way, context, tx, there)

    try:
        yield send
    finally:
        if way.in_turn:
            way.close()


def _database(context: Context) -> PostgreSQL | None:
    # Git, and what speaks to databases: only a team with such limits waits for it.
    from mlkanban.sync.transports.postgresql import PostgreSQL, is_address

    if (way := _open.get(context.store.path)) is not None:
        return way
    try:
        kept = context.store.path.parent / "sync" / "remote"
        address = kept.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
    if not is_address(address):
        return None
    way = _open[context.store.path] = PostgreSQL(address, patience=PATIENCE_SECONDS)
    return way


def _begun(way: PostgreSQL, context: Context) -> Mapping[str, int | None]:
    """Begin the turn and take in what others wrote."""
    from mlkanban.sync.exchange import Sync  # as above

    began = monotonic()
    for again in (True, False):
        try:
            way.begin_turn()
            return Sync(context).take_in(way)
        except StoreBusy:
            raise
        except StoreProblem:
            # A connection that was kept may be lost; what is silent is not waited for twice.
            if not again or monotonic() - began > ONCE_MORE_SECONDS:
                raise
    raise AssertionError


def _sent(
    way: PostgreSQL, context: Context, tx: Transaction, there: Mapping[str, int | None]
) -> None:
    """Send what was written and end the turn. Where the line breaks meanwhile, it is looked at once
    more: it may have arrived, or others may have been faster."""
    from mlkanban.sync.exchange import NotTaken, Sync  # as above

    sync = Sync(context)
    try:
        sync.send_own(way, tx, there)
        way.end_turn()
    except NotTaken as refused:
        context.notices.append(str(refused))
    except StoreProblem:
        try:
            way.begin_turn()
            way.begin()
            if sync.others_wrote(way, tx):
                raise RuleRefused(
                    "The line to the database broke, and others wrote meanwhile.",
                    "Nothing was changed here. Try again.",
                )
            sync.send_own(way, tx, there)
            way.end_turn()
        except StoreProblem as error:
            _left(context, error)


def _left(context: Context, error: StoreProblem) -> None:
    _away[context.store.path] = monotonic() + AGAIN_SECONDS
    context.notices.append(
        f"The limits of the team were checked on this machine alone: {error.message}"
    )
