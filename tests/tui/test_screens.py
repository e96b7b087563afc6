"""Whole screens as text. UPDATE_GOLDENS=1 writes the files anew: look at them before keeping them.

Trailing spaces are left out, and so is what Textual draws itself at the edge (scroll bars).
"""

import os
import unicodedata
from dataclasses import fields
from pathlib import Path

import pytest

from mlkanban.config import Settings
from mlkanban.glyphs import UTF8
from tests.tui.page import ROOMY, SMALL, Page, opened

GOLDEN = Path(__file__).parent / "golden"

WAYS = {
    "board": [],
    "full-stage": ["m", "5"],
    "move-menu": ["m"],
    "card": ["j", "j", "j", "enter"],
    "reports": ["R"],
    "aging": ["R", "6"],
    "triage": ["i"],
    "help": ["?"],
    "stages": ["s"],
    "plan": ["gp"],
    "review": ["gw"],
    "portfolio": ["B"],
    "form": ["e"],
    "templates": ["N"],
    "outcome": ["c"],
    "roles": ["s", "r"],
    "deliverables": ["s", "d"],
    "queue": ["gj"],
    "charter": ["gc"],
    "inbox": ["gu"],
    "tour": ["gt"],
}


def check(name: str, shown: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        file.write_text(shown + "\n")
    assert shown + "\n" == file.read_text()


def without_scroll_bar(page: Page) -> str:
    # The last column: its eighth blocks depend on how Textual rounds.
    lines = [line[:-1] + (" " if "▁" <= line[-1] <= "█" else line[-1]) for line in page.lines()]
    return "\n".join(line.rstrip() for line in lines)


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", WAYS)
async def test_the_screen(used: Path, screen: str, size: tuple[int, int]) -> None:
    async with opened(used, size=size) as page:
        await page.prospects_shown()
        await page.keys(*WAYS[screen])
        check(f"{screen}-{size[0]}x{size[1]}", without_scroll_bar(page))


@pytest.fixture
def worldly(used: Path) -> Path:
    """The used board with titles that are not ASCII."""
    from tests.tui.boards import somebody

    ada = somebody(used)
    ada.adds(
        "Überwachung naïve Bayes", "异常检测 模型", "👩‍👩‍👧 family", to="Ideas", tags=["größe"]
    )
    ada.boards.edit(ada.board_id, {"name": "Betrug – Übersicht"})
    ada.sets("Features", name="Merkmale·x")
    ada.cards.note(
        ["v1"], "- **naïve** „quotes“ …\n- a list\n\n1. one\n\n> said\n\n---\n\n| a |\n|-|\n| b |"
    )
    ada.service.close()
    return used


async def test_in_ascii_the_board_as_text(worldly: Path) -> None:
    async with opened(worldly, size=SMALL, settings=Settings(ascii=True)) as page:
        check("board-ascii-80x24", page.text())


@pytest.mark.parametrize("size", [SMALL, ROOMY, (40, 10)])
async def test_in_ascii_nothing_else_comes_out(worldly: Path, size: tuple[int, int]) -> None:
    async with opened(worldly, size=size, settings=Settings(ascii=True)) as page:
        for screen, keys in (
            WAYS | {"new-board": ["B", "n"], "block": ["b"], "swap": ["m", "5", "w"]}
        ).items():
            await page.keys("home", *keys)
            strange = {c for c in page.text() if ord(c) > 126}
            assert not strange, screen
            await page.keys("ctrl+g", "ctrl+g")
            if page.app.screen is not page.board_screen:
                await page.keys("q")
        page.send(":")
        await page.until(lambda: page.app.screen is not page.board_screen)
        await page.until(lambda: "Move" in page.text())
        assert page.text().isascii()
        page.send("e", "d")
        await page.until(lambda: "Edit in $EDITOR" in page.text())
        assert page.text().isascii()


_GLYPHS = {letter for field in fields(UTF8) for letter in getattr(UTF8, field.name)}


@pytest.mark.parametrize("size", [SMALL, ROOMY, (40, 10)])
async def test_characters_of_uncertain_width_are_glyphs_of_the_table(
    used: Path, size: tuple[int, int]
) -> None:
    async with opened(used, size=size) as page:
        for keys in ([], ["V"], ["m"], ["q"], ["m", "5"], ["q"], ["/"], ["x"]):
            await page.keys(*keys)
            uncertain = {c for c in page.text() if unicodedata.east_asian_width(c) in "A"}
            assert uncertain <= _GLYPHS, keys


async def test_every_line_is_as_wide_as_the_screen(used: Path) -> None:
    async with opened(used, size=(123, 31)) as page:
        assert {len(line) for line in page.lines()} == {123}
        assert len(page.lines()) == 31


async def test_signs_say_what_colours_say(used: Path) -> None:
    async with opened(used) as page:
        await page.press("mark.toggle")
        text = page.text()
        for sign in ("█ ▲ focal loss", "▌◆calibrate", "■ data-access", "1/1 ►1/2", "►run"):
            assert sign in text
