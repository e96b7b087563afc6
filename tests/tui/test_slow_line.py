"""Keys that arrive together, as they do over a slow line, mean what they mean one by one."""

from pathlib import Path

from tests.tui.page import opened


async def test_what_follows_enter_is_no_text(small: Path) -> None:
    async with opened(small) as board:
        board.send("n", *"one", "enter", "n", *"two", "enter", "k")
        await board.until(lambda: "two" in board.stage("Ideas").cards())
        await board.settled()
        assert {"one", "two"} <= set(board.stage("Ideas").cards())
        assert board.current() == "one"


async def test_repeated_moves_all_count(small: Path) -> None:
    async with opened(small) as board:
        board.send("L", "L", "L")
        await board.until(lambda: len(board.stage("Features").cards()) == 1)


async def test_repeated_limits_all_count(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("1", "s")
        board.send("+", "+", "+")
        await board.until(lambda: board.app.model.board.stages[0].limit == 3)


async def test_a_wider_terminal_shows_more_stages(small: Path) -> None:
    async with opened(small, size=(80, 24)) as board:
        await board.keys("8")
        for size in ((160, 45), (100, 30), (120, 30), (80, 24), (160, 45)):
            await board.pilot.resize_terminal(*size)
            await board.settled()
            assert "8 Monitoring" in board.text()
