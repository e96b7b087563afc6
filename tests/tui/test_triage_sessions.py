"""Triage that remembers: what is kept of a session, and where the next one goes on."""

import os
import re
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.triage import TriageView
from mlkanban.display.event_text import event_text
from mlkanban.service import Service
from mlkanban.tui.screens.triage import TriageScreen
from tests.tui.boards import started
from tests.tui.page import NOW, ROOMY, SMALL, clock, opened
from tests.tui.test_read_only import reader
from tests.tui.test_triage import place, title


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Six new cards, and two slots in front of them."""
    ada = started(tmp_path / "data")
    ada.sets("Ready", limit=2)
    ada.adds(*(f"idea {number}" for number in range(1, 7)))
    ada.service.close()
    return tmp_path / "data"


def sessions(data: Path) -> list[dict[str, Any]]:
    """What was kept of each, oldest first."""
    service = Service.open(data, actor="bob", clock=clock, write=False)
    try:
        events = [*service.exports.events(service.boards.find().id)]
    finally:
        service.close()
    return [event.data["set"]["triage"] for event in events if event.kind == "triage.ended"]


async def test_a_pause_is_kept_with_its_figures(inbox: Path) -> None:
    async with opened(inbox) as page:
        page.app.now = ticking(seconds=30)
        await page.press("triage")
        await page.keys("L", "L", "L")  # Ready takes two: the third asks
        await page.keys("o")
        await page.answer("a demo tomorrow")
        await page.keys("j", "x", "u")
        await page.press("back")
        [kept] = sessions(inbox)
    assert kept["view"] == "all"
    assert kept["queue"] == 6
    assert kept["decided"] == {
        "accepted": 3, "snoozed": 0, "blocked": 0, "unblocked": 0, "completed": 0,
        "archived": 0, "merged": 0, "answered": 0,
    }  # fmt: skip
    assert (kept["skipped"], kept["undone"], kept["overrides"]) == (1, 1, 1)
    assert len(kept["left"]) == 3
    assert kept["again"] == 1
    assert kept["began"] >= "2026-03-20T09:00"
    assert kept["seconds"] > 60


def ticking(*, seconds: int) -> Any:
    """A clock that goes on with every look."""

    def looks() -> Iterator[datetime]:
        now = NOW
        while True:
            yield now
            now += timedelta(seconds=seconds)

    looking = looks()
    return lambda: next(looking)


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_the_next_session_goes_on_where_this_one_stopped(
    inbox: Path, size: tuple[int, int]
) -> None:
    async with opened(inbox, size=size) as page:
        await page.press("triage")
        await page.keys("j", "L", "x")
        await page.press("back")
        assert "4 left, i goes on" in page.status()
        await page.press("triage")
        assert page.lines()[0].startswith(" Triage  1 of 4 (resumed)")
        assert title(page) == "idea 4"
        await page.keys("x", "x", "x")
        assert title(page) == "idea 1", "what was skipped comes last"
        await page.keys("j")
        assert "Done: 3 of 4 decided" in page.text(), "and only once more"
        await page.press("back", "triage")
        assert place(page) == "1/1"
        assert "resumed" not in page.lines()[0]
    assert [kept["left"] for kept in sessions(inbox)][1:] == [[]]


async def test_in_another_run_of_the_program_too(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("x", "j")
        await page.press("back")
        with page.store() as bob:
            bob.cards.add(page.app.model.board.id, "of tonight")
    async with opened(inbox) as page:
        await page.press("triage")
        assert (place(page), title(page)) == ("1/6", "idea 3")
        await page.keys("x", "x", "x", "x")
        assert title(page) == "of tonight"


@pytest.mark.parametrize("where", [[], ["card.open"], ["help"]])
async def test_the_program_may_be_left_at_once(inbox: Path, where: list[str]) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("x")
        await page.press(*where)
        page.send("Q")
        await page.until(lambda: page.app._exit)
    [kept] = sessions(inbox)
    assert kept["decided"]["archived"] == 1
    assert len(kept["left"]) == 5


async def test_or_be_told_to_go(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("x")
        os.kill(os.getpid(), signal.SIGTERM)
        await page.until(lambda: page.app._exit)
        assert page.app.return_code == 128 + signal.SIGTERM
    assert len(sessions(inbox)) == 1


async def test_who_only_looks_leaves_nothing(inbox: Path) -> None:
    async with opened(inbox) as page:
        before = page.events()
        await page.press("triage", "card.open", "back", "triage.previous", "back")
        assert page.events() == before


async def test_undo_on_the_board_takes_back_a_decision_not_the_session(inbox: Path) -> None:
    async with opened(inbox) as page:
        before = page.stages()
        await page.press("triage")
        await page.keys("x")
        await page.press("back", "undo")
        assert page.stages() == before
        await page.press("triage")
        assert "resumed" in page.lines()[0]
        assert place(page) == "1/6"
        await page.keys("x")
        await page.press("back", "undo", "redo")
        assert len(page.stages()["Ideas"]) == 5


async def test_a_part_of_the_queue_is_gone_on_with_by_its_name(inbox: Path) -> None:
    async with opened(inbox) as page:
        page.app.push_screen(TriageScreen(TriageView.NEW, 3))
        await page.settled()
        assert place(page) == "1/3"
        await page.keys("x")
        await page.press("back")
        assert page.status() == (
            "Triage: archived 1; 2 left, in a shell `mlkanban triage --view new` goes on."
        )
        await page.press("triage")
        assert "resumed" not in page.lines()[0]
        await page.press("back")
        page.app.push_screen(TriageScreen(TriageView.NEW, 4))
        await page.settled()
        assert page.lines()[0].startswith(" Triage  1 of 4 (resumed)")
        assert title(page) == "idea 2"


async def test_redo_counts_the_decision_again(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("x", "u", "U")
        assert "archived 1" in page.lines()[0]
        assert title(page) == "idea 2"


async def test_a_decision_taken_back_on_the_page_of_a_card_counts_no_more(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("x", "L")
        await page.press("card.open", "undo")
        await page.press("back")
        assert "moved on" not in page.lines()[0]
        assert "archived 1" in page.lines()[0]
        assert (place(page), title(page)) == ("2/6", "idea 2")
        await page.press("card.open", "redo", "back")
        assert "moved on 1" in page.lines()[0]


async def test_an_edit_on_the_page_of_a_card_taken_back_is_no_decision_taken_back(
    inbox: Path,
) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("L")
        await page.press("triage.previous", "card.open", "card.priority")
        await page.keys("h")
        await page.press("undo", "back")
        assert "moved on 1" in page.lines()[0]


async def test_what_is_unblocked_is_not_counted_as_blocked(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        assert re.search(r"^ b  block", page.text(), re.MULTILINE)
        await page.press("card.block")
        await page.keys("8", "enter")
        assert "blocked 1" in page.lines()[0]
        await page.press("triage.previous")
        assert re.search(r"^ b  unblock", page.text(), re.MULTILINE)
        await page.press("card.block")
        await page.keys("y")
        assert " unblocked 1" in page.lines()[0]
        await page.press("back")
    [kept] = sessions(inbox)
    assert (kept["decided"]["blocked"], kept["decided"]["unblocked"]) == (0, 1)


async def test_a_note_taken_back_is_no_decision_taken_back(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        await page.keys("L")
        await page.press("triage.previous", "card.note")
        await page.answer("hm")
        await page.press("undo")
        assert "moved on 1" in page.lines()[0]


async def test_where_nothing_can_be_written_nothing_is_said(inbox: Path) -> None:
    async with opened(inbox, opening=lambda: reader(inbox)) as page:
        await page.press("triage", "triage.skip", "back")
        assert page.status().startswith("Triage: nothing decided")
        assert sessions(inbox) == []
        await page.press("triage")
        assert place(page) == "1/6"


async def test_the_history_tells_it(inbox: Path) -> None:
    async with opened(inbox) as page:
        page.app.now = ticking(seconds=50)
        await page.press("triage")
        await page.keys("x", "x")
        await page.press("back")
        with page.store() as store:
            board = page.app.model.board
            event = [*store.exports.events(board.id)][-1]
    assert event_text(event, board).startswith("triage: 2 of 6 decided in ")


async def test_news_while_the_program_ends_are_drawn_nowhere(inbox: Path) -> None:
    async with opened(inbox) as page:
        await page.press("triage")
        screen = page.app.screen
        await screen.query_one("#triage-card").remove()  # as the end takes one part after the other
        page.app._running = False
        try:
            await page.app.catch_up()
        finally:
            page.app._running = True
