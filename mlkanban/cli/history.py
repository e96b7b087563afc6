"""Looking back and changing one's mind."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from mlkanban.cli.params import CARD
from mlkanban.cli.session import Session, pass_session
from mlkanban.core.models import Board
from mlkanban.service import Entry


@click.command()
@pass_session
def undo(session: Session) -> None:
    """Take back your last change on the board, of any session."""
    with session.service(write=True) as service:
        session.answer_done("undo", service.undoing.undo(session.board(service).id), service)


@click.command()
@pass_session
def redo(session: Session) -> None:
    """Do again what was undone last."""
    with session.service(write=True) as service:
        session.answer_done("redo", service.undoing.redo(session.board(service).id), service)


@click.command()
@click.argument("card", type=CARD, default="")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, metavar="N",
              help="How many, the newest.")  # fmt: skip
@pass_session
def history(session: Session, card: str, limit: int) -> None:
    """Show what happened to a card, or on the board."""
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


def _data(entry: Entry, board: Board) -> dict[str, Any]:
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
        "undoes": event.undoes or None,
        "in_force": entry.in_force,
    }


def _stage(entry: Entry, board: Board) -> str | None:
    """The name of the stage an event put a card in."""
    place = entry.event.data.get("set", {}).get("place")
    return next((s.name for s in board.stages if place and s.id == place[0]), None)


def _lines(session: Session, entries: Sequence[Entry], board: Board) -> Iterator[str]:
    from mlkanban.charts.story import told, who
    from mlkanban.cli.layout import table

    zone = ZoneInfo(board.timezone)
    rows = [
        (
            f"{datetime.fromisoformat(entry.event.at).astimezone(zone):%Y-%m-%d %H:%M}",
            entry.ref,
            session.clean(who(entry.event)),
            session.clean(told(entry.event, board) + ("" if entry.in_force else "  (undone)")),
        )
        for entry in entries
    ]
    yield from table(rows, ("WHEN", "CARD", "WHO", "WHAT"))
