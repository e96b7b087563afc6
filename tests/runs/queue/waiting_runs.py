"""Runs that wait in a queue, without processes of their own: their waiter is this process."""

import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mlkanban.core.timestamps import instant
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.processes import here, process
from mlkanban.runs.queue.entries import QueueFiles

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def run_id(at: int) -> str:
    return f"20260302-08{at:02}00-0000000{at:x}"


def waits(data: Path, at: int, card: str = "", **start: Any) -> RunFolder:
    """The run number `at`, which came at that minute, in the queue for a card."""
    folder = RunFolder(data / "runs" / run_id(at))
    folder.make()
    waiter = process(os.getpid())._asdict()
    record: Any = {
        "id": folder.id, "card": card, "card_id": card or f"c{at}", "argv": ["t"], "cwd": "/w",
        "made": instant(NOW - timedelta(minutes=60 - at)), "started": "", "environment": {},
        "queue": {"label": card, "waiter": waiter}, **asdict(here()), **start,
    }  # fmt: skip
    folder.write_start(record)
    QueueFiles(data).add(folder.id)
    return folder
