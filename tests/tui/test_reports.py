"""The reports screen: a key for every number, and the cards behind each part of a picture."""

import asyncio
import re
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.demo import fill
from mlkanban.display.number_view import NumberView
from mlkanban.flow.history import Workflow
from mlkanban.flow.sample import Sample, follow
from mlkanban.service import Service
from mlkanban.tui import number_worker
from mlkanban.tui.screens.board import BoardScreen
from mlkanban.tui.screens.card import CardScreen
from mlkanban.tui.screens.reports import ReportsScreen
from mlkanban.tui.theme import role_styles
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
    """What is looked at, without what stands at the right."""
    return page.lines()[0].strip().partition("  ")[0]


def scope(page: Page) -> str:
    return " ".join(page.lines()[0].partition(title(page))[2].split())


def note(page: Page) -> str:
    """The line above the keys: how it was counted, or what is pointed at."""
    return page.lines()[-2].strip()


def pointed(page: Page) -> str:
    """What the line about the part pointed at says; '' while nothing is."""
    assert isinstance(page.screen, ReportsScreen)
    return "" if page.screen._report.part is None else note(page)


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_one_key_shows_each_number(filled: Path, size: tuple[int, int]) -> None:
    async with opened(filled, size=size) as page:
        await page.press("reports")
        for entry in CATALOGUE:
            await page.keys(entry.key)
            assert title(page) == entry.title
            window = "all time" if entry.of_all_time else "90 days"
            assert scope(page).startswith(f"{window} to 2026-03-20")
            assert f" {entry.tab} " in page.lines()[1]
            assert f"{window} to" not in note(page), "the title says so"
            text = page.text()
            assert "counting ..." not in text
            assert "2026-03-20" in text, f"{entry.name} does not say its day:\n{text}"


async def test_the_table_stands_beside_the_picture_where_there_is_room(filled: Path) -> None:
    for size, beside in ((SMALL, False), (ROOMY, True)):
        async with opened(filled, size=size) as page:
            await page.press("reports", "view.aging")
            assert bool(re.search("age +state +pace", page.text())) == beside
            assert "and 9 more" not in page.text()
            assert "■ blocked" in page.text()


async def test_the_table_of_aging_has_room_for_titles_and_says_who_waits(filled: Path) -> None:
    async with opened(filled, size=(120, 35)) as page:
        await page.press("reports", "view.aging")
        await page.until(lambda: "Fraud threshold per country at a" in page.text())
        [row] = [line for line in page.lines() if "Fraud threshold" in line]
        assert re.search(r"v\d+ +\d+ d!! +blocked ", row)


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
        assert title(page) == next(e.title for e in CATALOGUE if e.name == name)
        await page.press("back", "back", "back")
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
        await page.press("reports", "view.cycle-time", "part.open")
        assert "Point at something first" in page.status()
        await page.press("view.debt", "part.next")
        assert "nothing to point at" in page.status()


async def test_triage_is_not_divided_into_groups(filled: Path) -> None:
    async with opened(filled) as page:
        await page.press("reports", "view.cycle-time", "reports.group")
        assert "type:" in scope(page)
        await page.press("view.triage")
        assert title(page) == "Triage"
        assert "decisions a minute" in page.text()
        assert "decisions per week" in page.text()
        await page.press("reports.group")
        assert "it has no groups" in page.status()
        assert title(page) == "Triage"
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
        assert title(page) == "XmR"


async def test_limits_are_suggested(filled: Path) -> None:
    async with opened(filled) as page:
        await page.press("reports")
        page.send("O")
        # The search is work, not waiting: on a busy machine it takes its time.
        await page.until(lambda: title(page).startswith("Limits to try"), timeout=120)
        await page.settled()
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
        assert title(page) == "Cumulative flow"
        await asyncio.wait_for(ended.wait(), 5)
        page.send("O")
        await page.until(lambda: "Simulating ... 50 %" in page.status())
        ended.clear()
        await page.keys("q")
        assert title(page) == "Reports"
        assert not [m for m in page.app.messages.entries if "Simulating" in m.text]
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


@pytest.mark.parametrize(
    ("size", "names"),
    [
        (SMALL, ["Cycle time", "Aging", "Forecast", "Cumulative flow"]),
        (
            ROOMY,
            [
                "Cycle time", "Cumulative flow", "Aging", "Card by card", "Throughput", "Forecast",
                "Blockers", "Flow efficiency", "In words",
            ],
        ),
    ],
    ids=["80x24", "160x45"],
)  # fmt: skip
async def test_reports_begin_with_an_overview(
    filled: Path, size: tuple[int, int], names: list[str]
) -> None:
    keys = {entry.title: entry.key for entry in CATALOGUE}
    async with opened(filled, size=size) as page:
        await page.press("reports")
        assert title(page) == "Reports"
        text = page.text()
        titles = [f"{keys[n]} {n} " if n in keys else f"{n} " for n in names]
        assert all(re.search(f"(?:^|  )[─━] {name}", text, re.MULTILINE) for name in titles)
        assert ("In words" in text) == (size == ROOMY)
        assert "counting" not in text
        for figure in ("85 % ≤ ", "of 10 past SLE", "85 % ≥ ", "WIP "):
            assert figure in text
        for number, name in enumerate(names[:-1]):
            assert isinstance(page.screen, ReportsScreen)
            assert page.screen._report.tile == number
            await page.press("part.open")
            assert title(page) == name
            await page.press("back")
            assert title(page) == "Reports"
            await page.press("chart.next")
        await page.press("back")
        assert isinstance(page.screen, BoardScreen)


async def test_charts_that_are_counted_are_shown_while_others_are_not(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the keys nor the first charts wait for a slow number."""
    go_on = threading.Event()

    def slow(view: NumberView[Any], sample: Sample) -> number_worker.Small:
        if view.name == "aging":
            go_on.wait(30)
        return number_worker.small(view, sample)

    monkeypatch.setattr("mlkanban.tui.screens.reports.small", slow)
    async with opened(filled, size=SMALL) as page:
        page.send("R")
        await page.until(lambda: "85 % ≤ " in page.text())
        assert "counting …" in page.text()
        page.send("tab", "tab", "enter")
        go_on.set()
        await page.settled()
        assert title(page) == "Forecast"


async def test_the_next_report_and_the_one_before(filled: Path) -> None:
    async with opened(filled, size=SMALL) as page:
        await page.press("reports", "report.next")
        assert title(page) == "Cycle time"
        await page.press("report.previous", "report.previous")
        last = CATALOGUE[-1]
        assert title(page) == last.title
        assert "‹ " in page.lines()[1]
        assert page.lines()[1].rstrip().endswith(f"{last.key} {last.tab}")
        await page.press("view.overview")
        assert title(page) == "Reports"
        assert page.lines()[1].rstrip().endswith("more ›")


async def test_the_tab_of_each_report_can_be_reached(filled: Path) -> None:
    """The bar moves with the current report, at any width."""
    async with opened(filled, size=(44, 20)) as page:
        await page.press("reports")
        for entry in CATALOGUE:
            await page.press("report.next")
            assert f"{entry.key} {entry.tab}" in page.lines()[1]


async def test_a_click_goes_to_a_report_and_points_at_a_bar(filled: Path) -> None:
    async with opened(filled, size=SMALL) as page:
        await page.press("reports")
        tabs = page.lines()[1]
        await page.pilot.click(offset=(tabs.index("Throughput") + 2, 1))
        await page.settled()
        assert title(page) == "Throughput"
        lowest = page.lines()[-6]
        await page.pilot.click(offset=(lowest.index("█"), SMALL[1] - 6))
        await page.settled()
        assert pointed(page).startswith("finished from ")
        await page.pilot.click(offset=(lowest.index("█"), SMALL[1] - 6))
        await page.settled()
        assert not isinstance(page.screen, ReportsScreen)
        await page.press("reports", "view.overview")
        y = next(y for y, line in enumerate(page.lines()) if "7 Forecast" in line)
        await page.pilot.click(offset=(10, y + 2))
        await page.settled()
        assert title(page) == "Forecast"


async def test_beside_the_histogram_stand_the_cards_past_the_sle(filled: Path) -> None:
    async with opened(filled, size=ROOMY) as page:
        await page.press("reports", "view.cycle-time")
        head = next(line for line in page.lines() if "past SLE" in line)
        start = head.index("past SLE")
        days = [
            int(match[1])
            for line in page.lines()
            if (match := re.match(r" +(\d+) d  v\d+", line[start - 2 :]))
        ]
        assert days == sorted(days, reverse=True)
        expected = int(page.text().split("┊SLE ")[1].split()[0])
        late = next(line for line in page.lines() if " past it" in line)
        assert len(days) == int(late.split(" of ")[0].split("┊")[-1])
        assert min(days) > expected


@pytest.mark.parametrize("size", [(20, 6), (34, 10), (60, 12), (110, 18), (220, 60)])
async def test_reports_fit_any_terminal(filled: Path, size: tuple[int, int]) -> None:
    async with opened(filled, size=size) as page:
        await page.press("reports")
        for entry in CATALOGUE:
            await page.keys(entry.key)
            await page.press("part.next")
            assert all(cell_len(line) == size[0] for line in page.lines())
            await page.press("back")


async def test_a_bar_that_is_pointed_at_has_the_colour_of_the_cursor(filled: Path) -> None:
    async with opened(filled, size=ROOMY) as page:
        await page.press("reports", "view.cycle-time")
        assert isinstance(page.screen, ReportsScreen)
        picture = page.screen._picture
        focus = role_styles(page.screen.app)["focus"]

        def lit() -> set[int]:
            found: set[int] = set()
            for y in range(picture.content_size.height):
                at = 0
                for segment in picture.render_line(y):
                    if segment.style == focus and segment.text.strip("^ "):
                        found |= set(range(at, at + segment.cell_length))
                    at += segment.cell_length
            return found

        assert not lit()
        await page.press("part.next")
        placed, [target, *_] = picture._layout, picture.targets()
        assert placed is not None
        assert lit() == {placed.margin + column for column in target.bar}


async def test_beside_flat_bars_the_table_is_not_cut(filled: Path) -> None:
    async with opened(filled, size=ROOMY) as page:
        await page.press("reports", "view.retraining")
        assert "open: retraining" in page.text().partition("state")[2]
        assert "open: retr…" not in page.text()
