"""All menus are one kind: a key of its own for each answer, and a cursor."""

from pathlib import Path

import pytest

from mlkanban.glyphs import UTF8
from mlkanban.tui.widgets.menu import NOTHING, Menu, Option, numbered
from tests.tui.page import ROOMY, SMALL, opened
from tests.tui.test_mouse_lists import line_of

MENUS = {
    "outcome": ["c"], "reasons": ["b"], "move": ["m"], "priority": ["p"], "snooze": ["z"],
    "themes": ["T"], "own pairs": ["g"], "templates": ["N"], "boards": ["B", "n"],
    "roles": ["s", "r"], "swap": ["m", "5", "w"], "checklist": ["C"],
}  # fmt: skip


@pytest.mark.parametrize("keys", MENUS.values(), ids=MENUS)
async def test_arrows_move_the_cursor_of_each_menu_and_q_leaves_it(
    used: Path, keys: list[str]
) -> None:
    async with opened(used, size=SMALL) as page:
        for key in keys:
            page.send(key)  # one half of a pair is a key, too
            await page.settled()
        before, events = page.pointed_at(), page.events()
        assert before
        await page.keys("down")
        after = page.pointed_at()
        assert after != before
        await page.keys("up")
        assert page.pointed_at() == before
        await page.keys("x" if keys == ["g"] else "!")
        assert "Enter takes the answer at >, q cancels." in page.status()
        await page.keys("q")
        assert not page.pointed_at()
        assert page.events() == events


async def test_enter_is_the_key_of_the_row_under_the_cursor(small: Path) -> None:
    async with opened(small, size=SMALL) as page:
        await page.press("card.block")
        await page.keys("j", "j", "k")
        assert page.pointed_at().startswith("2 ")
        reason = page.pointed_at().removeprefix("2 ")
        await page.keys("enter")
        assert page.question().startswith(f"Blocked by {reason}:")


async def test_a_menu_begins_at_what_is_now(small: Path) -> None:
    async with opened(small, size=SMALL) as page:
        await page.go_to("embedding store")
        await page.press("card.right")
        before = page.events()
        await page.press("card.move")
        assert page.pointed_at().startswith("2 Ready")
        await page.keys("enter")
        await page.press("card.priority")
        assert page.pointed_at().endswith("normal")
        await page.keys("enter")
        assert page.events() == before


async def test_a_question_that_nobody_asked_for_begins_where_nothing_is_done(small: Path) -> None:
    async with opened(small) as page:
        await page.go_to("focal loss for minority classes")
        before = page.events()
        await page.press("card.move")
        await page.keys("5")
        assert page.pointed_at() == "q cancel"
        await page.keys("enter")
        assert page.status() == "Nothing was moved."
        assert page.events() == before
        await page.press("card.move")
        await page.keys("5", "left", "left", "left", "enter")
        assert "moved to Ready" in page.status()
        assert "focal loss for minority classes" in page.stage("Ready").cards()


@pytest.mark.parametrize("size", [SMALL, ROOMY, (40, 10)])
async def test_a_click_on_an_answer_is_its_key(small: Path, size: tuple[int, int]) -> None:
    async with opened(small, size=size) as page:
        await page.go_to("focal loss for minority classes")
        await page.press("card.finish")
        await page.pilot.click(offset=line_of(page, "superseded"))
        await page.settled()
        assert "superseded" in page.question()
        await page.keys("ctrl+g")
        await page.press("card.block")
        await page.pilot.click(offset=line_of(page, "compute-queue"))
        await page.settled()
        assert page.question().startswith("Blocked by compute-queue")
        await page.keys("ctrl+g")
        await page.press("card.finish")
        await page.pilot.click(offset=line_of(page, "cancel"))
        await page.settled()
        assert not page.question()


def texts(menu: Menu, room: int, height: int) -> list[str]:
    return ["".join(piece.text for piece in line) for line in menu.lines(room, height, UTF8)]


def test_more_answers_than_there_are_lines_are_shown_around_the_cursor() -> None:
    menu = Menu("Topic", numbered([f"page {at}" for at in range(1, 24)]), at=20, rows=True)
    lines = texts(menu, 60, 12)
    assert len(lines) == 12
    assert lines[0] == "Topic  14-23 of 23"
    assert sum(line.startswith(">") for line in lines) == 1
    assert any(line.startswith(">") and line.endswith("page 21") for line in lines)
    assert "cancel" in lines[-1]
    for at in range(24):
        menu.row = at
        assert any(line.startswith(">") for line in texts(menu, 60, 12))


def test_what_moves_the_cursor_is_the_key_of_no_row() -> None:
    keys = {option.key for option in numbered(["x"] * 60)}
    assert not keys & set("jkq")
    # Where a menu has such a key all the same, it is the answer.
    menu = Menu("Go to", [Option("j", "queue"), Option("p", "plan")], at=NOTHING)
    assert not menu.step("j")
    assert menu.step("up")
    assert menu.chosen == "p"


async def test_a_tick_leaves_the_cursor_where_it_is(used: Path) -> None:
    async with opened(used) as page:
        await page.press("card.checklist")
        for text in ("one", "two"):
            await page.keys("+")
            await page.answer(text)
        await page.keys("j", "enter")
        at = page.pointed_at()
        assert at.endswith("two")
        assert "✓" in at
        await page.keys("enter")
        assert "✓" not in page.pointed_at()
        assert page.pointed_at().endswith("two")


async def test_deliverables_are_divided_by_semicolons(small: Path) -> None:
    async with opened(small, size=SMALL) as page:
        await page.press("stages")
        await page.keys("d")
        await page.answer("three seeds; a page; ")
        stage = page.app.model.board.stages[0]
        assert stage.deliverables == ("three seeds", "a page")
        await page.keys("d")
        assert page.typed() == "three seeds; a page"
