"""A board as rows for spreadsheets, and its log as JSON lines."""

import csv
import json
from dataclasses import asdict
from typing import TextIO

from mlkanban.core.board import Board, place
from mlkanban.core.metrics import CardMetrics, metric_texts
from mlkanban.service import Service
from mlkanban.text import display_lines

COLUMNS = (
    "id", "stage", "title", "type", "priority", "class", "tags", "due", "blocked", "metric",
    "work", "outcome", "health", "lineage", "archived", "created", "entered", "started", "finished",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(service: Service, board: Board, file: TextIO) -> int:
    """Write one row per card, archived and finished ones too; returns how many."""
    faces = sorted(service.boards.snapshot(board.id).faces, key=place)
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for face in faces:
        cells = (
            face.ref, board.stage(face.stage).name, face.title, face.type, face.priority,
            face.service_class, face.tags, face.due, face.block_reason,
            _metrics(face.metric), face.work,
            face.outcome, face.health, face.lineage,
            "yes" if face.archived else "", face.created_at, face.entered_at, face.started_at,
            face.finished_at,
        )  # fmt: skip
        rows.writerow([guarded(cell) for cell in cells])
    return len(faces)


def _metrics(packed: str) -> str:
    """The metric and the guards of a face, `auc .95/>=.92 typed  p95 61/<=50`."""
    kept = CardMetrics.read(packed)
    metric, *guards = metric_texts(kept) or [""]
    return "  ".join([metric + " typed" * kept.typed, *guards])


def write_jsonl(service: Service, board: Board, file: TextIO) -> int:
    """Write one event per line, oldest first; returns how many."""
    events = service.history.events(board.id)
    for event in events:
        file.write(json.dumps(asdict(event)) + "\n")
    return len(events)


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, and no terminal for a command."""
    shown = display_lines(cell)
    return f"'{shown}" if cell.startswith(_FORMULA) else shown
