"""What the last line says is so, or it is gone."""

from pathlib import Path

import pytest

from mlkanban.errors import StoreProblem
from mlkanban.service import Done
from mlkanban.service.boards import Boards
from mlkanban.tui.commands import BOARD, COMMANDS, SCREENS, on_screen
from tests.tui.page import ROOMY, SMALL, opened
from tests.tui.test_commands import arrive

HINTS = "Enter open"


async def test_what_was_said_of_a_card_goes_when_another_process_changes_the_board(
    small: Path,
) -> None:
    async with opened(small) as board:
        await board.press("card.right")
        assert "moved to Ready" in board.status()
        await board.until(lambda: bool(board.app._messages & {board.screen.status.message}))
        with board.store() as service:
            ideas = board.app.model.board.stages[0].id
            service.cards.move([board.ref("calibrate probabilities")], ideas)
        await board.until(lambda: board.status().startswith(HINTS))
        assert "calibrate probabilities" in board.stage("Ideas").cards()


async def test_what_is_said_of_a_change_stays_until_the_next(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.right")
        await board.until(lambda: bool(board.app._messages & {board.screen.status.message}))
        assert "moved to Ready" in board.status()


async def test_trouble_with_the_store_goes_when_it_is_over(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(small) as board:
        with monkeypatch.context() as patched:

            def fails(*_: object) -> int:
                raise StoreProblem("The disk is full.", "Make room, then try again.")

            patched.setattr(Boards, "cursor", fails)
            await board.until(lambda: "The disk is full." in board.status())
        await board.until(lambda: board.status().startswith(HINTS))


async def test_what_is_answered_after_the_end_is_shown_nowhere(small: Path) -> None:
    async with opened(small) as board:
        app = board.app
    assert app.front is None
    app.show_message("A run has ended.")
    app.show_result(Done("A run has ended."))


@pytest.mark.parametrize("size", [SMALL, ROOMY])
async def test_a_message_leaves_the_keys_in_sight(small: Path, size: tuple[int, int]) -> None:
    async with opened(small, size=size) as board:
        await board.press("card.right")
        last = board.lines()[-1]
        assert last.startswith(f" {board.screen.status.message}   Enter open")
        assert last.rstrip().endswith("? help")


async def test_a_click_on_a_key_behind_a_message_is_that_key(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.right")
        at = board.lines()[-1].index("? help")
        await board.pilot.click(offset=(at, len(board.lines()) - 1))
        await board.settled()
        assert board.lines()[0].strip().startswith("Help")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("A", "A does nothing here; on the page of a card it is Run again."),
        ("X", "X does nothing here; on the page of runs it is Stop run."),
        ("9", "There is no stage 9."),
        ("f3", "F3 does nothing here."),
        ("shift+tab", "Shift+Tab does nothing here; in reports it is Previous chart."),
    ],
)
async def test_a_key_that_does_nothing_says_so(small: Path, key: str, text: str) -> None:
    async with opened(small) as board:
        await board.keys(key)
        assert board.status() == text
        assert text not in board.messages(), "that need not be read again"


async def test_a_key_that_does_nothing_says_so_on_every_page(used: Path) -> None:
    async with opened(used) as board:
        for where in set(SCREENS) - {BOARD}:
            await arrive(board, where)
            taken = on_screen(COMMANDS, where)
            idle = next(key for key in "RAJKbo9" if key not in taken)
            await board.keys(idle)
            assert f"{idle} does nothing here" in board.status(), where
            board.screen.status.clear()
            while board.screen is not board.board_screen:
                await board.press("back")


async def test_a_key_that_answers_nothing_says_so(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.finish")
        await board.keys("x")
        assert board.status() == "x is no answer here; Enter takes the answer at >, q cancels."
        assert board.question()
