"""The mouse on screens that are lists: as on the board a click puts the cursor on a row, a double
click opens it, the wheel moves."""

from pathlib import Path

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Offset

from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.tui.screens.runs import RunsScreen
from tests.tui.boards import somebody, started
from tests.tui.page import SMALL, Page, opened
from tests.tui.test_runs import forged


def line_of(page: Page, text: str) -> Offset:
    """Where the first line with a text is."""
    lines = page.lines()
    y = next(y for y, line in enumerate(lines) if text in line)
    return Offset(lines[y].index(text), y)


def here(page: Page) -> str:
    """The line under the cursor."""
    return next(line for line in page.lines() if line.startswith("█"))


async def turn(page: Page, *, down: bool, at: Offset, times: int = 1) -> None:
    for _ in range(times):
        kind = MouseScrollDown if down else MouseScrollUp
        await page.pilot._post_mouse_events([kind], offset=at)
    await page.settled()


async def test_the_plan(used: Path) -> None:
    async with opened(used) as page:
        await page.press("plan")
        await page.pilot.click(offset=line_of(page, "embedding store"))
        assert "embedding store" in here(page)
        await page.pilot.click(offset=line_of(page, "audit the labels"))
        assert "audit the labels" in here(page)
        await turn(page, down=True, at=Offset(5, 20))
        assert "calibrate probabilities" in here(page)
        await turn(page, down=False, at=Offset(5, 20))
        assert "audit the labels" in here(page)
        await page.pilot.click(offset=line_of(page, "─ Ideas"))
        assert "audit the labels" in here(page), "a head is no card"
        await page.pilot.double_click(offset=line_of(page, "focal loss"))
        await page.settled()
        assert page.screen.WHERE == "card"
        assert "focal loss" in page.lines()[0]


async def test_the_stages(used: Path) -> None:
    async with opened(used) as page:
        await page.press("stages")
        await page.pilot.click(offset=line_of(page, "Features"))
        assert "Features" in here(page)
        await page.pilot.click(offset=line_of(page, "commitment"))
        assert "Features" in here(page), "the line of the commitment is no stage"
        await turn(page, down=True, at=Offset(5, 5))
        assert "Training" in here(page)
        await page.pilot.double_click(offset=line_of(page, "Ready"))
        assert page.screen.WHERE == "stages"
        assert "Ready" in here(page)


async def test_the_boards(used: Path) -> None:
    ada = started(used, "Churn", "plain")
    ada.service.close()
    async with opened(used) as page:
        await page.press("board.switch")
        await page.pilot.click(offset=line_of(page, "Fraud"))
        assert "Fraud" in here(page)
        await page.pilot.double_click(offset=line_of(page, "Churn"))
        await page.settled()
        assert page.app.screen is page.board_screen
        assert page.app.model.board.name == "Churn"


async def test_the_inbox(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(small) as page:
        await page.press("unlinked")
        page.app.tracked = [Tracked(f"mlflow:r{at}", f"try {at}", "loss") for at in range(3)]
        await page.screen.board_changed()
        await page.settled()
        await page.pilot.click(offset=line_of(page, "try 1"))
        assert "try 1" in here(page)
        await turn(page, down=False, at=Offset(5, 3))
        assert "try 2" in here(page)
        await page.pilot.double_click(offset=line_of(page, "loss"))
        await page.settled()
        assert "try 1" not in page.text(), "Enter closes the experiment"


async def test_the_runs_of_a_card(small: Path) -> None:
    async with opened(small) as page:
        ref = page.ref("logistic baseline")
        for at in range(2):
            forged(small, ref, f"20260320-08000{at}-0000000a", argv=["python", f"t{at}.py"])
        await page.until(lambda: len(_runs(page, ref)) == 2)
        await page.go_to("logistic baseline")
        await page.press("runs")
        screen = page.screen
        assert isinstance(screen, RunsScreen)
        assert screen.row == 0
        [first, second] = screen.rows_in_sight
        await page.pilot.click(offset=(5, second))
        assert screen.row == 1
        await page.pilot.click(offset=(5, first - 1))
        assert screen.row == 1, "the head of the list is no run"
        await turn(page, down=False, at=Offset(5, second))
        assert screen.row == 0


def _runs(page: Page, ref: str) -> list[object]:
    with page.store() as service:
        return list(service.runs.of_card(ref))


async def test_what_is_still_to_come_in_triage(small: Path) -> None:
    ada = somebody(small)
    ada.adds(*(f"idea {number:02}" for number in range(60)))
    ada.service.close()
    async with opened(small) as page:
        await page.press("triage")
        left = page.lines()[0].index("of")
        at = line_of(page, "idea 07")
        await page.pilot.click(offset=at)
        await page.settled()
        assert "idea 07" in "".join(line[: at.x - 8] for line in page.lines())
        assert page.lines()[0][: left + 6].split()[1] == "1"
        first = line_of(page, "To come") + Offset(1, 1)
        before = page.lines()[first.y][first.x :]
        await turn(page, down=True, at=first, times=3)
        assert before not in page.text()
        await page.pilot.click(offset=line_of(page, " more"))
        assert "idea 07" in "".join(line[: at.x - 8] for line in page.lines())
        await page.pilot.double_click(offset=line_of(page, "idea 09"))
        await page.settled()
        assert page.screen.WHERE == "card"
        assert "idea 09" in page.lines()[0]


async def test_messages(small: Path) -> None:
    async with opened(small, size=SMALL) as page:
        for at in range(60):
            page.app.messages.add(f"message {at}", warning=False)
        await page.press("messages")
        assert "message 59" in page.text()
        await turn(page, down=True, at=Offset(5, 5), times=4)
        assert "message 59" not in page.text()


async def test_the_mouse_waits_while_something_is_asked(used: Path) -> None:
    async with opened(used) as page:
        await page.press("plan", "plan.day")
        before = here(page)
        await page.pilot.double_click(offset=line_of(page, "embedding store"))
        await turn(page, down=True, at=Offset(5, 20))
        assert page.question()
        assert here(page) == before
