"""Looking back and changing one's mind."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from mlkanban import clock
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD
from mlkanban.core.board import Board
from mlkanban.core.names import id_ends
from mlkanban.errors import CannotTakeBack, RuleRefused
from mlkanban.service.history import HistoryEntry

if TYPE_CHECKING:
    from mlkanban.service.undo import UndoableAction

_LISTED = 20
"""Changes that `undo --list` names."""


@click.command()
@click.option(
    "--skip", is_flag=True, help="Skip changes that cannot be undone, and undo an older one."
)
@click.option(
    "--list", "listed", is_flag=True, help="List your last changes, newest first; undo none."
)
@click.option(
    "--action", metavar="ID", default="",
    help="Undo this change and nothing that came after it; --list names the changes. The beginning"
    " or the end of an id will do.",
)  # fmt: skip
@click.option(
    "--with-later", is_flag=True, help="With --action, undo all that you did after it, too."
)
@pass_session
def undo(session: Session, skip: bool, listed: bool, action: str, with_later: bool) -> None:
    """Undo your last change on the board, from any session.

    What you did on another machine is undone there. What was there comes back, over a limit too,
    and so does a block that the change lifted. The first import of a file is taken back with the
    board that it made, unless somebody else has worked there since.
    """
    if sum((skip, listed, bool(action))) > 1:
        raise click.UsageError("Of --skip, --list and --action only one can be given.")
    if with_later and not action:
        raise click.UsageError("--with-later is for --action ID.")
    if listed:
        _list_undoable(session)
        return
    program = _program(session)
    hints = _later_work(program, action, with_it=with_later) if action else _hints(program, "undo")
    with session.service(write=True) as service, hints:
        board = session.board(service)
        if with_later:
            done = service.undoing.undo_back_to(board.id, action)
        elif action:
            done = service.undoing.undo_action(board.id, action)
        else:
            done = service.undoing.undo(board.id, skip=skip)
        session.answer_done("undo", done, service)
        session.show_board_in_use(service, board.id)


@click.command()
@click.option("--skip", is_flag=True, help="Skip changes that cannot be redone.")
@pass_session
def redo(session: Session, skip: bool) -> None:
    """Redo the last undone change."""
    with session.service(write=True) as service, _hints(_program(session), "redo"):
        board = session.board(service, taken_back=True)
        done = service.undoing.redo(board.id, skip=skip)
        session.answer_done("redo", done, service)


def _list_undoable(session: Session) -> None:
    with session.service() as service:
        board = session.board(service)
        latest = service.undoing.latest(board.id, _LISTED)

    def lines() -> Iterator[str]:
        # As in `_lines`.
        from mlkanban.cli.layout import table
        from mlkanban.display.event_text import action_text

        short = id_ends(undoable.id for undoable in latest)
        rows = [
            (short[undoable.id], session.clean(action_text(undoable, board, clock.now())))
            for undoable in latest
        ]
        yield from table(rows, ("ID", "WHAT"))

    session.answer("undo.list", lambda: [_undoable_data(one) for one in latest], lines)
    if not latest and not session.json:
        session.show_message("There is nothing to undo.")


def _undoable_data(undoable: UndoableAction) -> dict[str, Any]:
    return {
        "id": undoable.id,
        "at": undoable.event.at,
        "kind": undoable.event.kind,
        "cards": undoable.cards,
        "card": undoable.ref or None,
        "title": undoable.title or None,
    }


def _program(session: Session) -> str:
    """How a command about the same board begins."""
    return f"mlkanban --board {shlex.quote(session.board_key)}" if session.board_key else "mlkanban"


@contextlib.contextmanager
def _later_work(program: str, action: str, *, with_it: bool) -> Iterator[None]:
    """Say how to go on when later work stands on the action that was chosen, or, `with_it`, work
    that cannot be undone stands on what came after it."""
    try:
        yield
    except CannotTakeBack as error:
        look = f"{program} history {error.ref}".rstrip()
        way = f"Undo what came after it, too: {program} undo --action {action} --with-later. "
        raise RuleRefused(
            error.message, f"{'Nothing was changed. ' if with_it else way}Look at it: {look}"
        ) from error


@contextlib.contextmanager
def _hints(program: str, command: str) -> Iterator[None]:
    """Say how to go on when what comes next cannot be taken back."""
    try:
        yield
    except CannotTakeBack as error:
        look = f"{program} history {error.ref}".rstrip()
        raise RuleRefused(
            error.message, f"Look at it: {look}; pass it over: {program} {command} --skip"
        ) from error


@click.command()
@click.argument("card", type=CARD, default="")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, metavar="N",
              help="Show at most this many, the newest.")  # fmt: skip
@pass_session
def history(session: Session, card: str, limit: int) -> None:
    """Show the events of a card, or of the board."""
    with session.service() as service:
        if card:
            board = service.boards.of_card(card)
            entries = service.history.of_card(card)[-limit:]
        else:
            board = session.board(service)
            entries = service.history.of_board(board.id, limit)
        session.answer(
            "history",
            lambda: [_data(entry, board) for entry in entries],
            lambda: _lines(session, entries, board),
        )


def _data(entry: HistoryEntry, board: Board) -> dict[str, Any]:
    event = entry.event
    changes = dict(event.data.get("set", {}))
    return {
        "id": event.id,
        "at": event.at,
        "actor": event.actor,
        "card": entry.ref or None,
        "kind": event.kind,
        "changes": changes,
        "stage": _stage(entry, board),
        "note": event.data.get("note") or None,
        "reason": event.data.get("reason") or None,
        "unticked": list(event.data.get("unticked", ())),
        "broken": list(event.data.get("broken", ())),
        "undoes": event.undoes or None,
        "in_force": entry.in_force,
    }


def _stage(entry: HistoryEntry, board: Board) -> str | None:
    """The name of the stage an event put a card in."""
    place = entry.event.data.get("set", {}).get("place")
    return next((s.name for s in board.stages if place and s.id == place[0]), None)


def _lines(session: Session, entries: Sequence[HistoryEntry], board: Board) -> Iterator[str]:
    # 30 ms that `undo` and `redo` need not wait for.
    from mlkanban.cli.layout import table
    from mlkanban.display.event_text import event_text, who

    zone = ZoneInfo(board.timezone)
    rows = [
        (
            f"{datetime.fromisoformat(entry.event.at).astimezone(zone):%Y-%m-%d %H:%M}",
            entry.ref,
            session.clean(who(entry.event)),
            session.clean(
                event_text(entry.event, board, entry.about)
                + ("" if entry.in_force else "  (undone)")
            ),
        )
        for entry in entries
    ]
    yield from table(rows, ("WHEN", "CARD", "WHO", "WHAT"))
