"""The report: one page for people who do not use the board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlkanban import clock
from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.cli.flow import NumberOptions, number_options
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import FileParam
from mlkanban.display.number_text import number_view
from mlkanban.display.number_text.backtest import remarks
from mlkanban.display.number_text.forecast import summary
from mlkanban.display.number_view import scope_text
from mlkanban.display.report_page import Highlights, Page, ReportSection, html, markdown
from mlkanban.errors import MlkanbanError, UsageProblem
from mlkanban.flow.blockers import blockers
from mlkanban.flow.forecast import forecast

if TYPE_CHECKING:
    from mlkanban.core.models import Board
    from mlkanban.flow.sample import Sample
    from mlkanban.service import Service

_KINDS = (".html", ".htm", ".md", ".markdown")


@click.command()
@click.option(
    "--out",
    type=FileParam(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE.html|FILE.md",
    help="The file to write; an existing file is replaced.",
)
@number_options(leave_out=("by", "chart"))
@pass_session
def report(session: Session, out: Path, options: NumberOptions) -> None:
    """Write a report with the summary, all flow metrics and their charts."""
    if out.suffix.lower() not in _KINDS:
        raise UsageProblem(
            f"{out} is neither a page (.html) nor Markdown (.md).", "Name one of them with --out."
        )
    with session.service() as service:
        board = session.board(service)
        sample = options.sample(session, service)
        page = _page(service, board, sample)
    text = html(page) if out.suffix.lower() in (".html", ".htm") else markdown(page)
    draft = out.with_name(f".{out.name}.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(out)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise MlkanbanError(
            f"{out} cannot be written: {error.strerror}.", "Name another file with --out."
        ) from error
    session.answer("report", lambda: {"file": str(out), "bytes": len(text.encode())}, acted=True)
    if not session.json:
        session.show_message(f"Written: {out}")


def _page(service: Service, board: Board, sample: Sample) -> Page:
    sections = []
    for entry in CATALOGUE:
        view = number_view(entry.name)
        some = view.scoped(sample)
        number = view.count(some)
        summary = view.summary(number)
        sections.append(
            ReportSection(
                entry.title,
                summary,
                view.draw(number, some),
                entry.definition,
                tuple(remarks(summary, some)),
            )
        )
    return Page(
        board.name,
        sample.scope.only,
        clock.now().astimezone(sample.workflow.timezone),
        scope_text(sample.scope),
        tuple(_summary(service, sample)),
        tuple(sections),
    )


def _summary(service: Service, sample: Sample) -> list[Highlights]:
    """What shipped, what was learned, what is blocked and since when, and what comes next."""

    def ended(outcome: str) -> list[str]:
        points = []
        for card in reversed(sample.finished):
            if card.flow.outcome == outcome:
                verdict = service.cards.get(card.ref).verdict
                points.append(f"{card.history.title} ({card.ref}){verdict and f': {verdict}'}")
        return points

    zone = sample.workflow.timezone
    blocked = [
        f"{block.title} ({block.ref}): {block.block.reason},"
        f" {'external' if block.block.external else 'internal'},"
        f" since {block.begin.astimezone(zone):%Y-%m-%d} ({block.days:.1f} days)"
        for block in blockers(sample).still
    ]
    return [
        Highlights("What shipped", tuple(ended("shipped")), "Nothing in this time."),
        Highlights("What was learned", tuple(ended("learned")), "Nothing in this time."),
        Highlights("What is blocked", tuple(blocked), "Nothing is blocked."),
        Highlights("What comes next", summary(forecast(sample.of_all_time)).lines, ""),
    ]
