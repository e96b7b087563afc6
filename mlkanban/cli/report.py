"""The report: one page for people who do not use the board."""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import click

from mlkanban.cli.flow import NumberOptions, number_options
from mlkanban.cli.out_file import opened
from mlkanban.cli.progress import counting_line
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import DAY, FileParam, today
from mlkanban.errors import UsageProblem

if TYPE_CHECKING:
    from mlkanban.core.board import Board
    from mlkanban.service import Service
    from mlkanban.service.report import ReportRequest

Format = Literal["html", "markdown"]
_FORMATS: dict[str, Format] = {
    ".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown"
}  # fmt: skip
LAST = "last"


class SinceParam(click.ParamType):  # type: ignore[type-arg]
    """`last`, a day, or a number of days such as 30d."""

    name = "since"

    def convert(
        self,
        value: str | date | int,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | date | int:
        if not isinstance(value, str) or value == LAST:
            return value
        if re.fullmatch(r"[1-9][0-9]{0,4}d", value):
            return int(value[:-1])
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            self.fail(
                f"{value!r} is neither last, nor a day such as 2026-03-31, nor 30d.", param, ctx
            )
        day: date = DAY.convert(value, param, ctx)
        return day


@click.command()
@click.option(
    "--out",
    type=FileParam(path_type=Path, dir_okay=False),
    metavar="FILE.html|FILE.md",
    help="The file to write (stdout); an existing file is replaced.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "markdown"]),
    help="How it is written (as the name of the file says, else markdown).",
)
@click.option(
    "--since",
    type=SinceParam(),
    default=LAST,
    metavar="last|DATE|30d",
    help="What it looks back to: the last report or review (last), or a day.",
)
@click.option("--full", is_flag=True, help="Add the numbers as an appendix.")
@click.option("--all-boards", is_flag=True, help="Put one row per board first.")
@click.option(
    "--for",
    "person",
    default="",
    metavar="NAME",
    help="Only what needs this person: @NAME in the note of a block, the owner of a model.",
)
@number_options(leave_out=("as_of", "window", "first", "last", "by", "chart"))
@pass_session
def report(
    session: Session,
    options: NumberOptions,
    out: Path | None,
    form: Format | None,
    since: str | date | int,
    full: bool,
    all_boards: bool,
    person: str,
) -> None:
    """Write a one-page report for people without the board.

    It says why the work is done and where it stands, what waits for somebody else, what comes next
    and by when, what was won and learned, how models in use do, and the pace. Without --out it is
    printed, as Markdown for mail and wikis.

    It looks back to the last report for the same people on an earlier day, or to the last review; a
    first one looks back 30 days.

    \b
    Example: mlkanban report --out page.html
             mlkanban report --for maria --format markdown
    """
    # Help and completion write no page.
    from mlkanban.display.report_page import appendix, html, markdown
    from mlkanban.display.report_text import to_json
    from mlkanban.service.report import FILE

    by_name = _FORMATS.get(out.suffix.lower()) if out else None
    if out is not None and by_name is None and form is None:
        raise UsageProblem(
            f"{out} is neither a page (.html) nor Markdown (.md).",
            "Name one of them with --out, or choose one with --format.",
        )
    forgotten = ""
    with session.service() as service, counting_line(session) as show:
        board = session.board(service)
        wanted = _wanted(service, board, options, person.strip().lstrip("@"), since)
        made = service.reports.make(
            board, wanted, all_boards=all_boards, progress=lambda part: show("reading", part)
        )
        numbers = appendix(made, lambda title: show("counting", title)) if full else []
        write = html if (form or by_name) == "html" else markdown
        text = write(made, numbers)
        if out is not None:
            with opened(out, service.path) as file:
                file.write(text)
        try:
            service.reports.remember(made)
        except OSError as error:  # the page is worth more than what the next one looks back to
            forgotten = f"{FILE} beside the store cannot be written: {error.strerror}."
    session.answer(
        "report",
        lambda: to_json(made, *((str(out), len(text.encode())) if out else ())),
        None if out else lambda: _printed(session, text),
        acted=out is not None,
    )
    if forgotten:
        session.show_message(f"The next report will not look back to this one: {forgotten}")
    if session.json:
        return
    if out is not None:
        session.show_message(f"Written: {out}")
    if not any(made.charter.values()) and not person:
        session.show_message(
            "The report cannot say what the work is for. Write that: mlkanban charter set scope"
            " TEXT"
        )


def _printed(session: Session, text: str) -> list[str]:
    """The lines of a page; on a terminal in its characters."""
    lines = text.rstrip("\n").split("\n")
    return [session.clean(line) for line in lines] if sys.stdout.isatty() else lines


def _wanted(
    service: Service,
    board: Board,
    options: NumberOptions,
    person: str,
    since: str | date | int,
) -> ReportRequest:
    """Which report is asked for."""
    # As above.
    from mlkanban.service.report import ReportRequest

    faces = service.boards.snapshot(board.id).faces
    refs = options.refs(service, board, faces) if options.only else None
    day = today(board)
    if isinstance(since, date) and since > day:
        raise UsageProblem(f"--since {since} lies in the future.", "Give a day that is over.")
    if isinstance(since, int):
        since = DAY.convert((day - timedelta(days=since)).isoformat(), None, None)
    begin = None
    if not isinstance(since, str):
        begin = datetime.combine(since, time.min, ZoneInfo(board.timezone)).astimezone(UTC)
    return ReportRequest(options.only, refs, person, begin)
