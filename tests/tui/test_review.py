"""The screen of a review: one thing at a time, stars, undo, and what is promised next."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from mlkanban.core.board import Outcome
from mlkanban.core.review import Agenda, Review
from tests.tui.boards import somebody, started
from tests.tui.page import NOW, ROOMY, SMALL, Page, opened
from tests.tui.test_screens import check, without_scroll_bar


@pytest.fixture
def due(tmp_path: Path) -> Path:
    """A review three weeks ago that promised two cards, of which one was finished since."""
    ada = started(tmp_path / "data")
    ada.clock.now = NOW - timedelta(days=30)
    ada.service.charter.set(ada.board_id, "rhythm", "14d")
    ada.service.charter.set(ada.board_id, "risks", "- drift\n- labels come late")
    done, late = ada.adds("order of payments", "graph of devices", to="Data prep")
    ada.adds("new idea", to="Ideas")
    ada.clock.now = NOW - timedelta(days=21)
    ada.service.reviews.end(ada.board, [done, late])
    ada.clock.now = NOW - timedelta(days=9)
    ada.cards.finish([done], Outcome.LEARNED, verdict="order helps")
    ada.service.close()
    return tmp_path / "data"


def held(page: Page) -> list[Review]:
    ada = somebody(page.data)
    try:
        return ada.service.reviews.ended(ada.board.id)
    finally:
        ada.service.close()


def agenda(page: Page) -> Agenda:
    ada = somebody(page.data)
    try:
        return ada.service.reviews.agenda(ada.board)
    finally:
        ada.service.close()


def place(page: Page) -> str:
    found = re.match(r" Review  (\d+) of (\d+)", page.lines()[0])
    return f"{found[1]}/{found[2]}" if found else ""


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_a_review_is_gone_through_by_its_keys(due: Path, size: tuple[int, int]) -> None:
    async with opened(due, size=size) as page:
        await page.press("review")
        assert place(page) == "1/5"
        assert "Promised until 2026-03-13: 2 planned, 1 done, v2 late" in page.text()
        await page.keys("1")
        assert "order of payments" in page.text()
        assert "order helps" in page.text()
        await page.keys("*", "2", "end")
        await page.type(", graphs do not")
        await page.keys("enter")
        assert "drift" in page.text()
        await page.keys("1")
        assert "labels come late" in page.text()
        await page.keys("3")
        assert "What is promised until Fri 04-03?" in page.text()
        assert "1 marked: of none the chance is known." in page.text()  # what is in progress
        await page.keys("k", "j", "space")
        assert "Nothing is marked." in page.text()
        await page.keys("space")
        await page.keys("P")
        assert page.app.screen is page.board_screen
        assert "Review 2 ended: 1 card promised until Fri 04-03." in page.text()
        [_, review] = held(page)
        assert sorted((a.key.partition(":")[0], a.answer) for a in review.answers) == [
            ("learned", "line"), ("promised", "seen"), ("risks", "gone"), ("risks", "still"),
        ]  # fmt: skip
        assert review.promised == ("v3",)
        ada = somebody(page.data)
        card = ada.cards.get("v1")
        assert (card.verdict, card.values["win"]) == ("order helps, graphs do not", True)
        assert ada.service.charter.of(ada.board.id)["risks"] == "- drift"
        ada.service.close()


async def test_the_head_says_that_a_review_is_due_until_it_is_held(due: Path) -> None:
    async with opened(due) as page:
        await page.until(lambda: "review due" in page.lines()[0])
        await page.press("review")
        await page.keys("P", "P", "y")
        assert page.app.screen is page.board_screen
        await page.until(lambda: "review due" not in page.lines()[0])


async def test_whoever_stops_in_the_middle_goes_on_there(due: Path) -> None:
    async with opened(due) as page:
        await page.press("review")
        await page.keys("1", "1", "q")
        assert "Review: 2 topics left, gw goes on." in page.text()
    async with opened(due) as page:
        await page.press("review")
        assert place(page) == "3/5"
        assert "2 answered" in page.lines()[0]
        assert "The review goes on where it was left." in page.text()


async def test_what_is_left_for_later_comes_back_at_the_end(due: Path) -> None:
    async with opened(due) as page:
        await page.press("review")
        await page.keys("j", "j", "1", "1")
        assert place(page) == "1/5"
        await page.keys("1")
        assert place(page) == "2/5"
        await page.keys("1")
        assert place(page) == "5/5"


async def test_undo_goes_back_to_the_topic(due: Path) -> None:
    async with opened(due) as page:
        await page.press("review")
        await page.keys("1", "1", "u")
        assert place(page) == "2/5"
        assert list(agenda(page).answers) == ["promised"]
        await page.keys("u")
        assert place(page) == "1/5"
        await page.keys("U")
        assert list(agenda(page).answers) == ["promised"]


async def test_a_look_back_shows_what_was_answered(due: Path) -> None:
    async with opened(due) as page:
        await page.press("review")
        await page.keys("1", "k")
        assert place(page) == "1/5"
        assert "go on  ✓" in page.text()


async def test_topics_without_an_answer_are_asked_about_before_the_end(due: Path) -> None:
    async with opened(due) as page:
        await page.press("review")
        await page.keys("P")
        assert "4 topics without an answer" in page.text()
        await page.keys("P")
        assert "End the review?" in page.text()
        await page.keys("q")
        assert len(held(page)) == 1
        await page.keys("P", "y")
        assert len(held(page)) == 2


async def test_another_day_for_the_next_review(due: Path) -> None:
    async with opened(due) as page:
        await page.press("review")
        await page.keys("P", "D")
        await page.answer("2026-03-25")
        assert "What is promised until Wed 03-25?" in page.text()
        await page.keys("D")
        await page.answer("2026-03-01")
        assert "does not lie ahead" in page.text()


async def test_a_board_without_anything_to_review_still_promises(tmp_path: Path) -> None:
    ada = started(tmp_path / "data")
    ada.service.close()
    async with opened(tmp_path / "data") as page:
        await page.press("review")
        assert place(page) == "1/1"
        assert "Nothing is marked." in page.text()
        await page.keys("space", "1")
        await page.keys("P")
        assert "Review 1 ended: nothing promised" in page.text()


async def test_a_star_on_the_board(due: Path) -> None:
    async with opened(due) as page:
        await page.press("card.win")
        ada = somebody(page.data)
        assert ada.cards.get("v3").values["win"]
        ada.service.close()
        await page.press("card.win")
        ada = somebody(page.data)
        assert not ada.cards.get("v3").values["win"]
        ada.service.close()


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_the_pages_of_a_review(due: Path, size: tuple[int, int]) -> None:
    async with opened(due, size=size) as page:
        await page.press("review")
        for name, keys in (("promised", ["1"]), ("learned", ["*", "P"]), ("next", [])):
            await page.settled()
            check(f"review-{name}-{size[0]}x{size[1]}", without_scroll_bar(page))
            await page.keys(*keys)


async def test_from_the_second_start_on_the_head_says_so_at_once(due: Path) -> None:
    async with opened(due) as page:
        await page.until(lambda: "review due" in page.lines()[0])
        await page.until(lambda: (page.data / "review.json").exists())
    async with opened(due) as page:
        assert page.app.model.review_due
    (due / "review.json").write_text('{"b": 3}')
    async with opened(due) as page:
        await page.until(lambda: "review due" in page.lines()[0])
