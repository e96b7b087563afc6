"""The report for others, written from the screen."""

from pathlib import Path

import pytest

from mlkanban.tui.screens.reports import ReportsScreen
from tests.tui.page import Page, opened


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


async def asked(board: Page) -> None:
    await board.keys("g", "e")
    await board.settled()


async def test_it_is_written_where_the_person_says_and_that_is_shown(
    used: Path, here: Path
) -> None:
    async with opened(used, size=(160, 45)) as board:
        await asked(board)
        await board.keys("enter")
        await board.until(lambda: "The report is written: " in board.text())
        [page] = here.iterdir()
        assert page.name.startswith("report-")
        assert page.suffix == ".html"
        assert str(page) in board.text()
        assert "<h2>Pace</h2>" in page.read_text()
        await asked(board)
        await board.keys("enter")
        assert "is there already." in board.text()
        before = page.stat().st_mtime_ns
        await board.keys("escape")
        await board.settled()
        assert page.stat().st_mtime_ns == before


async def test_from_the_reports_and_as_markdown(used: Path, here: Path) -> None:
    async with opened(used, size=(160, 45)) as board:
        await board.press("reports")
        assert isinstance(board.screen, ReportsScreen)
        await asked(board)
        await board.answer(str(here / "mail.md"))
        await board.until(lambda: "The report is written: " in board.text())
        assert (here / "mail.md").read_text().startswith("# ")


async def test_only_the_cards_that_the_board_shows(used: Path, here: Path) -> None:
    async with opened(used, size=(160, 45)) as board:
        await board.press("filter")
        await board.answer("type:experiment")
        await asked(board)
        await board.answer("mail.md")
        await board.until(lambda: (here / "mail.md").exists())
        assert ": only type:experiment" in (here / "mail.md").read_text().splitlines()[0]


async def test_a_place_that_does_not_do_is_said(used: Path, here: Path) -> None:
    async with opened(used, size=(160, 45)) as board:
        await asked(board)
        await board.answer("report.pdf")
        assert "Name a page (.html) or Markdown (.md)." in board.text()
        await board.answer(str(here / "nowhere" / "x.html"))
        await board.until(lambda: "cannot be written" in board.text())
        assert [*here.iterdir()] == []
