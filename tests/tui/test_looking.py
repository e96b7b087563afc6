"""Moving the eye: cursor keys and scrolling."""

from pathlib import Path

import pytest

from tests.tui.page import ROOMY, SMALL, Page, opened


def cursor_line(page: Page) -> int:
    """The screen line of the card under the cursor; fails when it is out of sight."""
    card, view = page.app.model.current, page.board_view
    assert card is not None
    left = next(s.column.x for s in view.in_sight if s.column.stage == page.app.model.stage)
    marked = [(y, text[left:]) for y, text in enumerate(page.lines()) if text[left] == "█"]
    assert f" {card.ref} " in marked[-1][1]
    return marked[0][0]


async def test_the_cursor_goes_up_down_and_stays_on_the_board(small: Path) -> None:
    async with opened(small) as board:
        assert board.current() == "calibrate probabilities"
        await board.press("cursor.down")
        assert board.current() == "focal loss for minority classes"
        await board.press("cursor.down", "cursor.down", "cursor.down")
        assert board.current() == "embedding store"
        await board.press("cursor.up")
        assert board.current() == "focal loss for minority classes"
        await board.press("cursor.up", "cursor.up")
        assert board.current() == "calibrate probabilities"
        await board.press("cursor.bottom")
        assert board.current() == "embedding store"
        await board.press("cursor.top")
        assert board.current() == "calibrate probabilities"


async def test_the_cursor_goes_from_stage_to_stage_and_remembers_its_row(small: Path) -> None:
    async with opened(small) as board:
        await board.press("cursor.down", "cursor.right")
        assert board.current() == "audit the labels"
        await board.press("cursor.left")
        assert board.current() == "focal loss for minority classes"
        await board.press("cursor.left")
        assert board.current() == "focal loss for minority classes"


async def test_arrow_keys_do_the_same(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("down", "right")
        assert board.current() == "audit the labels"
        await board.keys("left", "up")
        assert board.current() == "calibrate probabilities"


@pytest.mark.parametrize("size", [ROOMY, SMALL])
async def test_digits_go_to_a_stage(small: Path, size: tuple[int, int]) -> None:
    async with opened(small, size=size) as board:
        await board.keys("5")
        assert board.current() == "logistic baseline"
        assert "logistic baseline" in board.text()
        await board.keys("8")
        assert board.current() == ""
        await board.keys("9")
        assert board.stage("Monitoring").header() == "8 Monitoring 0"
        assert "█" in board.lines()[board.board_view.head], "the cursor is in sight there too"
        await board.keys("1")
        assert board.current() == "calibrate probabilities"


@pytest.mark.parametrize("size", [ROOMY, SMALL, (40, 10)])
async def test_the_cursor_is_in_sight_whatever_the_way_through_400_cards(
    long: Path, size: tuple[int, int]
) -> None:
    async with opened(long, size=size) as board:
        for command in ("cursor.down",) * 15 + ("cursor.page-down",) * 4 + ("cursor.up",) * 15:
            await board.press(command)
            cursor_line(board)
        await board.press("cursor.bottom")
        cursor_line(board)
        assert board.current() == "idea number 400"
        assert "/400" in board.text()
        await board.press("cursor.page-up")
        cursor_line(board)
        await board.press("cursor.top")
        cursor_line(board)
        assert board.current() == "idea number 001"


async def test_leaving_the_window_scrolls_by_half_a_page(long: Path) -> None:
    async with opened(long, size=SMALL) as board:
        rows = board.board_view.page
        for _ in range(rows):
            await board.press("cursor.down")
        assert 3 < cursor_line(board) < 20
        assert f"{rows // 2 + 1}-{rows + rows // 2}/400" in board.text()


async def test_a_smaller_terminal_keeps_the_cursor_in_sight(long: Path) -> None:
    async with opened(long) as board:
        await board.press("cursor.bottom")
        await board.pilot.resize_terminal(80, 24)
        await board.settled()
        cursor_line(board)
        await board.pilot.resize_terminal(40, 10)
        await board.settled()
        cursor_line(board)


async def test_the_cursor_follows_its_card_when_somebody_puts_others_above(small: Path) -> None:
    async with opened(small) as board:
        await board.press("cursor.down")
        with board.store() as bob:
            bob.cards.reorder(board.ref("embedding store"), board.ref("calibrate probabilities"))
        await board.until(lambda: board.stage("Ideas").cards()[0] == "embedding store")
        assert board.current() == "focal loss for minority classes"
        assert cursor_line(board)


async def test_a_digit_beyond_the_last_stage_does_nothing(small: Path) -> None:
    async with opened(small) as board:
        await board.press("cursor.right")
        await board.keys("9")
        assert board.current() == "audit the labels"


async def test_a_stage_is_folded_by_a_key(used: Path) -> None:
    async with opened(used) as board:
        view = board.board_view
        assert "v1 #tabular" in board.text()
        await board.press("stage.fold")
        assert not view.in_sight[0].heights.facts
        assert "v1 #tabular" not in board.text()
        assert board.lines()[3].startswith("█ calibrate probabilities ")
        await board.press("cursor.down")
        assert board.lines()[3 + view.in_sight[0].starts[1]].startswith("█ focal loss")
        await board.press("stage.fold")
        assert view.in_sight[0].heights.facts
        await board.keys("8")
        await board.press("stage.fold")
        assert not view.in_sight[7].heights.facts
        await board.pilot.resize_terminal(80, 24)
        await board.press("stage.fold")
        assert board.status() == "A stage can be folded from 100 cells on."


async def test_neither_the_cursor_nor_a_move_changes_the_layout(used: Path) -> None:
    async with opened(used) as board:
        view = board.board_view
        columns = [seen.column for seen in view.in_sight]
        for key in ("l", "j", "l", "8", "j", "1", "G"):
            await board.keys(key)
            assert [seen.column for seen in view.in_sight] == columns
        heights = [seen.heights for seen in view.in_sight]
        await board.keys("L")
        assert [seen.column for seen in view.in_sight] == columns
        assert view.in_sight[0].heights == heights[0]


async def test_a_card_that_enters_a_narrow_empty_stage_gets_room_for_its_words(small: Path) -> None:
    async with opened(small) as board:
        view = board.board_view
        assert view.in_sight[3].column.width < 18
        await board.go_to("embedding store")
        await board.keys("m", "4")
        assert view.in_sight[3].column.width >= 18


async def test_a_long_title_that_enters_a_stage_is_shown_whole(small: Path) -> None:
    async with opened(small) as board:
        title = "does the frequency of the merchant code matter after the gateway was replaced"
        await board.keys("5")
        with board.store() as bob:
            now = board.app.model.board
            bob.cards.add(now.id, title, stage_id=now.stages[1].id)
        await board.until(lambda: title in board.stage("Ready").cards())
        seen = board.board_view.in_sight[1]
        column = [line[seen.column.x : seen.column.x + seen.column.width] for line in board.lines()]
        assert title in " ".join(" ".join(column).replace("▌", " ").split())
