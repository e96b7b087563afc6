"""The command that frees the room of old logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import AGE
from mlkanban.clock import now
from mlkanban.paths import places
from mlkanban.runs.local.log_size import free, megabytes
from mlkanban.runs.local.old_logs import OldLog, old_logs
from mlkanban.text import quantity


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
    before = now() - timedelta(seconds=older_than)
    with session.service(write=True) as service:
        logs = [
            log for board in service.boards.all()
            for log in old_logs(
                places().data, service, board.id, before, keep_last=keep_last, keep_best=not best
            )
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


def _lines(session: Session, logs: list[OldLog]) -> Iterator[str]:
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
