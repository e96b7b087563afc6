"""Commands that write the board to a file."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TextIO

import click

from mlkanban.cli.out_file import opened
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FileParam, SuggestingGroup
from mlkanban.core.board import Board
from mlkanban.errors import UsageProblem
from mlkanban.exchange.export import write_csv, write_jsonl
from mlkanban.exchange.markdown import write_markdown
from mlkanban.service import Service

_out = click.option(
    "--out", type=FileParam(dir_okay=False, path_type=Path), help="Write to this file (stdout)."
)


@click.group("export", cls=SuggestingGroup, no_args_is_help=False)
def export_group() -> None:
    """Write a board as CSV, JSON lines or Markdown."""


@export_group.command()
@_out
@pass_session
def csv(session: Session, out: Path | None) -> None:
    """One row per card, for spreadsheets."""
    _export(session, "csv", out, write_csv)


@export_group.command()
@_out
@pass_session
def jsonl(session: Session, out: Path | None) -> None:
    """One event per line, the whole log of the board in order of time."""
    _export(session, "jsonl", out, write_jsonl)


@export_group.command()
@_out
@pass_session
def markdown(session: Session, out: Path | None) -> None:
    """One readable document, to edit and take back: mlkanban import markdown FILE."""
    _export(session, "markdown", out, write_markdown, "cards")


def _export(
    session: Session,
    kind: str,
    out: Path | None,
    write: Callable[[Service, Board, TextIO], int],
    what: str = "rows",
) -> None:
    if session.json and out is None:
        raise UsageProblem("With --json the export needs a file.", "Add --out FILE.")
    session.bring_up_to_date()
    with session.service(as_is=True) as service:
        board = session.board(service)
        with opened(out, service.path) if out else nullcontext(sys.stdout) as file:
            count = write(service, board, file)
    if out is not None:
        session.answer(f"export.{kind}", lambda: {"file": str(out), what: count}, acted=True)
        if not session.json:
            session.show_message(f"{count:,} {what} written to {out}.")
