"""All boards beside each other: they are there at once, the numbers come, any can be opened."""

import threading
from pathlib import Path

import pytest

from mlkanban.core.templates import TEMPLATES
from mlkanban.flow.pace import Pace
from mlkanban.service.history import History
from mlkanban.service.portfolio import Portfolio
from mlkanban.tui.screens.portfolio import PortfolioScreen
from tests.tui.boards import started
from tests.tui.page import ROOMY, SMALL, Page, opened
from tests.tui.test_read_only import REASON, reader


@pytest.fixture
def boards(used: Path) -> Path:
    """Three boards, the last one in use."""
    for name in ("Churn", "Chores"):
        ada = started(used, name, "plain")
        ada.adds(f"a card of {name}")
        ada.service.close()
    return used


def listed(page: Page) -> list[str]:
    """The lines of the boards."""
    return [line.rstrip() for line in page.list_lines()[3:] if line[0] in "│▌█"]


def here(page: Page) -> str:
    """The line under the cursor."""
    return next(line for line in listed(page) if line.startswith("█"))


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_every_board_has_its_numbers(boards: Path, size: tuple[int, int]) -> None:
    async with opened(boards, size=size) as page:
        await page.press("board.switch")
        fraud, churn, chores = listed(page)
        key = size[0] > 80
        assert fraud.split()[1 : 5 + key] == ["Fraud", *["fraud"] * key, "4", "1", "-"]
        assert churn.split()[1 : 3 + key] == ["Churn", *["churn"] * key, "0"]
        assert chores.startswith("█ * Chores")
        assert "too little" in chores
        assert "next 30 d" in page.text()
        await page.press("cursor.top")
        assert "─ Fraud (fraud) ─" in page.text()
        assert "4 in progress, 1 blocked, 0 late" in page.text()
        assert "→ Features 2" in page.text()
        assert "Training 1 ►2" in page.text()
        assert "finished in the last 30 days" in page.text()


async def test_cards_have_the_signs_of_the_board(
    boards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = Pace((0,) * 8, 0)
    monkeypatch.setattr(History, "pace", lambda *_: pace)
    async with opened(boards, size=ROOMY) as page:
        await page.press("board.switch", "cursor.top")
        await page.until(lambda: "!!" in page.text())


async def test_it_can_be_read_at_40_columns(boards: Path) -> None:
    async with opened(boards, size=(40, 12)) as page:
        await page.press("board.switch", "cursor.top")
        assert page.lines()[2].split() == ["board", "WIP", "blocked", "past", "SLE"]
        assert listed(page)[0].split() == ["█", "Fraud", "4", "1", "-"]
        assert "Fraud (fraud)" in page.text()
        assert "4 in progress" in page.text()


async def test_the_keys_of_a_list(boards: Path) -> None:
    async with opened(boards) as page:
        await page.press("board.switch")
        cursors = []
        for command in ("cursor.up", "cursor.up", "cursor.up", "cursor.down", "cursor.bottom",
                        "cursor.down", "cursor.top"):  # fmt: skip
            await page.press(command)
            cursors.append(here(page).split()[1])
        assert cursors == ["Churn", "Fraud", "Fraud", "Churn", "*", "*", "Fraud"]
        await page.press("back")
        assert page.screen is page.board_screen
        assert "Chores" in page.lines()[0], "nothing was opened"


async def test_enter_opens_a_board(boards: Path) -> None:
    async with opened(boards) as page:
        await page.press("board.switch", "cursor.up", "board.open")
        assert page.screen is page.board_screen
        assert "Churn" in page.lines()[0]
        assert page.stages() == {"To do": ["a card of Churn"]}
        await page.press("board.switch")
        assert listed(page)[1].startswith("█ * Churn")


async def test_one_does_not_wait_for_the_numbers(
    boards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Semaphore(0)
    count = Portfolio.standing

    def slow(self, board):
        assert go_on.acquire(timeout=20)
        return count(self, board)

    monkeypatch.setattr(Portfolio, "standing", slow)
    async with opened(boards) as page:
        page.send("B")
        await page.until(lambda: "Churn" in page.text() and ".." in page.text())
        assert "counting ..." in page.text()
        go_on.release()
        await page.until(lambda: listed(page)[0].split()[3:5] == ["4", "1"])
        assert ".." in listed(page)[1]
        page.send("k")
        await page.until(lambda: listed(page)[1].startswith("█"))
        page.send("enter")
        # One board may still be counted, and one more if the key comes late.
        go_on.release(2)
        await page.until(lambda: page.app.screen is page.board_screen)
        assert "Churn" in page.lines()[0]
        go_on.release(9)


async def test_changes_of_others_are_counted(boards: Path) -> None:
    async with opened(boards) as page:
        await page.press("board.switch")
        with page.store() as bob:
            fraud = bob.boards.find("fraud")
            bob.cards.add(fraud.id, "more", stage_id=fraud.stages[2].id)
            bob.boards.create("Demand", "plain", "UTC")
        await page.until(lambda: "Demand" in page.text())
        await page.until(lambda: listed(page)[0].split()[3] == "5")


@pytest.mark.parametrize("size", [SMALL, ROOMY, (40, 12)])
@pytest.mark.parametrize("number", range(1, len(TEMPLATES) + 1))
async def test_a_new_board_from_a_template(
    boards: Path, number: int, size: tuple[int, int]
) -> None:
    async with opened(boards, size=size) as page:
        await page.press("board.switch", "board.new")
        for at, template in enumerate(TEMPLATES, 1):
            assert f" {at}  {template.title}" in page.question()
        await page.keys(str(number))
        await page.answer("Fraud")
        assert "There is a board 'fraud' already." in page.screen.status.message
        await page.answer("Demand")
        assert page.screen is page.board_screen
        assert page.app.model.board.name == "Demand"
        assert "Demand is ready." in page.text()
        names = [stage.name for stage in page.app.model.board.stages]
        assert names == [stage.name for stage in TEMPLATES[number - 1].stages]


async def test_no_board_is_made_by_halves(boards: Path) -> None:
    async with opened(boards) as page:
        await page.press("board.switch", "board.new")
        await page.keys("q")
        assert isinstance(page.screen, PortfolioScreen)
        await page.press("board.new")
        await page.keys("1", "ctrl+g")
        assert isinstance(page.screen, PortfolioScreen)
        assert len(listed(page)) == 3


async def test_where_nothing_can_be_written_boards_can_be_looked_at(boards: Path) -> None:
    async with opened(boards, opening=lambda: reader(boards)) as page:
        await page.press("board.switch", "cursor.top")
        assert listed(page)[0].split()[3] == "4"
        await page.press("board.new")
        await page.keys("1", "enter")
        assert REASON in page.status()
        await page.keys("ctrl+g", "ctrl+g")
        await page.press("board.open")
        assert "Fraud" in page.lines()[0]


async def test_many_boards_are_gone_through(small: Path) -> None:
    ada = started(small, "Board 00", "plain")
    for number in range(1, 30):
        ada.boards.create(f"Board {number:02}", "plain", "UTC")
    ada.service.close()
    async with opened(small, size=SMALL) as page:
        await page.press("board.switch", "cursor.top")
        assert listed(page)[0].startswith("█")
        for name in ("Fraud", *(f"Board {number:02}" for number in range(30))):
            assert name in here(page)
            assert f"{name} (" in page.text()
            await page.press("cursor.down")


async def test_a_board_is_renamed_archived_and_brought_back(boards: Path) -> None:
    async with opened(boards) as page:
        await page.press("board.switch", "cursor.top", "board.rename")
        await page.type(" 2")
        await page.keys("enter")
        assert "Fraud 2" in here(page)
        await page.press("board.archive")
        assert "The board Fraud 2 is archived." in page.text()
        assert "Fraud 2 (archived)" in listed(page)[-1]
        assert "Fraud 2" in here(page)
        await page.press("board.archive")
        assert "Fraud 2" in listed(page)[0]
        assert "archived" not in listed(page)[0]


async def test_a_card_goes_to_another_board_and_back(boards: Path) -> None:
    async with opened(boards) as page:
        await page.press("board.switch", "cursor.top", "board.open")
        assert page.app.model.current is not None
        title = page.app.model.current.title
        await page.press("card.transfer")
        assert "1  Churn" in page.text()
        await page.keys("1")
        assert "Churn has no stage" in page.text()
        await page.keys("2")
        assert "moved to the board Churn." in page.text()
        assert title not in [face.title for face in page.app.model.faces.values()]
        await page.press("undo")
        assert title in [face.title for face in page.app.model.faces.values()]
