"""The command that frees the room of old logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import AGE
from mlkanban.clock import now
from mlkanban.core.models import Health, Outcome
from mlkanban.core.timestamps import moment
from mlkanban.paths import places
from mlkanban.runs.local.folder import RunFolder, folders_of
from mlkanban.runs.local.log_room import free, freeable, may_be_shortened, megabytes
from mlkanban.runs.model.run import Run
from mlkanban.service import Service
from mlkanban.text import quantity


class _OldLog(NamedTuple):
    """A run that has ended with logs worth freeing; `kept` says why they stay."""

    card: str
    run: Run
    folder: RunFolder
    size: int
    kept: str


@click.command()
@click.option(
    "--older-than", type=AGE, default=30 * 86_400.0, metavar="TIME", show_default="30d",
    help="Only logs of runs that ended so long ago.",
)  # fmt: skip
@click.option(
    "--keep-last", type=click.IntRange(0), default=1, metavar="N", show_default=True,
    help="Keep the logs of the newest N runs of each card.",
)  # fmt: skip
@click.option("--best", is_flag=True, help="Also those of best runs and of models in use.")
@click.option("--yes", is_flag=True, help="Free the room; without it, only show what would be.")
@pass_session
def prune(session: Session, older_than: float, keep_last: int, best: bool, yes: bool) -> None:
    """Show the room of old logs of runs, or free it with --yes.

    Of a log its lines of metrics (up to 1 MB) and its last lines stay, and a line that says what is
    missing. Results, metrics and patches of runs are not touched. The logs of runs that go on are
    kept, those that a process still has open, the best run of each card and the runs of models in
    use (unless --best), and the newest runs of each card. Logs of SLURM jobs are your own files.
    """
    with session.service(write=True) as service:
        logs = [
            log for board in service.boards.all()
            for log in _old_logs(service, board.id, older_than, keep_last, best)
        ]  # fmt: skip
    doomed = [log for log in logs if not log.kept]
    freed = sum(log.size for log in doomed)
    if yes:
        freed = sum(free(log.folder, now()) for log in doomed)
    session.answer(
        "runs.prune",
        lambda: {
            "done": yes,
            "freed": freed,
            "runs": [
                {
                    "id": log.run.id,
                    "card": log.card,
                    "ended": log.run.ended or None,
                    "bytes": log.size,
                    "kept": log.kept or None,
                }
                for log in logs
            ],
        },
        lambda: _lines(session, logs),
        acted=yes,
    )
    if session.json:
        return
    kept = sum(log.size for log in logs if log.kept)
    more = f" {megabytes(kept)} of other logs stay." if kept else ""
    if yes:
        session.show_message(f"{megabytes(freed)} freed.{more}")
    elif doomed:
        session.show_message(
            f"{quantity(len(doomed), 'run')}: {megabytes(freed)} would be freed. Nothing was "
            f"done yet: --yes does it.{more}"
        )
    else:
        session.show_message(f"There are no old logs to free.{more}")


def _old_logs(
    service: Service, board: str, older_than: float, keep_last: int, best: bool
) -> Iterator[_OldLog]:
    """The runs of a board with logs worth freeing, of each card the newest first."""
    before = now() - timedelta(seconds=older_than)
    cards: dict[str, list[Run]] = {}
    for ref, run in service.runs.of_board(board):
        cards.setdefault(ref, []).append(run)
    for ref, runs in cards.items():
        own = [run for run in runs if not run.parent]
        first = {run.id for run in own[:keep_last]}
        good = {} if best else _good(service, ref, runs)
        for folder in folders_of(places().data, [run.id for run in runs if run.state.ended]):
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
            yield _OldLog(ref, run, folder, size, kept)


def _good(service: Service, ref: str, runs: list[Run]) -> dict[str, str]:
    """The runs that are kept for what they reached."""
    card = service.cards.get(ref)
    in_use = card.outcome == Outcome.SHIPPED and card.health != Health.RETIRED
    kept = {run.id: "of a model in use" for run in runs if in_use and run.is_result}
    results = service.runs.results(ref)
    return kept | ({results.best_run.id: "the best of its card"} if results else {})


def _lines(session: Session, logs: list[_OldLog]) -> Iterator[str]:
    if not logs:
        return
    rows = [
        (
            session.clean(log.run.id), log.card, megabytes(log.size),
            log.run.ended[:10], f"stays: {log.kept}" if log.kept else "",
        )
        for log in sorted(logs, key=lambda log: (bool(log.kept), -log.size))
    ]  # fmt: skip
    yield from table(rows, ("RUN", "CARD", "LOGS", "ENDED", ""))
