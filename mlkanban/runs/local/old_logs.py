"""Which logs of runs that have ended may be freed, and why others are kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from mlkanban.core.board import Health, Outcome
from mlkanban.core.timestamps import moment
from mlkanban.runs.local.folder import RunFolder, folders_of
from mlkanban.runs.local.log_size import freeable, may_be_shortened
from mlkanban.runs.model.run import Run
from mlkanban.service import Service


class OldLog(NamedTuple):
    """A run that has ended with logs worth freeing, and how many bytes; `kept` says why they
    stay."""

    card: str
    run: Run
    folder: RunFolder
    size: int
    kept: str


def old_logs(
    data: Path, service: Service, board: str, before: datetime, *, keep_last: int, keep_best: bool
) -> Iterator[OldLog]:
    """The runs of a board with logs worth freeing, of each card the newest first. Those that ended
    after `before`, and the newest `keep_last` of each card, are kept; with `keep_best` also the
    best run of each card and those of models in use."""
    cards: dict[str, list[Run]] = {}
    for ref, run in service.runs.of_board(board):
        cards.setdefault(ref, []).append(run)
    for ref, runs in cards.items():
        own = [run for run in runs if not run.parent]
        first = {run.id for run in own[:keep_last]}
        good = _good(service, ref, runs) if keep_best else {}
        for folder in folders_of(data, [run.id for run in runs if run.state.ended]):
            run = next(run for run in runs if run.id == folder.id)
            size = freeable(folder)
            if not size:
                continue
            ended = moment(run.ended or run.started)
            if ended is None or ended > before:
                kept = "too new"
            elif run.id in first:
                kept = "among the newest of its card"
            else:
                kept = good.get(run.id, "")
            if not kept and not may_be_shortened(folder):
                kept = "still open, or not of this machine"
            yield OldLog(ref, run, folder, size, kept)


def _good(service: Service, ref: str, runs: list[Run]) -> dict[str, str]:
    """The runs that are kept for what they reached."""
    card = service.cards.get(ref)
    in_use = card.outcome == Outcome.SHIPPED and card.health != Health.RETIRED
    kept = {run.id: "of a model in use" for run in runs if in_use and run.is_result}
    results = service.runs.results(ref)
    return kept | (
        {results.best_run.id: "the best of its card"} if results and results.best_run else {}
    )
