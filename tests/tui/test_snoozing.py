"""z: out of sight, counted in the title, back by its day, by a query, or by z again."""

from datetime import timedelta
from pathlib import Path

from tests.tui.page import NOW, opened

TITLE = "calibrate probabilities"


async def test_it_goes_out_of_sight_and_is_counted(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to(TITLE)
        await board.press("card.snooze")
        await board.keys("w")
        assert TITLE not in board.stage("Ideas").cards()
        assert "1 snoozed" in board.lines()[0]
        assert "snoozed until 2026-03-27" in board.status()
        await board.press("undo")
        assert TITLE in board.stage("Ideas").cards()
        assert "snoozed" not in board.lines()[0]


async def test_it_is_found_when_it_is_asked_for_and_woken(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to(TITLE)
        await board.press("card.snooze")
        await board.keys("o")
        await board.answer("fri")
        await board.press("filter")
        await board.answer("snoozed:yes")
        assert board.stages() == {"Ideas": [TITLE]}
        assert board.current() == TITLE
        await board.press("card.snooze")
        await board.press("back")
        assert TITLE in board.stage("Ideas").cards()


async def test_its_day_brings_it_back_to_an_open_board(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to(TITLE)
        await board.press("card.snooze")
        await board.keys("d")
        assert TITLE not in board.stage("Ideas").cards()
        board.app.now = lambda: NOW + timedelta(days=1)
        await board.until(lambda: TITLE in board.stage("Ideas").cards())
        assert "snoozed" not in board.lines()[0]
