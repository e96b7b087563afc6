"""The mouse: click selects, double click opens, drag moves, wheel scrolls."""

from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset
from textual.screen import Screen
from textual.widgets import Static

from tests.tui.page import SMALL, Page, opened


async def drag(board: Page, start: Offset, end: Offset) -> None:
    await board.pilot.mouse_down(offset=start)
    await board.pilot.hover(offset=end)
    await board.pilot.mouse_up(offset=end)
    await board.settled()


async def test_a_click_selects_any_line_of_any_card(small: Path) -> None:
    async with opened(small) as board:
        for title in ("embedding store", "join the transactions", "calibrate probabilities"):
            for line in range(2):
                await board.press("cursor.top")
                await board.pilot.click(offset=board.place_of(title) + Offset(5, line))
                assert board.current() == title


async def test_a_click_on_a_head_selects_the_stage(small: Path) -> None:
    async with opened(small) as board:
        await board.pilot.click(offset=(board.place_of("join the transactions").x, 1))
        assert board.current() == "join the transactions"


async def test_a_double_click_opens(small: Path) -> None:
    async with opened(small) as board:
        await board.pilot.double_click(offset=board.place_of("audit the labels"))
        await board.settled()
        assert board.screen.WHERE == "card"
        assert "audit the labels" in board.lines()[0]


async def test_below_the_last_card_a_click_chooses_the_stage_and_opens_nothing(small: Path) -> None:
    async with opened(small) as board:
        await board.press("cursor.right")
        assert board.current() == "audit the labels"
        below = board.place_of("embedding store") + Offset(0, 6)
        await board.pilot.click(offset=below)
        assert board.current() == "calibrate probabilities"
        await board.pilot.double_click(offset=below)
        await board.settled()
        assert board.app.screen is board.board_screen


async def test_a_click_on_nothing_changes_nothing(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.pilot.click(offset=(5, 40))
        assert board.current() == "calibrate probabilities"
        await board.pilot.double_click(offset=(159, 0))
        assert board.app.screen is board.board_screen
        assert board.events() == before


async def test_a_drag_moves_to_another_stage(small: Path) -> None:
    async with opened(small) as board:
        start, end = board.place_of("embedding store"), board.place_of("audit the labels")
        await drag(board, start, end)
        assert board.stage("Ready").cards() == ["embedding store", "audit the labels"]
        assert board.current() == "embedding store"
        await board.press("undo")
        assert "embedding store" in board.stage("Ideas").cards()


async def test_a_drag_shows_the_card_it_carries_where_it_would_go(small: Path) -> None:
    async with opened(small) as board:
        start, end = board.place_of("embedding store"), board.place_of("audit the labels")
        view = board.board_view
        ready = view.in_sight[1].column

        def carried() -> list[int]:
            part = slice(ready.x, ready.x + ready.width)
            return [y for y, line in enumerate(board.lines()) if "█ embedding st" in line[part]]

        await board.pilot.mouse_down(offset=start)
        assert carried() == []
        await board.pilot.hover(offset=end)
        assert carried() == [end.y]
        await board.pilot.hover(offset=end + Offset(0, 8))
        assert carried() == [end.y + view.in_sight[1].starts[1] - 1]
        await board.pilot.hover(offset=(80, 0))
        assert carried() == []
        await board.pilot.hover(offset=end)
        await board.pilot.mouse_up(offset=end)
        await board.settled()
        assert board.stage("Ready").cards() == ["embedding store", "audit the labels"]
        assert "█ embedding" in board.lines()[end.y], "now it stands there"


async def test_dropped_below_the_cards_it_goes_last(small: Path) -> None:
    async with opened(small) as board:
        start, end = board.place_of("embedding store"), board.place_of("audit the labels")
        await drag(board, start, end + Offset(0, 20))
        assert board.stage("Ready").cards() == ["audit the labels", "embedding store"]


async def test_a_drag_inside_a_stage_reorders(small: Path) -> None:
    async with opened(small) as board:
        first, second, third = board.stage("Ideas").cards()
        await drag(board, board.place_of(first), board.place_of(third))
        assert board.stage("Ideas").cards() == [second, third, first]
        await drag(board, board.place_of(first), board.place_of(second))
        assert board.stage("Ideas").cards() == [first, second, third]


async def test_a_drag_into_a_full_stage_asks(small: Path) -> None:
    async with opened(small) as board:
        before = board.stages()
        end = board.place_of("logistic baseline") + Offset(0, 9)
        await drag(board, board.place_of("embedding store"), end)
        assert "Training is 1/1" in board.question()
        await board.keys("q")
        assert board.stages() == before


async def test_a_drag_out_of_the_board_does_nothing(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await drag(board, board.place_of("embedding store"), Offset(3, 44))
        await drag(board, board.place_of("embedding store"), Offset(80, 0))
        assert board.events() == before


async def test_the_wheel_scrolls_the_stage_under_it(long: Path) -> None:
    async with opened(long, size=SMALL) as board:
        for _ in range(5):
            await board.pilot._post_mouse_events([_scroll_down()], offset=(20, 10))
        await board.settled()
        assert "idea number 001" not in board.text()
        assert "idea number 006" in board.text()
        assert any(line.startswith("█ ") for line in board.lines()[3:])
        assert board.stage("Ideas").header().startswith("1 Ideas 400 6-")


def _scroll_down() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown


async def test_a_click_on_a_widget_that_is_gone(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in the layout until that is made anew; the program ended with an error there."""
    async with opened(small) as board:
        gone = Static("a question that was answered")
        monkeypatch.setattr(
            Screen, "get_widget_and_offset_at", lambda screen, x, y: (gone, Offset(0, 0))
        )
        screen = board.app.screen
        screen._forward_event(events.MouseDown(None, 5, 5, 0, 0, 1, False, False, False, 5, 5))
        await board.settled()
        assert board.app.is_running
