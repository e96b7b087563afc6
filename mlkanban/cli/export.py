"""Commands that write the board to a file."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FileParam, SuggestingGroup
from mlkanban.core.models import Board
from mlkanban.errors import StoreProblem, UsageProblem
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
        with _opened(out, service.path) as file:
            count = write(service, board, file)
    if out is not None:
        session.answer(f"export.{kind}", lambda: {"file": str(out), what: count}, acted=True)
        if not session.json:
            session.show_message(f"{count:,} {what} written to {out}.")


@contextlib.contextmanager
def _opened(out: Path | None, store: Path) -> Iterator[TextIO]:
    """The file to write to; it takes its place when it is whole."""
    if out is None:
        yield sys.stdout
        return
    try:
        if out.exists() and out.samefile(store):
            raise UsageProblem(f"{out} is the store itself.", "Choose another place.")
        target = out.resolve()
        # A device or a pipe is written to as it is.
        ready = target.exists() and not target.is_file()
        draft = target if ready else target.with_name(f".{target.name}-{os.getpid()}")
        try:
            with draft.open("w", encoding="utf-8", newline="") as file:
                yield file
            if target.is_file():
                shutil.copymode(target, draft)
            if not ready:
                draft.replace(target)
        finally:
            if not ready:
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise StoreProblem(
            f"{out} cannot be written: {error.strerror}.", "Choose another place."
        ) from error
