"""The report for people who do not use the board, written from the screen."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlkanban.core.names import slug
from mlkanban.errors import MlkanbanError
from mlkanban.files import writing_named
from mlkanban.text import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from mlkanban.core.board import Board
    from mlkanban.service import Service
    from mlkanban.tui.command_screen import CommandScreen

_PAGE, _MARKDOWN = (".html", ".htm"), (".md", ".markdown")


class ReportFile:
    """Writes the report of the cards that the board shows."""

    def __init__(self, screen: CommandScreen, query: Callable[[], str] = lambda: "") -> None:
        self._screen = screen
        self._query = query

    async def do_report_write(self) -> None:
        screen, board = self._screen, self._screen.host.model.board
        typed = str(Path.cwd() / f"report-{slug(board.name)}.html")
        while True:
            answer = await screen.ask.text(
                "Write the report for others to (.html or .md)", typed, verb="writes it"
            )
            screen.refocus()
            if answer is None:
                return
            typed, file = answer, Path(answer.strip()).expanduser().absolute()
            if file.suffix.lower() in (*_PAGE, *_MARKDOWN):
                break
            screen.status.show("Name a page (.html) or Markdown (.md).", warning=True)
        if file.exists():
            question = cell_text(f"{file} is there already.")
            if not await screen.ask.confirm(question, "replace it"):
                return
        loop = asyncio.get_running_loop()

        def progress(part: str) -> None:
            text = f"Writing the report: {cell_text(part)} .."
            loop.call_soon_threadsafe(screen.status.show, text)

        wrote = await screen.fetch(
            partial(_write, file, board, self._query(), screen.host.model.today, progress)
        )
        if wrote:
            screen.status.show(cell_text(f"The report is written: {file}"))


def _write(
    file: Path,
    board: Board,
    query: str,
    today: date,
    progress: Callable[[str], None],
    service: Service,
) -> bool:
    # Pages and pictures as vectors: the board starts without them.
    from mlkanban.display.report_page import html, markdown
    from mlkanban.service.report import ReportRequest

    refs = None
    if query:
        faces = service.boards.snapshot(board.id).faces
        found = service.search.find(board, faces, query, today)
        refs = frozenset(face.ref for face in found)
    report = service.reports.make(board, ReportRequest(query, refs), progress=progress)
    text = html(report) if file.suffix.lower() in _PAGE else markdown(report)
    try:
        with writing_named(file) as out:
            out.write(text)
    except OSError as error:
        raise MlkanbanError(
            f"{file} cannot be written: {error.strerror}.", "Name another file."
        ) from error
    with suppress(OSError):  # the page is written; the next one looks back further
        service.reports.remember(report)
    return True
