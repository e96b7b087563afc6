"""A store that is taken away or replaced under the open board: it stays up and says so."""

import os
import shutil
from pathlib import Path

import pytest

from tests.tui.page import opened

TOLD = "was removed or replaced while it was open."


@pytest.mark.parametrize("replaced", [False, True])
async def test_the_board_says_so_and_keeps_what_is_typed(small: Path, replaced: bool) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await board.type("half a thought")
        if replaced:
            copy = small / "copy.db"
            shutil.copy(small / "board.db", copy)
            os.replace(copy, small / "board.db")
        else:
            (small / "board.db").unlink()
        await board.until(lambda: TOLD in board.text())
        assert board.typed() == "half a thought"
        await board.keys("enter")
        assert TOLD in board.text()
        assert "Start mlkanban again" in " ".join(board.text().split())
        assert board.typed() == "half a thought"
        await board.app.draft_autosave.look()
        assert "half a thought" in [board.app.drafts.get(f) for f in board.app.drafts.forms()]
        await board.keys("ctrl+g", "ctrl+g", "j")
        assert len(board.stages()) > 3, "what was read is still there to be looked at"


async def test_it_is_said_once_and_does_not_come_back_over_other_words(small: Path) -> None:
    async with opened(small) as board:
        (small / "board.db").unlink()
        await board.until(lambda: TOLD in board.text())
        board.screen.status.clear()
        await board.app._poll()
        await board.pilot.pause()
        assert TOLD not in board.text()
