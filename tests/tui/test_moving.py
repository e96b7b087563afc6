"""Moving cards between stages and inside one; undo and redo."""

from pathlib import Path

import pytest

from tests.tui.page import SMALL, opened


async def test_upper_case_moves_the_card_and_the_cursor_follows(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.right")
        assert board.stage("Ready").cards() == ["audit the labels", "calibrate probabilities"]
        assert board.current() == "calibrate probabilities"
        assert board.status() == "v1 moved to Ready.  u undoes it."
        await board.press("card.left")
        assert board.stage("Ready").cards() == ["audit the labels"]
        assert board.current() == "calibrate probabilities"


async def test_a_card_that_needs_an_open_one_warns_with_the_key_that_blocks(small: Path) -> None:
    async with opened(small) as board:
        with board.store() as bob:
            bob.cards.edit(["v1"], add={"needs": ["v3"]})
        await board.until(lambda: "needs v3" in board.text())
        await board.press("card.move")
        await board.keys("4")
        assert board.stage("Features").cards() == ["calibrate probabilities"]
        assert "v1 needs v3 (open in" in board.status()
        assert "or block v1 until then: b" in board.status()


async def test_there_is_nothing_left_of_the_first_stage(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.press("card.left")
        assert "Ideas is the first stage." in board.status()
        assert board.events() == before


async def test_right_of_the_last_stage_the_outcome_is_asked(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("logistic baseline")
        await board.keys("m", "8")
        await board.press("card.right")
        assert "ends as" in board.question()


@pytest.mark.parametrize("size", [(160, 45), SMALL])
async def test_the_menu_says_how_full_each_stage_is(small: Path, size: tuple[int, int]) -> None:
    async with opened(small, size=size) as board:
        await board.press("card.move")
        lines = board.text().splitlines()
        assert any("2  Ready" in line and "1/3" in line for line in lines)
        assert any("5  Training" in line and "1/1 ►0/2 FULL" in line for line in lines)
        assert any("Monitoring" in line for line in lines)
        await board.keys("4")
        assert board.stage("Features").cards() == ["calibrate probabilities"]


async def test_q_leaves_the_menu_with_nothing_done(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.press("card.move")
        await board.keys("q")
        assert board.question() == ""
        assert board.events() == before


async def test_a_card_moves_inside_its_stage(small: Path) -> None:
    async with opened(small) as board:
        first, second, third = board.stage("Ideas").cards()
        await board.press("card.down")
        assert board.stage("Ideas").cards() == [second, first, third]
        assert board.current() == first
        await board.press("card.down")
        assert board.stage("Ideas").cards() == [second, third, first]
        await board.press("card.down")
        assert board.stage("Ideas").cards() == [second, third, first]
        await board.press("card.up", "card.up")
        assert board.stage("Ideas").cards() == [first, second, third]
        assert board.current() == first


async def test_the_order_is_what_everybody_sees(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.down")
        seen = board.stage("Ideas").cards()
    async with opened(small) as again:
        assert again.stage("Ideas").cards() == seen


async def test_undo_and_redo(small: Path) -> None:
    async with opened(small) as board:
        before = board.stages()
        await board.press("card.right")
        after = board.stages()
        await board.press("undo")
        assert board.stages() == before
        assert "Undone: moving v1 calibrate probabilities. U redoes it." in board.status()
        await board.press("redo")
        assert board.stages() == after
        assert "Done again: moving v1 calibrate probabilities." in board.status()


async def test_undo_reaches_into_the_session_before(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.right")
    async with opened(small) as board:
        await board.press("undo")
        assert "calibrate probabilities" in board.stage("Ideas").cards()


async def test_undoing_what_another_person_changed_since_is_refused(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.right")
        with board.store() as bob:
            features = board.app.model.board.stages[3].id
            bob.cards.move(["v1"], features)
        await board.press("undo")
        assert "v1 was changed again since (its place):" in board.question()
        await board.keys("q")
        await board.until(lambda: board.stage("Features").cards() == ["calibrate probabilities"])


async def test_nothing_left_to_redo_is_said(small: Path) -> None:
    async with opened(small) as board:
        await board.press("redo")
        assert "nothing to redo" in board.status()
