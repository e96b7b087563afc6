"""The real program in this terminal, and somebody who presses every key on one of its screens.

Arguments: the screen, as tui/commands.py names it, and a file that what went wrong is written to.
"""

import sys
import traceback
from pathlib import Path
from typing import Any
from zlib import crc32

from textual.app import App
from textual.pilot import Pilot

from mlkanban.cli.program import run
from mlkanban.tui import commands
from mlkanban.tui.app import BoardApp
from mlkanban.tui.commands import COMMANDS, Command
from mlkanban.tui.screens.base import KeyScreen
from tests.hostile.board import RICH
from tests.stress.sizes import FULL
from tests.tui.page import Page

WAYS = {
    commands.BOARD: (),
    commands.CARD: ("card.open",),
    commands.TRIAGE: ("triage",),
    commands.REVIEW: ("review",),
    commands.PLAN: ("plan",),
    commands.RUNS: ("runs",),
    commands.QUEUE: ("queue",),
    commands.UNLINKED: ("unlinked",),
    commands.MODELS: ("models",),
    commands.MODEL: ("models", "model.open"),
    commands.REPORTS: ("reports",),
    commands.STAGES: ("stages",),
    commands.CHARTER: ("charter",),
    commands.PORTFOLIO: ("board.switch",),
    commands.MESSAGES: ("messages",),
    commands.HELP: ("help",),
    commands.DOCS: ("docs",),
}
"""The commands that lead from the board to each screen."""
LEAVING = ("quit", "back")
ANSWERS = {"card.new": "x", "filter": "tag:", "palette": "card", "card.tags": ""}


async def walk(where: str, app: BoardApp, pilot: Pilot[Any]) -> None:
    """Press every key that works on a screen, cancel what it asks, and come back."""
    page = Page(app, pilot, app.places.data)
    await page.until(lambda: isinstance(app.screen, KeyScreen))
    await page.settled()
    for command in COMMANDS:
        if not _wanted(command, where) or command.name in LEAVING:
            continue
        for key in command.keys[:2] if command.keys == commands.DIGITS else command.keys[:1]:
            await _go(page, where)
            await page.keys(key)
            await _answer(page, command.name)
            await _back(page, where)
    app.exit()


def _wanted(command: Command, where: str) -> bool:
    """Whether to press it here: every day on one of its screens, all of them now and then."""
    home = command.where[crc32(command.name.encode()) % len(command.where)]
    return where in command.where if FULL else where == home


async def _go(page: Page, where: str) -> None:
    """To a screen, from the board by way of the card with everything."""
    if page.app.screen is not page.board_screen:
        return
    for face in page.app.model.faces.values():  # another board may be open by now
        if RICH in face.title:
            page.board_screen.go_to(face.id)
    await page.settled()
    await page.press(*WAYS[where])
    here = page.app.screen
    assert isinstance(here, KeyScreen)
    assert where == here.WHERE, f"{WAYS[where]} leads to {here.WHERE}"


async def _answer(page: Page, name: str) -> None:
    """Look at what is asked, type something into it, see what comes of it."""
    if name in ANSWERS:
        await page.type(ANSWERS[name])
        await page.keys("tab", "down")
    elif isinstance(page.app.screen, KeyScreen) and page.app.screen.ask.choosing:
        await page.keys("k")


async def _back(page: Page, where: str) -> None:
    """To the screen or to the board, whatever is asked on whatever screen."""
    for _ in range(9):
        here = page.app.screen
        if isinstance(here, KeyScreen) and here.ask.asking:
            here.ask.cancel()
        elif here is page.board_screen or (isinstance(here, KeyScreen) and where == here.WHERE):
            return
        elif isinstance(here, KeyScreen) and here.ready:
            here.do_back()
        else:
            await page.keys("escape")
        await page.settled()
    raise AssertionError(f"no way back from {page.app.screen}")


async def report(where: str, file: Path, app: BoardApp, pilot: Pilot[Any]) -> None:
    try:
        await walk(where, app, pilot)
        file.write_text("done")
    except BaseException:
        file.write_text(traceback.format_exc())
        app.exit()
        raise


if __name__ == "__main__":
    where, file = sys.argv[1], Path(sys.argv[2])

    def walking(app: BoardApp) -> None:
        App.run(app, auto_pilot=lambda pilot: report(where, file, app, pilot))

    BoardApp.run = walking  # type: ignore[method-assign,assignment]  # driven by a pilot
    sys.exit(run([]))
