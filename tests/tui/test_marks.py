"""Marked cards: one action, one undo step."""

from pathlib import Path

from tests.tui.page import opened

IDEAS = {"calibrate probabilities", "focal loss for minority classes", "embedding store"}


async def test_space_marks_and_goes_on(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.toggle")
        assert board.marked() == {"calibrate probabilities"}
        assert board.current() == "focal loss for minority classes"
        assert " *v1 " in board.text()
        assert "1 marked" in board.lines()[0]
        await board.press("cursor.up", "mark.toggle")
        assert board.marked() == set()
        assert "marked" not in board.lines()[0]


async def test_a_range_goes_from_the_last_mark_to_here(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.toggle", "cursor.bottom", "mark.range")
        assert board.marked() == IDEAS


async def test_all_of_the_stage_are_marked_or_all_marks_cleared(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all")
        assert board.marked() == IDEAS
        await board.press("mark.all")
        assert board.marked() == set()


async def test_a_bulk_move_is_one_undo_step(small: Path) -> None:
    async with opened(small) as board:
        before = board.stages()
        await board.press("mark.toggle", "mark.toggle", "card.move")
        assert "v1, v2" in board.question()
        await board.keys("2")
        assert IDEAS - set(board.stage("Ideas").cards()) == IDEAS - {"embedding store"}
        assert board.marked() == set()
        assert len(board.stage("Ready").cards()) == 3
        await board.press("undo")
        assert board.stages() == before


async def test_a_bulk_move_that_does_not_fit_moves_nothing(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all", "card.move")
        before = board.stages()
        await board.keys("2")
        assert "room for 2 of these 3 cards" in board.question()
        assert "swap" not in board.question()
        await board.keys("q")
        assert board.stages() == before
        assert board.marked() == IDEAS


async def test_marked_cards_get_tags_and_notes_together(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all", "card.tags")
        await board.answer("shared")
        await board.press("cursor.top")
        assert all(
            "shared" in face.tags for face in board.app.model.faces.values() if face.title in IDEAS
        )


async def test_marks_are_left_by_the_same_key_that_leaves_everything(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all", "back")
        assert board.marked() == set()
        assert board.app.is_running
