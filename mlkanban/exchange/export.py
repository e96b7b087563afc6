"""A board as rows for spreadsheets and for ActionableAgile, and its log as JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TextIO
from zoneinfo import ZoneInfo

from mlkanban.core.board import Board
from mlkanban.core.card import Blocker, Card, Metric
from mlkanban.core.card_fields import FIELDS, CardField
from mlkanban.core.field_kinds import (
    BlockerKind,
    Checklist,
    Day,
    Guards,
    Members,
    MetricKind,
    MetricNumber,
    Place,
)
from mlkanban.service import Service
from mlkanban.text import display_lines

Cell = str | float | date | datetime | None
Progress = Callable[[int], None]

BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def card_columns() -> tuple[str, ...]:
    """The columns of a card, apart from the days of its stages."""
    return ("id", *(name for field in FIELDS for name in field_columns(field)), *_TIMES)


_TIMES = ("created", "entered", "started", "finished", "blocked_days")


def field_columns(field: CardField) -> tuple[str, ...]:
    """The columns of a field of a card."""
    if isinstance(field.kind, MetricKind):
        return ("metric_name", "metric_value", "metric_direction", "metric_target")
    if isinstance(field.kind, BlockerKind):
        return ("blocked", "blocked_external", "blocked_note", "blocked_until")
    return (field.name,)


def field_cells(field: CardField, board: Board, card: Card) -> tuple[Cell, ...]:
    """The cells of a field of a card, as many as it has columns."""
    value, kind = card.values[field.name], field.kind
    if isinstance(kind, Place):
        return (board.stage(value).name,)
    if isinstance(kind, MetricKind):
        metric: Metric | None = card.measured or value
        if metric is None:
            return ("", None, "", None)
        return (metric.name, metric.value, metric.direction, metric.target)
    if isinstance(kind, Guards):
        return ("  ".join(map(str, card.measured_guards)),)
    if isinstance(kind, BlockerKind):
        block: Blocker | None = value
        if block is None:
            return ("", "", "", "")
        return (block.reason.value, "yes" if block.external else "", block.note, block.until)
    if isinstance(kind, MetricNumber | Day):
        return (value,)
    if isinstance(kind, Members):
        return (kind.between.join(value),)
    if isinstance(kind, Checklist):
        return ("\n".join(kind.text(value)),)
    text = kind.text(value)
    return (text if isinstance(text, str) else " ".join(text),)


def write_csv(
    service: Service,
    board: Board,
    file: TextIO,
    progress: Progress = lambda _: None,
    *,
    excel: bool = False,
) -> int:
    """Write one row per card, archived and finished ones too; returns how many. For Excel with a
    byte order mark, and with instants in the time zone of the board."""
    flow = service.exports.flow(board)
    written = _written_for_excel(board) if excel else _written
    if excel:
        file.write(BOM)
    rows = csv.writer(file, lineterminator="\r\n" if excel else "\n")
    stages = flow.workflow.stages
    rows.writerow([guarded(name) for name in (*card_columns(), *(f"day {s}" for s in stages))])
    count = 0
    for count, (face, card, days, _) in enumerate(service.exports.cards(board, flow), 1):
        cells: list[Cell] = [
            face.ref,
            *(cell for field in FIELDS for cell in field_cells(field, board, card)),
            card.created_at, card.entered_at, card.started_at, card.finished_at,
            days.blocked_days if days else None,
            *(days.entered if days else [None] * len(stages)),
        ]  # fmt: skip
        rows.writerow([written(cell) for cell in cells])
        progress(count)
    return count


def write_actionable_agile(
    service: Service, board: Board, file: TextIO, progress: Progress = lambda _: None
) -> tuple[int, int]:
    """Write one row per card with the day on which it came to each stage or past it, as
    ActionableAgile reads it; returns how many, and how many abandoned and discarded cards were left
    out, which it would count as finished.

    A day is empty where the card went back since. A card that was never worked has no days between
    commitment and delivery: they would make a cycle time of it.
    """
    flow = service.exports.flow(board)
    first, delivered = flow.workflow.first_committed, flow.workflow.first_delivered
    names = flow.workflow.stages
    stages = (*names[:delivered], names[delivered] if delivered < len(names) else "Done")
    attributes = ("Type", "Class", "Priority", "Tags", "Outcome", "Blocked days")
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow([guarded(name) for name in ("ID", "Link", "Title", *stages, *attributes)])
    count = left_out = 0
    for face, card, days, _ in service.exports.cards(board, flow):
        if days is None or days.left:
            left_out += 1
            continue
        arrived = list(days.arrived)
        if days.never_worked:
            arrived[first:delivered] = [None] * (delivered - first)
        link = next((link for link in card.links if "://" in link), "")
        cells: tuple[Cell, ...] = (
            face.ref, link, face.title, *arrived,
            face.type, face.service_class, face.priority, face.tags, days.outcome,
            days.blocked_days,
        )  # fmt: skip
        rows.writerow([_written(cell) for cell in cells])
        count += 1
        progress(count)
    return count, left_out


def write_jsonl(
    service: Service, board: Board, file: TextIO, progress: Progress = lambda _: None
) -> int:
    """Write one event per line, oldest first; returns how many."""
    count = 0
    for count, event in enumerate(service.exports.events(board.id), 1):
        file.write(json.dumps(asdict(event)) + "\n")
        progress(count)
    return count


def _written(cell: Cell) -> str:
    """A cell for programs: instants in UTC."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(cell, str):
        return guarded(cell)
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else repr(cell)


def _written_for_excel(board: Board) -> Callable[[Cell], str]:
    """A cell for people: instants as a spreadsheet takes them for dates, in the board's zone."""
    zone = ZoneInfo(board.timezone)

    def written(cell: Cell) -> str:
        if isinstance(cell, datetime):
            return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        return _written(cell)

    return written


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, and no terminal for a command."""
    shown = display_lines(cell)
    return f"'{shown}" if cell.startswith(_FORMULA) else shown
