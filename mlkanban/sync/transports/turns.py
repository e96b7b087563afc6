"""Turns among a team: on a board with limits for the whole team, whoever may take a slot does so
after all others, while nobody else can."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from mlkanban.errors import RuleRefused, StoreBusy, StoreProblem, Unreachable
from mlkanban.files import write_whole

if TYPE_CHECKING:
    from mlkanban.service.transaction import Context, Send, Transaction
    from mlkanban.sync.transports.postgresql import PostgreSQL

PATIENCE_SECONDS = 3.0
"""A person waits for the answer; a database that is silent for so long counts as away."""
ONCE_MORE_SECONDS = 2.0
"""A line that breaks sooner is tried once more."""
AGAIN_SECONDS = 30.0
"""So long after it was away it is not asked again."""
SHOWN_AFTER_SECONDS = 0.5
"""A shorter wait is not shown."""

ShowWait = Callable[[str], object]
"""Shows what is waited for; '' when that is over. It is called in a thread of its own."""

_open: dict[Path, PostgreSQL] = {}


@contextlib.contextmanager
def take_turn(context: Context, show_wait: ShowWait = lambda _: None) -> Iterator[Send]:
    """Take the turn where the store exchanges with a database that is reached; else what is written
    counts on this machine alone, until the next sync."""
    way = _database(context)
    if way is None:
        yield lambda _: None
        return
    if problem := _away(context):
        _checked_alone(context, problem)
        yield lambda _: None
        return
    began = monotonic()
    try:
        with _shown(way, show_wait):
            there = _begun(way, context)
    except Unreachable as error:
        _left(context, error, monotonic() - began)
        yield lambda _: None
        return
    except BaseException:
        way.close()  # others need not wait for what went wrong here
        raise

    def send(tx: Transaction) -> None:
        with _shown(way, show_wait):
            _sent(way, context, tx, there)

    try:
        yield send
    finally:
        if way.in_turn:
            way.close()


def _database(context: Context) -> PostgreSQL | None:
    # Git, and what speaks to databases: only a team with such limits waits for it.
    from mlkanban.sync.transports.postgresql import PostgreSQL, is_address

    try:
        kept = context.store.path.parent / "sync" / "remote"
        address = kept.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        address = ""
    way = _open.get(context.store.path)
    if way is not None and way.remote == address:
        return way
    if way is not None:  # `sync init` chose another place meanwhile
        _open.pop(context.store.path).close()
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
        except Unreachable:
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

    sync, began = Sync(context), monotonic()
    try:
        sync.send_own(way, tx, there)
        way.end_turn()
    except NotTaken as refused:
        context.notices.append(str(refused))
    except Unreachable:
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
        except (Unreachable, StoreBusy) as error:
            _left(context, error, monotonic() - began)


@contextlib.contextmanager
def _shown(way: PostgreSQL, show_wait: ShowWait) -> Iterator[None]:
    """Show that the database is waited for, where that takes its time."""
    shown = threading.Event()

    def show() -> None:
        shown.set()
        show_wait(f"Waiting for {way.remote} ...")

    timer = threading.Timer(SHOWN_AFTER_SECONDS, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if shown.is_set():
            show_wait("")


def _left(context: Context, error: StoreProblem, waited_seconds: float) -> None:
    """Go on without the database. Where that was waited for, other processes go on so for a while,
    too; a server that refuses at once may be back at the next change."""
    if waited_seconds > SHOWN_AFTER_SECONDS:
        with contextlib.suppress(OSError):
            write_whole(_note(context), error.message.encode())
    _checked_alone(context, error.message)


def _away(context: Context) -> str:
    """Why the database was not reached a moment ago, '' when it may be asked."""
    note = _note(context)
    try:
        if not 0 <= time.time() - note.stat().st_mtime < AGAIN_SECONDS:
            return ""
        return note.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _note(context: Context) -> Path:
    return context.store.path.parent / "sync" / "away"


def _checked_alone(context: Context, problem: str) -> None:
    context.notices.append(f"The limits of the team were checked on this machine alone: {problem}")
