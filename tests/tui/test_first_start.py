"""Without a board: a choice of templates, a name, and one can begin."""

from pathlib import Path

import pytest

from mlkanban.core.templates import TEMPLATES
from tests.tui.page import ROOMY, SMALL, opened


@pytest.mark.parametrize("size", [ROOMY, SMALL, (40, 10)])
async def test_the_templates_are_offered(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path / "data", size=size) as board:
        for number, template in enumerate(TEMPLATES, 1):
            assert f"{number}  {template.title}" in board.text()
        assert "Which one?" in board.question()


@pytest.mark.parametrize("number", range(1, len(TEMPLATES) + 1))
async def test_choose_and_name_it(tmp_path: Path, number: int) -> None:
    async with opened(tmp_path / "data") as board:
        await board.keys(str(number))
        assert board.typed() == TEMPLATES[number - 1].title
        await board.answer("Churn & fraud")
        await board.keys("q")  # the tour
        assert [stage.name for stage in board.app.model.board.stages] == [
            stage.name for stage in TEMPLATES[number - 1].stages
        ]
        assert "Churn & fraud" in board.lines()[0]
        assert "An empty board. n writes the first card, ? shows all keys." in board.text()
        assert "Churn & fraud is ready." in board.status()
        await board.press("card.new")
        await board.answer("the first card")
        assert board.current() == "the first card"


async def test_a_name_that_is_refused_stays(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as board:
        await board.keys("1")
        await board.answer("   ")
        assert "A title is needed." in board.status()
        assert "Name of the board" in board.question()
        assert board.typed() == "   "


async def test_cancelling_the_name_goes_back_to_the_templates(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as board:
        await board.keys("1", "ctrl+g")
        assert "Which one?" in board.question()


async def test_q_leaves_and_nothing_was_made(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as board:
        board.send("q")
        await board.until(lambda: board.app._exit)
        with board.store() as store:
            assert store.boards.all() == []


async def test_other_keys_do_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as board:
        await board.keys("j", "k", "?", "n", "f1", "home", "9")
        assert "Which one?" in board.question()


async def test_enter_takes_the_template_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", size=SMALL) as board:
        assert "j k move   Enter take it   q leave" in board.text()
        await board.keys("j", "down", "k", "enter")
        assert board.typed() == TEMPLATES[1].title
        await board.keys("ctrl+g")
        assert "Which one?" in board.question()


async def test_the_second_start_shows_the_board(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as board:
        await board.keys("5")
        await board.answer("Chores")
    async with opened(tmp_path / "data") as board:
        assert "Chores" in board.lines()[0]
        assert "An empty board." in board.text()
