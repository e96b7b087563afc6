"""User text is data: whatever a title holds, the app stays up and the columns stay in line."""

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from mlkanban.text import display
from tests.tui.boards import started
from tests.tui.page import ROOMY, SMALL, opened

HOSTILE = (
    "cfg[lr=3e-4] [/] [@click=app.quit]x",
    "\x1b]52;c;AAAA\x07 clipboard \x9d0;title\x9c",
    "异常检测 模型 训练 数据 标签 噪声 检查",
    "👩‍👩‍👧‍👦 🇩🇪 1️⃣ 👍🏽 emoji of many parts",
    "שלום עולם ‮ reversed ‏‎",
    "tab\tbed\ttitle",
    "x" * 5000,
    "e\u0301\u0301\u0301 combining",
)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    ada = started(data, "Fraud [/] \x1b[31m")
    ada.adds(*HOSTILE, tags=["[/]", "größe"], dataset="s3://[x] \x9b31m")
    ada.adds("[bold]standing[/bold] \x1b]0;x\x07", to="Training")
    ada.sets("Features", name="[red]F \u202e")
    for ref in [face.ref for face in ada.boards.snapshot(ada.board_id).faces]:
        ada.cards.note([ref], f"note [/] {HOSTILE[1]} [x](javascript:alert) <b>\u202e")
    ada.service.close()
    return data


def assert_harmless(text: str) -> None:
    assert text == "\n".join(map(display, text.split("\n")))


@pytest.mark.parametrize("size", [ROOMY, SMALL, (40, 10)])
async def test_every_screen_shows_it_and_stays(hostile: Path, size: tuple[int, int]) -> None:
    async with opened(hostile, size=size) as board:
        for keys in (
            ["s"], ["s", "j", "j", "j", "e"], ["?"], ["B"], ["R"], ["R", "6", "l"], ["R", "8"],
            ["i"], ["i", "j", "j"], ["i", *["j"] * 16], ["gw"], ["gp"], ["gj"], ["gv"], ["gu"],
            ["gc"], ["gl"], ["r"], ["N"], ["gn"], ["s", "d"], ["s", "r"], ["gd", "o"], ["B", "n"],
        ):  # fmt: skip
            await board.keys(*keys)
            assert_harmless(board.text())
            await board.keys("ctrl+g", "ctrl+g")
            if board.app.screen is not board.board_screen:
                await board.keys("q")
        for title in HOSTILE:
            await board.go_to(title)
            assert_harmless(board.text())
            for keys in (["enter"], ["e"], ["m"], ["m", "5", "w"], ["t"]):
                await board.keys(*keys)
                assert_harmless(board.text())
                assert board.app.is_running
                await board.keys("ctrl+g", "ctrl+g")
                if board.app.screen is not board.board_screen:
                    await board.keys("q")
            await board.press("card.priority")
            await board.keys("u")
            await board.press("undo")
            assert_harmless(board.text())


async def test_in_the_palette_too(hostile: Path) -> None:
    async with opened(hostile) as board:
        for word in ("cfg[lr", "clipboard", "of many p", "xxxxxxx", "bed ti", "]stand"):
            board.send(":")
            await board.until(lambda: board.app.screen is not board.board_screen)
            board.send(*word)
            await board.until(lambda: bool(re.search(r" v\d+ .* Ideas ", board.text())))
            assert_harmless(board.text())
            board.send("escape")
            await board.until(lambda: board.app.screen is board.board_screen)


async def test_a_title_that_looks_like_a_link_does_nothing_when_clicked(hostile: Path) -> None:
    async with opened(hostile) as board:
        await board.go_to(HOSTILE[0])
        y = next(y for y, line in enumerate(board.lines()) if "cfg[lr" in line)
        for x in range(2, 20, 3):
            await board.pilot.click(offset=(x, y + 1))
        await board.press("card.open")
        for x in range(2, 60, 4):
            await board.pilot.click(offset=(x, 0))
        assert not board.app._exit


@pytest.mark.parametrize("size", [ROOMY, (120, 40), (100, 30)])
async def test_columns_stand_in_line(hostile: Path, size: tuple[int, int]) -> None:
    """Whatever stands left of it, each line of the next column starts at the same cell."""
    async with opened(hostile, size=size) as board:
        lines = board.lines()[:-1]
        assert {cell_len(line) for line in lines} == {size[0]}
        # Terminals disagree about how wide these make a character.
        assert not set(board.text()) & set("\u200d\ufe0f\u20e3\U0001f3fd\U0001f1e9")
        view = board.board_view
        for seen in view.in_sight:
            end = seen.column.x + seen.column.width
            for line in lines[view.head : view.size.height]:
                assert cells(line, end - 1, end) == " "


def cells(line: str, start: int, end: int) -> str:
    """What stands between two cell columns."""
    taken, at = "", 0
    for character in line:
        if start <= at < end:
            taken += character
        at += cell_len(character)
    return taken


async def test_typing_and_pasting_hostile_text(hostile: Path) -> None:
    from textual.events import Paste

    async with opened(hostile) as board:
        await board.press("card.new")
        assert board.screen.focused is not None
        board.screen.focused.post_message(Paste("pasted \x1b]52;c;QQ==\x07 \u202e[/]"))
        await board.settled()
        assert_harmless(board.text())
        await board.keys("enter")
        assert_harmless(board.text())
        assert any("pasted" in title for title in board.stage("Ideas").cards())
