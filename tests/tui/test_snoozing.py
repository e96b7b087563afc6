"""z: out of sight, counted in the title, back by its day, by a query, or by z again."""

from datetime import date, timedelta
from pathlib import Path

from tests.tui.boards import started
from tests.tui.page import NOW, SMALL, opened

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


async def test_a_stage_that_a_snoozed_card_fills_says_so(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("logistic baseline")
        await board.press("card.snooze")
        await board.keys("w")
        assert board.stage("Training").header() == "5 Training 1/1 ►0/2 z1"
        await board.go_to(TITLE)
        await board.press("card.move")
        assert "1/1 ►0/2 FULL (1 snoozed)" in board.text()
        await board.keys("5")
        assert "Training is 1/1, 1 of them snoozed:" in board.question()
        assert "r put in Ready" in board.question()


async def test_the_strip_of_a_narrow_screen_says_it_too(small: Path) -> None:
    async with opened(small, size=SMALL) as board:
        await board.keys("3")
        await board.press("card.snooze")
        await board.keys("w")
        assert board.stage("Data prep").header() == "3 Data prep 1/2 z1"
        with board.store() as service:
            service.boards.edit_stage(
                board.app.model.board.id, board.app.model.board.stages[2].id, {"limit": 1}
            )
        await board.until(lambda: board.stage("Data prep").header() == "3 Data prep 1/1 z1")


async def test_a_board_whose_only_card_is_snoozed_is_not_called_finished(tmp_path: Path) -> None:
    ada = started(tmp_path / "data")
    [ref] = ada.adds("sleeper")
    ada.cards.snooze([ref], date(2026, 4, 1))
    ada.service.close()
    async with opened(tmp_path / "data") as board:
        assert "Nothing in sight: 1 card snoozed. / snoozed:yes finds them" in board.text()
        await board.press("filter")
        await board.answer("sleeper")
        assert "No card is found by this. 1 card snoozed: add snoozed:yes." in board.text()
        await board.press("filter")
        await board.answer("sleeper snoozed:yes")
        assert board.stages() == {"Ideas": ["sleeper"]}
