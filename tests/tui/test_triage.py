"""Triage: one card, one key, the next card."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
from textual.containers import VerticalScroll

from mlkanban.core.board import Health, Outcome
from mlkanban.tui.screens.triage import TriageScreen
from tests.tui.boards import somebody, started
from tests.tui.page import NOW, ROOMY, SMALL, Page, opened


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Thirty new cards, and room for all of them."""
    ada = started(tmp_path / "data")
    ada.adds(*(f"idea {number:02}" for number in range(1, 31)))
    for stage in ada.board.stages:
        ada.sets(stage.name, limit=None, unattended=None)
    ada.service.close()
    return tmp_path / "data"


def place(page: Page) -> str:
    found = re.match(r" Triage  (\d+) of (\d+)", page.lines()[0])
    return f"{found[1]}/{found[2]}" if found else ""


def title(page: Page) -> str:
    """The line after the stages, which stand over the card, up to the cards to come."""
    card = re.search(r"^ [vw]\d+  (.*?)(  |$)", page.text(), re.MULTILINE)
    return card[1].strip() if card else ""


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_thirty_cards_are_decided_on_by_their_keys(
    inbox: Path, size: tuple[int, int]
) -> None:
    async with opened(inbox, size=size) as page:
        before = len(page.events())
        await page.press("triage")
        assert (place(page), title(page)) == ("1/30", "idea 01")
        for number in range(30):
            assert title(page) == f"idea {number + 1:02}"
            match number % 5:
                case 0:
                    await page.keys("L")
                case 1:
                    await page.keys("5")
                case 2:
                    await page.keys("z", "w")
                case 3:
                    await page.keys("x")
                case 4:
                    await page.keys("c", "l", "enter")
        assert "Done: 30 of 30 decided" in page.text()
        kinds = [kind for _, kind in page.events()[before:]]
        assert kinds == 6 * [
            "card.moved", "card.moved", "card.snoozed", "card.archived", "card.finished",
        ]  # fmt: skip
        assert page.stage("Ready").cards() == [f"idea {n:02}" for n in range(1, 31, 5)]
        assert page.stage("Training").cards() == [f"idea {n:02}" for n in range(2, 31, 5)]
        assert "moved on 12  snoozed 6  archived 6  finished 6" in page.lines()[0]
        await page.press("back")
        assert "Triage: moved on 12" in page.status()


async def test_the_keys_may_all_come_at_once(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        page.send("L", "j", "L", "x", "L")
        await page.settled()
        assert (place(page), title(page)) == ("6/30", "idea 06")
        assert page.stage("Ready").cards() == ["idea 01", "idea 03", "idea 05"]


async def test_undo_goes_back_to_the_card(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("L", "x", "L")
        await page.press("undo", "undo")
        assert (place(page), title(page)) == ("2/30", "idea 02")
        assert "moved on 1 " in page.lines()[0] + " "
        assert "archived" not in page.lines()[0]
        await page.keys("5")
        assert (place(page), title(page)) == ("3/30", "idea 03")


async def test_a_skipped_card_comes_back_once_at_the_end(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage", "triage.skip")
        assert (place(page), title(page)) == ("2/30", "idea 02")
        await page.press("triage.previous")
        assert title(page) == "idea 01"
        await page.press(*["triage.skip"] * 30)
        assert (place(page), title(page)) == ("1/30", "idea 01")
        await page.press(*["triage.skip"] * 30)
        assert "Done: 0 of 30" in page.text()


async def test_what_does_not_decide_stays_on_the_card(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage", "card.priority")
        await page.keys("h")
        await page.press("card.note")
        await page.type("**worth** a look")
        await page.keys("enter")
        assert place(page) == "1/30"
        assert "high" in page.text()
        assert "worth a look" in page.text()
        await page.press("card.open")
        assert "2 Notes 1" in page.text()
        assert "worth a look" in page.text()
        await page.press("back")
        await page.press("card.block")
        await page.keys("8", "enter")
        assert place(page) == "2/30"


async def test_the_third_snooze_asks_for_a_decision(inbox: Path) -> None:
    ada = somebody(inbox, 3)
    [ref] = ada.adds("again and again")
    for _ in range(2):
        ada.cards.snooze([ref], (NOW - timedelta(days=1)).date())
    ada.service.close()
    async with opened(inbox) as page:
        await page.press("triage")
        assert title(page) == "again and again"
        assert "its snooze is over; snoozed 2 times before" in page.text()
        await page.keys("z")
        assert "was snoozed 2 times. What is it to be?" in page.question()
        await page.keys("q")
        assert place(page).startswith("1/")
        await page.keys("z", "z", "d")
        assert place(page).startswith("2/")
        await page.press("undo")
        await page.keys("z", "x")
        assert place(page).startswith("2/")
        assert "archived 1" in page.lines()[0]


async def test_a_full_stage_asks_as_everywhere(small: Path) -> None:
    async with opened(small) as page:
        await page.press("triage")
        first = title(page)
        await page.keys("5")
        assert "Training is 1/1" in page.question()
        await page.keys("q")
        assert title(page) == first
        await page.keys("5", "r")
        assert page.stage("Ready").cards()[-1] == first
        assert place(page).startswith("2/")


async def test_nothing_to_decide_is_said(small: Path) -> None:
    async with opened(small) as page:
        await page.press("triage", "card.archive", "card.archive", "card.archive")
        await page.press("back", "triage")
        assert "Nothing asks for a decision." in page.text()
        for name in ("triage.accept", "card.snooze", "card.archive", "triage.skip", "card.open"):
            await page.press(name)
        assert page.app.crash is None


async def test_what_is_still_being_made_is_not_drawn(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, compose = asyncio.Event(), VerticalScroll._compose

    async def late(self: VerticalScroll) -> None:
        await made.wait()
        await compose(self)

    monkeypatch.setattr(VerticalScroll, "_compose", late)
    async with opened(small) as page:
        screen = TriageScreen()
        page.app.push_screen(screen)
        while not screen.children:
            await asyncio.sleep(0)
        try:
            await screen.board_changed()  # as the look at what others wrote does
        finally:
            made.set()
        await page.until(lambda: "Triage  1 of " in page.text())
        assert page.app.crash is None


async def test_a_duplicate_goes_into_the_other_card(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage", "triage.skip", "card.merge")
        await page.answer("nobody")
        assert "There is no card" in page.status()
        await page.answer(page.ref("idea 01"))
        assert (place(page), title(page)) == ("3/30", "idea 03")
        assert "merged 1" in page.lines()[0]
        assert "idea 02" not in page.stage("Ideas").cards()


async def test_accepting_goes_one_stage_on_as_on_the_board(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("L")
        await page.press("triage.previous")
        await page.keys("L")
        assert page.stage("Data prep").cards() == ["idea 01"]
        assert page.stage("Ready").cards() == []


async def test_a_model_at_alert_is_answered_not_accepted(tmp_path: Path) -> None:
    ada = started(tmp_path / "data")
    [ref] = ada.adds("champion")
    ada.cards.finish([ref], Outcome.SHIPPED)
    ada.service.retraining.judge([ref], Health.ALERT)
    ada.service.close()
    async with opened(tmp_path / "data") as page:
        await page.press("triage")
        assert "w  health" in page.text()
        assert "w health" not in page.status()
        assert "move on" not in page.text()
        before = len(page.events())
        await page.keys("L")
        assert f"{ref} has come to its end: it cannot move on." in page.status()
        assert len(page.events()) == before
        assert place(page) == "1/1"
