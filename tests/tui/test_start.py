"""What the command that opens the board is told when the board itself fails."""

from pathlib import Path

import pytest

from mlkanban.config import Settings
from mlkanban.paths import Places
from mlkanban.tui.app import BoardApp
from mlkanban.tui.start import run_board
from tests.tui.page import opened


def test_the_first_error_is_told_not_what_came_of_it(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(app: BoardApp) -> None:
        app.crash = ValueError("the first")
        raise RuntimeError("while the screen was taken down")

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(BoardApp, "run", run)
    with pytest.raises(ValueError, match="the first"):
        run_board(Places(small, small), Settings(), "", actor="ada")


async def test_a_draft_that_cannot_be_kept_hides_no_error(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = (ValueError("the first"), RuntimeError("what came of it"))
    with pytest.raises(ValueError, match="the first"):
        await _fail(small, monkeypatch, errors)


async def _fail(small: Path, patch: pytest.MonkeyPatch, errors: tuple[Exception, ...]) -> None:
    async with opened(small, crashes=True) as board:
        patch.setattr(board.app.draft_autosave, "keep", lambda: 1 / 0)
        for error in errors:
            board.app._handle_exception(error)


async def test_what_is_typed_is_kept_when_the_board_is_left(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.tags")
        await board.type(" half")
        board.app.leave()
    assert "half" in board.app.drafts.get(f"tags {board.ref('calibrate probabilities')}")
