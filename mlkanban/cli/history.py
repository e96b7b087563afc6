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
        "stage": _stage(changes, board) or None,
        "note": event.data.get("note") or None,
        "reason": event.data.get("reason") or None,
        "undoes": event.undoes or None,
        "in_force": entry.in_force,
    }


def _lines(session: Session, entries: Sequence[Entry], board: Board) -> Iterator[str]:
    from mlkanban.cli.layout import table

    zone = ZoneInfo(board.timezone)
    rows = [
        (
            f"{datetime.fromisoformat(entry.event.at).astimezone(zone):%Y-%m-%d %H:%M}",
            entry.ref,
            session.clean(entry.event.actor),
            session.clean(_words(entry, board) + ("" if entry.in_force else "  (undone)")),
        )
        for entry in entries
    ]
    yield from table(rows, ("WHEN", "CARD", "WHO", "WHAT"))


def _words(entry: Entry, board: Board) -> str:
    """An event in a few words."""
    event, data = entry.event, entry.event.data
    values = data.get("set", {})
    what = event.kind.partition(".")[2] or event.kind
    stage = _stage(values, board)
    if event.kind == "card.created":
        what = f"added to {stage}: {values.get('title', '')}"
    elif event.kind in ("card.moved", "card.reopened"):
        what = f"{what} to {stage}"
    elif event.kind == "card.blocked":
        blocker = values.get("blocker") or {}
        what = f"blocked: {blocker.get('reason', '')} {blocker.get('note', '')}".rstrip()
    elif event.kind == "card.noted":
        what = f"note: {' '.join(str(data.get('note', '')).split())}"
    elif event.kind == "card.edited":
        what = "edited: " + ", ".join(_change(name, value) for name, value in values.items())
    elif event.kind == "import.noted":
        what = f"import: {data.get('note', '')}"
    elif not event.card:
        thing = "stage" if "stage" in data else "board"
        name = values.get("name") or _stage({"place": [data.get("stage"), ""]}, board)
        changed = "" if "name" in values else ": " + ", ".join(
            _change(key, value) for key, value in values.items() if key != "rank"
        )  # fmt: skip
        what = f"{thing} {what} {name}".rstrip() + changed.rstrip(": ")
    if values.get("outcome"):
        what += f" ({values['outcome']})"
    return what + (f", override: {data['reason']}" if data.get("reason") else "")


def _change(name: str, value: Any) -> str:
    field, _, member = name.partition(":")
    if member:
        sign = "+" if value else "-"
        return f"{sign}#{member}" if field == "tag" else f"{sign}{field} {member}"
    if isinstance(value, dict | list):
        return field
    return f"{field} {'none' if value in (None, '') else value}"


def _stage(values: dict[str, Any], board: Board) -> str:
    """The name of the stage an event put a card in; '' when it did not."""
    place = values.get("place")
    if not place:
        return ""
    return next((s.name for s in board.stages if s.id == place[0]), "a stage that is gone")
