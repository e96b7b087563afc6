"""Commands that write the board to a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from mlkanban.cli.out_file import drafted, opened
from mlkanban.cli.progress import counting_line
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FileParam, SuggestingGroup
from mlkanban.core.board import Board
from mlkanban.errors import StoreProblem, UsageProblem
from mlkanban.exchange.export import Progress, write_actionable_agile, write_csv, write_jsonl
from mlkanban.exchange.markdown import write_markdown
from mlkanban.files import is_plain
from mlkanban.service import Service
from mlkanban.text import quantity

_out = click.option(
    "--out", type=FileParam(dir_okay=False, path_type=Path), help="Write to this file (stdout)."
)


@click.group("export", cls=SuggestingGroup, no_args_is_help=False)
def export_group() -> None:
    """Write a board as CSV, JSON lines, Markdown or a database."""


@export_group.command()
@_out
@click.option(
    "--excel", is_flag=True,
    help="For Excel: instants in the time zone of the board, and a byte order mark.",
)  # fmt: skip
@pass_session
def csv(session: Session, out: Path | None, excel: bool) -> None:
    """One row per card, for spreadsheets and pandas.

    Every field of the card has a column, the metric has name, value, direction and target; then
    come the days on which the card was blocked, and the day on which it entered each stage last.
    """
    _export(session, "csv", out, partial(write_csv, excel=excel))


@export_group.command("actionable-agile")
@_out
@pass_session
def actionable_agile(session: Session, out: Path | None) -> None:
    """One row per card with a date per stage, for ActionableAgile and what reads its files.

    Abandoned and discarded cards are left out: ActionableAgile would count them as finished.
    """
    left_out = 0

    def write(service: Service, board: Board, file: TextIO, progress: Progress) -> int:
        nonlocal left_out
        count, left_out = write_actionable_agile(service, board, file, progress)
        return count

    _export(session, "actionable-agile", out, write, more=lambda: {"left_out": left_out})
    if left_out and not session.json:
        session.show_message(f"Left out: {quantity(left_out, 'abandoned or discarded card')}.")


@export_group.command()
@_out
@pass_session
def jsonl(session: Session, out: Path | None) -> None:
    """One event per line, the whole log of the board in order of time."""
    _export(session, "jsonl", out, write_jsonl, "rows")


@export_group.command()
@_out
@pass_session
def markdown(session: Session, out: Path | None) -> None:
    """One readable document, to edit and take back: mlkanban import markdown FILE."""

    def write(service: Service, board: Board, file: TextIO, progress: Progress) -> int:
        return write_markdown(service, board, file)

    _export(session, "markdown", out, write, "cards")


@export_group.command()
@click.argument("out", type=FileParam(dir_okay=False, path_type=Path))
@pass_session
def sqlite(session: Session, out: Path) -> None:
    """A database for pandas, Datasette and SQL, with a full-text search.

    OUT is written anew each time: an earlier export is replaced when the new one is whole, and no
    other file is. Tables and columns are described by mlkanban docs import.
    """
    # What few exports need: the tables, and sqlite-utils.
    from mlkanban.exchange.export_tables import write_database

    session.bring_up_to_date()
    with session.service(as_is=True) as service, counting_line(session) as show:
        board = session.board(service)
        _require_export(service, out)
        with drafted(out, service.path) as draft:
            cards, events, searchable = write_database(
                service, board, draft, lambda count: show("Exporting:", f"{count:,} rows")
            )
    answer = {"file": str(out), "cards": cards, "events": events, "search": searchable}
    session.answer("export.sqlite", lambda: answer, acted=True)
    if not session.json:
        what = f"{quantity(cards, 'card')} and {quantity(events, 'event')} written to {out}."
        session.show_message(what if searchable else f"{what} It has no full-text search: "
                             "the SQLite of this Python was built without FTS5.")  # fmt: skip


def _require_export(service: Service, out: Path) -> None:
    """Refuse to take the place of a file that is no export."""
    if not out.exists() or out.samefile(service.path):
        return  # what writes says it of the store
    try:
        if is_plain(out) and (out.stat().st_size == 0 or service.exports.is_database_export(out)):
            return
    except OSError as error:
        raise StoreProblem(
            f"{out} cannot be read: {error.strerror}.", "Name another file."
        ) from error
    raise UsageProblem(
        f"{out} is there, and is no database that this command wrote: it was left alone.",
        "Name another file, or remove that one first.",
    )


def _export(
    session: Session,
    kind: str,
    out: Path | None,
    write: Callable[[Service, Board, TextIO, Progress], int],
    what: str = "rows",
    more: Callable[[], dict[str, Any]] = dict,
) -> None:
    if session.json and out is None:
        raise UsageProblem("With --json the export needs a file.", "Add --out FILE.")
    session.bring_up_to_date()
    with session.service(as_is=True) as service, counting_line(session) as show:
        board = session.board(service)
        watched = out is not None or not sys.stdout.isatty()

        def progress(count: int) -> None:
            if watched:
                show("Exporting:", f"{count:,} {what}")

        with opened(out, service.path) if out else nullcontext(sys.stdout) as file:
            count = write(service, board, file, progress)
    if out is not None:
        answer = {"file": str(out), what: count, **more()}
        session.answer(f"export.{kind}", lambda: answer, acted=True)
        if not session.json:
            session.show_message(f"{count:,} {what} written to {out}.")
