"""An event of the log in a few words."""

from collections.abc import Mapping
from typing import Any

from mlkanban.core.events import Event
from mlkanban.core.models import Board

_SILENT = frozenset({"rank", "deleted", "place", "outcome"})


def in_words(event: Event, board: Board) -> str:
    """What happened; texts of people are as they were stored."""
    what = _card(event, board) if event.card else _board(event, board)
    outcome = event.data.get("set", {}).get("outcome")
    if outcome:
        what += f" ({outcome})"
    reason = event.data.get("reason")
    return f"{what}, override: {reason}" if reason else what


def stage_entered(event: Event, board: Board) -> str:
    """The name of the stage the event put a card in; '' when it did not."""
    place = event.data.get("set", {}).get("place")
    return _stage_name(place[0], board) if place else ""


def _card(event: Event, board: Board) -> str:
    values = event.data.get("set", {})
    verb = event.kind.removeprefix("card.")
    stage = stage_entered(event, board)
    if verb == "created":
        return f"added to {stage}: {values.get('title', '')}"
    if verb == "noted":
        return f"note: {_one_line(event.data.get('note', ''))}"
    if verb == "blocked":
        blocker = values.get("blocker") or {}
        return f"blocked: {blocker.get('reason', '')} {blocker.get('note', '')}".rstrip()
    if verb == "edited":
        return f"edited: {_changes(values)}"
    if verb in ("moved", "reopened"):
        return f"{verb} to {stage}"
    return f"{verb}, in {stage}" if stage else verb


def _board(event: Event, board: Board) -> str:
    if event.kind == "import.noted":
        return f"import: {event.data.get('note', '')}"
    values = event.data.get("set", {})
    stage = event.data.get("stage", "")
    subject = "stage" if stage else "board"
    name = values.get("name") or (_stage_name(stage, board) if stage else board.name)
    verb = event.kind.rpartition(".")[2]
    changes = _changes(values) if verb == "edited" else ""
    return f"{subject} {name} {verb}" + (f": {changes}" if changes else "")


def _changes(values: Mapping[str, Any]) -> str:
    return ", ".join(_change(name, value) for name, value in values.items() if name not in _SILENT)


def _change(name: str, value: Any) -> str:
    field, _, member = name.partition(":")
    if member:
        sign = "+" if value else "-"
        return f"{sign}#{member}" if field == "tag" else f"{sign}{field} {member}"
    if isinstance(value, dict | list):
        return field
    return f"{field} {'none' if value in (None, '') else _one_line(value)}"


def _one_line(value: Any) -> str:
    return " ".join(str(value).split())


def _stage_name(stage_id: str, board: Board) -> str:
    return next((s.name for s in board.stages if s.id == stage_id), "(removed)")
