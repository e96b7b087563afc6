"""The reports screen: a key for every number, and the cards behind each part of a picture."""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.demo import fill
from mlkanban.flow.history import Workflow
from mlkanban.flow.sample import Sample, follow
from mlkanban.service import Service
from mlkanban.tui import number_worker
from mlkanban.tui.screens.board import BoardScreen
from mlkanban.tui.screens.card import CardScreen
from mlkanban.tui.screens.reports import ReportsScreen
from tests.tui.page import NOW, ROOMY, SMALL, Page, clock, opened

NAMES = [entry.name for entry in CATALOGUE]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's half year; only looked at."""
    data = tmp_path_factory.mktemp("demo") / "data"
    service = Service.open(data, actor="ada", clock=clock)
    fill(service, NOW)
    service.close()
    return data


def title(page: Page) -> str:
    return page.lines()[0].strip()


def pointed(page: Page) -> str:
    """What the line about the part pointed at says."""
    return title(page).partition("  > ")[2]


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_one_key_shows_each_number(filled: Path, size: tuple[int, int]) -> None:
    async with opened(filled, size=size) as page:
        await page.press("reports")
        for entry in CATALOGUE:
            await page.keys(entry.key)
            assert title(page) == f"{entry.key}  {entry.title}, 90 days"
            text = page.text()
            assert "counting ..." not in text
            assert "2026-03-20" in text, f"{entry.name} does not say its day:\n{text}"


async def test_the_table_stands_beside_the_picture_where_there_is_room(filled: Path) -> None:
    for size, beside in ((SMALL, False), (ROOMY, True)):
        async with opened(filled, size=size) as page:
            await page.press("reports", "view.aging")
            assert ("PACE" in page.text()) == beside
            assert "and 9 more" not in page.text()
            assert "! blocked" in page.text()


async def test_it_is_drawn_again_for_another_size(filled: Path) -> None:
    async with opened(filled, size=ROOMY) as page:
        await page.press("reports", "view.scatter")
        wide = page.lines()
        await page.pilot.resize_terminal(*SMALL)
        await page.settled()
        assert len(page.lines()) == SMALL[1]
        assert max(len(line.rstrip()) for line in page.lines()) <= SMALL[0]
        await page.pilot.resize_terminal(*ROOMY)
        await page.settled()
        assert page.lines() == wide


@pytest.mark.parametrize("name", ["cycle-time", "throughput", "wip", "cfd", "blockers"])
async def test_from_a_part_to_its_cards_and_back(filled: Path, name: str) -> None:
    async with opened(filled) as page:
        await page.press("reports", f"view.{name}")
        for _ in range(30):
            await page.press("part.next")
            said = pointed(page)
            if "Enter shows them" in said:
                break
        cards = int(said.split(": ")[-1].split()[0])
        assert cards > 1
        await page.press("part.open")
        assert isinstance(page.screen, BoardScreen)
        shown = [card for cards in page.stages().values() for card in cards]
        assert len(shown) == cards
        assert "Only these cards are shown" in page.status()
        await page.press("reports")
        assert title(page).startswith(next(e.key for e in CATALOGUE if e.name == name))
        await page.press("back", "back")
        assert isinstance(page.screen, BoardScreen)
        assert len([c for cards in page.stages().values() for c in cards]) != cards


async def test_a_part_of_one_card_opens_it(filled: Path) -> None:
    async with opened(filled) as page:
        await page.press("reports", "view.aging", "part.next", "part.open")
        assert isinstance(page.screen, CardScreen)
        await page.press("back")
        assert isinstance(page.screen, ReportsScreen)
        await page.press("part.board")
        assert isinstance(page.screen, BoardScreen)
        assert len([c for cards in page.stages().values() for c in cards]) == 1


async def test_without_a_part_it_says_how_to_point(filled: Path) -> None:
    async with opened(filled) as page:
        await page.press("reports", "part.open")
        assert "Point at something first" in page.status()
        await page.press("view.debt", "part.next")
        assert "nothing to point at" in page.status()


async def test_triage_is_not_divided_into_groups(filled: Path) -> None:
    async with opened(filled) as page:
        await page.press("reports", "reports.group")
        assert "type:" in title(page)
        await page.press("view.triage")
        assert title(page) == "A  Triage, 90 days"
        assert "decisions a minute" in page.text()
        assert "decisions per week" in page.text()
        await page.press("reports.group")
        assert "it has no groups" in page.status()
        assert title(page) == "A  Triage, 90 days"
        await page.press("part.next")
        assert "nothing to point at" in page.status()


async def test_other_limits_are_tried(filled: Path) -> None:
    async with opened(filled) as page:
        await page.press("reports", "limits.try")
        await page.answer("Eval=1")
        assert title(page).startswith("What if")
        assert "Today is reproduced" in page.text()
        assert "With Evaluation 1" in page.text()
        await page.press("limits.try")
        assert "today: Data prep=2 Features=2 Training=1 Evaluation=2" in page.question()
        await page.answer("nonsense")
        assert "is not a list of stages and limits" in page.status()
        assert page.typed() == "nonsense", "what was typed is still there"
        await page.keys("ctrl+g")
        await page.press("view.xmr")
        assert title(page) == "9  XmR, 90 days"


async def test_limits_are_suggested(filled: Path) -> None:
    async with opened(filled) as page:
        await page.press("reports", "limits.suggest")
        assert title(page).startswith("Limits to try")
        assert "in % of the runs" in page.text() or "tried" in page.text() or "->" in page.text()


async def test_nobody_waits_for_what_is_not_looked_at_any_more(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A simulation that goes on and on is given up by the next key."""
    ended, deadline = asyncio.Event(), time.monotonic() + 30
    loop = asyncio.get_running_loop()

    def endless(sample, progress):
        try:
            while time.monotonic() < deadline:
                progress(0.5)
        finally:
            loop.call_soon_threadsafe(ended.set)

    monkeypatch.setattr(
        "mlkanban.tui.screens.reports.suggest",
        lambda sample, progress: endless(sample, progress),
    )
    async with opened(filled) as page:
        await page.press("reports")
        page.send("O")
        await page.until(lambda: "Simulating ... 50 %" in page.status())
        await page.keys("5")
        assert title(page) == "5  Cumulative flow, 90 days"
        await asyncio.wait_for(ended.wait(), 5)
        page.send("O")
        await page.until(lambda: "Simulating ... 50 %" in page.status())
        ended.clear()
        await page.keys("q")
        assert isinstance(page.screen, BoardScreen)
        await asyncio.wait_for(ended.wait(), 5)


async def test_keys_typed_ahead_mean_the_view_they_were_typed_for(filled: Path) -> None:
    async with opened(filled) as page:
        await page.press("reports", "view.aging", "part.next")
        expected = pointed(page)
        # From a view without a picture, so that this one has no size yet.
        await page.press("view.debt")
        page.send("6", "l")
        await page.settled()
        assert pointed(page) == expected


async def test_the_log_is_read_once_for_all_views(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[datetime] = []

    def noting(workflow: Workflow, cards: Any, as_of: datetime, *more: Any) -> Sample:
        reads.append(as_of)
        return follow(workflow, cards, as_of, *more)

    monkeypatch.setattr(number_worker, "follow", noting)
    async with opened(filled) as page:
        await page.press("reports", "view.xmr", "view.cfd", "reports.window", "view.aging")
        assert len(reads) == 1
