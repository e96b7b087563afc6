"""The board as a list: a line for each card, with the cursor and the commands of the board."""

import tomllib
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.geometry import Offset

from mlkanban.config import Settings
from mlkanban.tui.widgets.board_view import BoardView
from tests.tui.boards import somebody
from tests.tui.page import ROOMY, SMALL, Page, opened

LISTED = Settings(card_list=True)


def line_of(board: Page, title: str) -> str:
    return next(line for line in board.lines() if title in line)


def heads(board: Page) -> list[str]:
    """The names of the stages in sight, from the top."""
    names = [stage.name for stage in board.app.model.board.stages]
    lines = (line[2:].split("  ")[0] for line in board.lines()[1:] if "──" in line)
    return [line for line in lines if line in names]


async def test_o_shows_a_list_for_good_and_the_columns_again(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("join the transactions")
        await board.keys("o")
        assert board.current() == "join the transactions"
        assert line_of(board, "join the transactions").startswith("█ v5      join the transactions")
        assert tomllib.loads(board.app.places.config_file.read_text())["card_list"] is True
        await board.press("cursor.up")
        await board.keys("o")
        assert isinstance(board.board_screen.view, BoardView)
        assert board.current() == "audit the labels"
        assert "█ audit the labels" in board.text()
        assert tomllib.loads(board.app.places.config_file.read_text())["card_list"] is False
    async with opened(small, settings=LISTED) as board:
        assert heads(board)[:3] == ["Ideas", "Ready", "Data prep"]


async def test_a_line_says_what_the_card_says(used: Path) -> None:
    async with opened(used, settings=LISTED) as board:
        assert line_of(board, "retrain on the new quarter").split() == [
            "▌", "v15", "retrain", "on", "the", "new", "quarter", "■", "data-access", "4d",
        ]  # fmt: skip
        assert line_of(board, "focal loss").split() == [
            "▌", "v2", "▲", "focal", "loss", "for", "minority", "classes", "#gpu", "#nlp", "13d",
        ]  # fmt: skip
        assert any(line.startswith("5 Training  1/1 ►1/2 ━ ━─ ───") for line in board.lines())


async def test_columns_line_up(used: Path) -> None:
    async with opened(used, settings=LISTED, size=SMALL) as board:
        for line in board.lines():
            assert cell_len(line) == SMALL[0]
        assert {line.index(title) for title in ("embedding store", "drift alert", "audit the")
                for line in board.lines() if title in line} == {10}  # fmt: skip


async def test_h_and_l_go_to_the_stages_beside_and_j_and_k_over_their_ends(small: Path) -> None:
    async with opened(small, settings=LISTED) as board:
        await board.press("cursor.right")
        assert board.current() == "audit the labels"
        await board.press("cursor.down")
        assert board.current() == "join the transactions"
        await board.press("cursor.right")
        assert board.current() == ""
        assert board.app.model.stage == 3
        await board.press("cursor.down")
        assert board.current() == "logistic baseline"
        await board.press("cursor.left", "cursor.up")
        assert board.current() == "join the transactions"
        await board.press("cursor.top")
        assert board.current() == "calibrate probabilities"
        await board.press("cursor.bottom")
        assert board.current() == "logistic baseline"


@pytest.mark.parametrize("height", [4, 5, 9, 24])
async def test_the_cursor_is_in_sight_below_the_name_of_its_stage(used: Path, height: int) -> None:
    """Down over all cards, and up again, in windows of any height."""
    async with opened(used, settings=LISTED, size=(80, height)) as board:
        total = board.app.model.shown
        for key in ("cursor.down", "cursor.up"):
            for _ in range(total):
                lines = board.lines()
                here = next(y for y, line in enumerate(lines) if line.startswith("█"))
                assert board.current()[:20] in lines[here]
                above = [line for line in lines[1:here] if "──" in line]
                stage = board.app.model.board.stages[board.app.model.stage].name
                assert f" {stage} " in above[-1]
                await board.press(key)


async def test_cards_are_moved_marked_and_made_as_on_the_board(small: Path) -> None:
    async with opened(small, settings=LISTED) as board:
        await board.press("card.right")
        assert board.stages()["Ready"] == ["audit the labels", "calibrate probabilities"]
        assert board.current() == "calibrate probabilities"
        assert line_of(board, "calibrate").startswith("█")
        await board.press("card.up")
        assert board.stages()["Ready"] == ["calibrate probabilities", "audit the labels"]
        await board.press("mark.toggle", "mark.toggle")
        assert line_of(board, "calibrate").startswith("▌◆")
        await board.keys("m", "1")
        assert board.stages()["Ideas"][-2:] == ["calibrate probabilities", "audit the labels"]
        await board.press("card.new")
        await board.answer("a new thought")
        assert "a new thought" in board.stage("Ideas").cards()
        assert "a new thought" in board.text()


async def test_under_a_filter_stages_say_how_many_of_their_cards_are_found(small: Path) -> None:
    async with opened(small, settings=LISTED) as board:
        await board.press("filter")
        await board.type("loss")
        await board.keys("enter")
        assert any(line.startswith("1 Ideas  1 of 3 ") for line in board.lines())
        assert "focal loss" in board.text()
        assert "embedding" not in board.text()
        await board.press("filter")
        await board.answer("nothing has this")
        assert "No card is found by this." in board.text()


async def test_the_mouse_selects_opens_and_drags(small: Path) -> None:
    async with opened(small, settings=LISTED) as board:

        def at(title: str) -> Offset:
            lines = board.lines()
            return Offset(12, next(y for y, line in enumerate(lines) if title in line))

        await board.pilot.click(offset=at("audit the labels"))
        assert board.current() == "audit the labels"
        await board.pilot.mouse_down(offset=at("embedding store"))
        await board.pilot.mouse_up(offset=at("calibrate probabilities"))
        await board.settled()
        assert board.stages()["Ideas"][:2] == ["embedding store", "calibrate probabilities"]
        await board.pilot.mouse_down(offset=at("embedding store"))
        await board.pilot.mouse_up(offset=at("2 Ready"))
        await board.settled()
        assert board.stages()["Ready"] == ["audit the labels", "embedding store"]
        await board.pilot.double_click(offset=at("join the transactions"))
        await board.settled()
        assert board.screen is not board.board_screen


async def test_the_wheel_scrolls_and_takes_the_cursor_along(long: Path) -> None:
    async with opened(long, settings=LISTED, size=SMALL) as board:
        first = board.lines()[2]
        for _ in range(3):
            board.board_screen.view.on_mouse_scroll_down(None)  # type: ignore[attr-defined]
            await board.settled()
        assert first not in board.lines()
        assert any(line.startswith("█") for line in board.lines())
        assert board.lines()[1].startswith("1 Ideas")


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (12, 5), (30, 8), (60, 20), ROOMY])
@pytest.mark.parametrize("ascii", [False, True])
async def test_hostile_text_and_tiny_terminals(
    small: Path, size: tuple[int, int], ascii: bool
) -> None:
    ada = somebody(small, 1)
    ada.adds("\x1b[31m\u202e漢字" * 30, tags=["漢字\u200d"], to="Data prep")
    ada.sets("Data prep", name="\x1b]0;名前\x07")
    ada.service.close()
    async with opened(small, size=size, settings=Settings(card_list=True, ascii=ascii)) as board:
        for key in ("cursor.down", "cursor.bottom", "cursor.right", "cursor.left", "cursor.up"):
            await board.press(key)
            for line in board.lines():
                assert cell_len(line) == size[0]
                assert not set("\x1b\u202e\x07") & set(line)
                assert line.isascii() or not ascii
