"""What the last line says is so, or it is gone."""

from pathlib import Path

import pytest

from mlkanban.errors import StoreProblem
from mlkanban.service import Done
from mlkanban.service.boards import Boards
from tests.tui.page import opened

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
