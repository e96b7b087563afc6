"""Learning curves and what runs report while they go on, on an open board."""

import asyncio
import math
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mlkanban.config import Settings
from mlkanban.core.timestamps import instant
from mlkanban.runs.local.folder import RunFolder
from mlkanban.tui.live_values import LiveValues
from tests.service.machine import FINISHED, Machine
from tests.service.people import Person
from tests.tui.boards import somebody
from tests.tui.page import NOW, ROOMY, SMALL, Page, opened
from tests.tui.test_screens import check, without_scroll_bar

TITLE = "logistic baseline"
OVER, GOING_ON = "20260319-080000-0000000a", "20260320-080000-0000000b"
METRIC = {"name": "auc", "direction": ">=", "target": 0.92, "baseline": 0.9}


def ref_of(person: Person) -> str:
    faces = person.boards.snapshot(person.board_id).faces
    return next(face.ref for face in faces if face.title == TITLE)


def log(data: Path, run: str, epochs: int, reached: float) -> RunFolder:
    """The log of a run that came near to a value."""
    folder = RunFolder(data / "runs" / run)
    folder.make()
    append(folder, 1, epochs, reached)
    return folder


def append(folder: RunFolder, first: int, last: int, reached: float) -> None:
    with folder.out.open("a") as file:
        for epoch in range(first, last + 1):
            value = reached - 0.1 * math.exp(-epoch / 8) + 0.001 * (epoch % 3)
            file.write(f"mlkanban: step={100 * epoch} epoch={epoch} auc={value:.4f}\n")


def reporting(data: Path, *values: str, guards: str = "") -> None:
    """Have a run of a card with a metric go on that has reported such values."""
    ada = somebody(data)
    ref = ref_of(ada)
    ada.cards.edit([ref], {"metric": METRIC, "guards": guards})
    Machine(ada).starts(ref, GOING_ON, started=instant(NOW - timedelta(hours=14)))
    ada.service.close()
    folder = RunFolder(data / "runs" / GOING_ON)
    folder.make()
    folder.out.write_text("".join(f"mlkanban: {line}\n" for line in values))


@pytest.fixture
def trained(small: Path) -> Path:
    """A card with a run that is over and one that goes on, both with logs."""
    ada = somebody(small)
    ref = ref_of(ada)
    ada.cards.edit([ref], {"metric": METRIC})
    box = Machine(ada)
    began = instant(NOW - timedelta(hours=30))
    box.starts(ref, OVER, started=began, argv=("python", "train.py", "--lr", "3e-4"))
    ada.clock.now = NOW - timedelta(hours=20)
    box.ends(ref, OVER, FINISHED, metrics={"auc": 0.917})
    argv = ("python", "train.py", "--lr", "1e-3")
    box.starts(ref, GOING_ON, started=instant(NOW - timedelta(hours=14)), argv=argv)
    ada.service.close()
    log(small, OVER, 40, 0.915)
    log(small, GOING_ON, 26, 0.911)
    return small


async def curve(page: Page) -> str:
    """The text of a page once its curve is there."""
    await page.until(lambda: ".915  best" in page.text())
    return page.text()


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", ["runs", "card"])
async def test_the_page(trained: Path, screen: str, size: tuple[int, int]) -> None:
    async with opened(trained, size=size) as page:
        await page.go_to(TITLE)
        await page.press("runs" if screen == "runs" else "card.open")
        await curve(page)
        check(f"{screen}-curves-{size[0]}x{size[1]}", without_scroll_bar(page))


async def test_in_ascii_a_curve_is_drawn_with_letters(trained: Path) -> None:
    async with opened(trained, settings=Settings(ascii=True)) as page:
        await page.go_to(TITLE)
        await page.press("runs")
        text = await curve(page)
        assert text.isascii()
        assert "bbbb" in text
        assert "rrrr" in text


async def test_a_curve_follows_its_log(trained: Path) -> None:
    async with opened(trained) as page:
        await page.go_to(TITLE)
        await page.press("runs")
        assert "The running curve is at" in await curve(page)
        assert "(step 2600)" in page.text()
        append(RunFolder(trained / "runs" / GOING_ON), 27, 30, 0.911)
        await page.until(lambda: "The running curve is at .909 (step 3000)" in page.text())


async def test_keys_change_what_a_curve_is_drawn_over_and_how_much_of_it(trained: Path) -> None:
    with RunFolder(trained / "runs" / GOING_ON).out.open("a") as file:
        file.write("mlkanban: step=2700 epoch=27 auc=0.1\nmlkanban: step=2800 epoch=28 auc=0.91\n")
    async with opened(trained) as page:
        await page.go_to(TITLE)
        for where in ("runs", "card.open"):
            await page.press(where)
            await curve(page)
            assert "auc by step" in page.text()
            await page.keys("_")
            await page.until(lambda: "auc by epoch" in page.text())
            await page.keys("_")
            await page.until(lambda: "auc by step" in page.text())
            assert "outside the picture: | shows all" in page.text()
            await page.keys("|")
            await page.until(lambda: "outside the picture" not in page.text())
            await page.keys("q")


async def test_marked_runs_are_drawn_with_their_letters(trained: Path) -> None:
    async with opened(trained) as page:
        await page.go_to(TITLE)
        await page.press("runs")
        await curve(page)
        await page.press("run.mark")
        await page.press("cursor.down")
        await page.press("run.mark")
        await page.until(lambda: "2 marked" in page.text())
        await page.until(lambda: "b ended at" in page.text() or "a ended at" in page.text())
        assert sorted(re.findall(r"\.9\d\d  ([ab])\b", page.text())) == ["a", "b"]


async def test_the_configuration_under_the_cursor_is_drawn(trained: Path) -> None:
    ada = somebody(trained)
    ref = ref_of(ada)
    third, box = OVER[:-1] + "9", Machine(ada)
    began = instant(NOW - timedelta(hours=29))
    box.starts(ref, third, started=began, argv=("python", "train.py", "--lr", "1e-2"))
    box.ends(ref, third, FINISHED, metrics={"auc": 0.905})
    ada.service.close()
    log(trained, third, 30, 0.905)
    async with opened(trained) as page:
        await page.go_to(TITLE)
        await page.press("runs")
        await curve(page)
        assert "  cursor " not in page.text()
        await page.press("cursor.down")
        await page.until(lambda: ".903  cursor " in page.text())


async def test_the_face_of_a_card_has_the_newest_value_of_its_run(trained: Path) -> None:
    async with opened(trained) as page:
        await page.app.live_values.look()
        await page.until(lambda: "►14h .909 ▁" in page.text())
        folder = RunFolder(trained / "runs" / GOING_ON)
        with folder.out.open("a") as file:
            file.write("mlkanban: step=2700 auc=nan\n")
        await page.app.live_values.look()
        await page.until(lambda: "auc=nan" in page.text())


async def test_the_preview_has_it_too(trained: Path) -> None:
    async with opened(trained) as page:
        await page.app.live_values.look()
        await page.go_to(TITLE)
        await page.until(lambda: page.text().count(".909 ▁") == 2)


async def test_the_pane_draws_the_curves_of_the_card_that_the_cursor_rests_on(
    trained: Path,
) -> None:
    async with opened(trained, size=(220, 60)) as board:
        await board.go_to(TITLE)
        drawn = await curve(board)
        assert "auc by step" in drawn
        assert ".909  running" in drawn
        append(RunFolder(trained / "runs" / GOING_ON), 27, 40, 0.93)
        await board.until(lambda: ".93   running" in board.text())
        await board.press("cursor.left")
        await board.until(lambda: "auc by step" not in board.text())


async def test_one_value_is_no_curve(small: Path) -> None:
    ada = somebody(small)
    ref = ref_of(ada)
    Machine(ada).starts(ref, GOING_ON)
    ada.service.close()
    log(small, GOING_ON, 1, 0.9)
    async with opened(small) as page:
        await page.go_to(TITLE)
        await page.press("runs")
        await page.until(lambda: "auc" in page.text())
        await page.keys("|")
        assert "There is no learning curve here." in page.status()


async def test_the_next_card_does_not_show_the_curve_of_the_one_before(trained: Path) -> None:
    ada = somebody(trained)
    ada.sets("Training", limit=5)
    ada.adds("another model", to="Training")
    ada.service.close()
    async with opened(trained) as page:
        await page.go_to(TITLE)
        await page.press("card.open")
        await curve(page)
        await page.press("card.next")
        await page.until(lambda: "another model" in page.text())
        await page.settled()
        assert "by step" not in page.text()


async def test_without_a_board_nothing_is_looked_at(tmp_path: Path) -> None:
    async with opened(tmp_path) as page:
        await page.app._look_at_live_values()
        assert not page.app.live.of_cards


async def test_without_values_of_its_metric_a_card_shows_what_is_reported(small: Path) -> None:
    reporting(small, *(f"step={at} loss={1 / at}" for at in range(1, 9)))
    async with opened(small, size=ROOMY) as page:
        await page.app.live_values.look()
        await page.until(lambda: "►14h loss .125 █" in page.text())
        await page.go_to(TITLE)
        for where in ("runs", "card.open"):
            await page.press(where)
            await page.until(lambda: "loss by step" in page.text())
            assert "The running curve is at .125 (step 8)." in page.text()
            assert "target" not in page.text(), "a target is only for its own metric"
            assert "loss .125" in page.text()
            await page.keys("q")


@pytest.mark.parametrize("where", ["runs", "card.open"])
async def test_the_time_of_a_run_moves_without_a_new_value(
    trained: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(trained) as page:
        await page.go_to(TITLE)
        await page.press(where)
        await curve(page)
        assert "15h" not in page.text()
        monkeypatch.setattr(page.app, "now", lambda: NOW + timedelta(hours=1))
        await page.until(lambda: "15h" in page.text())


async def test_a_face_counts_the_seconds_of_a_run_as_its_pages_do(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = somebody(small)
    Machine(ada).starts(ref_of(ada), GOING_ON, started=instant(NOW - timedelta(seconds=20)))
    ada.service.close()
    async with opened(small) as page:
        await page.until(lambda: "►20s" in page.text())
        monkeypatch.setattr(page.app, "now", lambda: NOW + timedelta(seconds=18))
        await page.app.live_values.look()
        await page.until(lambda: "►38s" in page.text())


async def test_a_guard_is_read_while_a_run_goes_on(small: Path) -> None:
    reporting(
        small, *(f"step={at} auc={1 - 1 / at} ms={57 + at}" for at in range(1, 4)), guards="ms<=50"
    )
    async with opened(small, size=ROOMY) as page:
        await page.app.live_values.look()
        await page.go_to(TITLE)
        await page.until(lambda: "ms not measured → ≤50  now 60 ✗" in page.text())
        await page.press("card.open")
        await page.until(lambda: "≤50  not measured  now 60 ✗" in page.text())
        await page.press("runs")
        await page.until(lambda: "60 ✗" in page.text())


@pytest.mark.parametrize("where", ["runs", "card.open"])
async def test_a_key_draws_another_metric_that_runs_report(small: Path, where: str) -> None:
    reporting(small, *(f"step={at} loss={1 / at} lr={at / 9}" for at in range(1, 9)))
    async with opened(small, size=ROOMY) as page:
        await page.go_to(TITLE)
        await page.press(where)
        await page.until(lambda: "loss by step (no curve of auc)" in page.text())
        await page.keys("&")
        await page.until(lambda: "lr by step" in page.text())
        assert "no curve of" not in page.text()
        await page.keys("&")
        await page.until(lambda: "loss by step (no curve of auc)" in page.text())


@pytest.mark.parametrize("where", ["runs", "card.open"])
async def test_the_curve_stays_where_other_metrics_have_one_value(small: Path, where: str) -> None:
    reporting(small, *(f"step={at} loss={1 / at}" for at in range(1, 9)), "auc=.9 ms=61")
    async with opened(small, size=ROOMY) as page:
        await page.go_to(TITLE)
        await page.press(where)
        await page.until(lambda: "loss by step (no curve of auc)" in page.text())
        await page.keys("&")
        await page.until(lambda: bool(page.messages("No other metric has a curve.")))
        assert "loss by step (no curve of auc)" in page.text()
        assert not page.messages("auc has fewer")


async def test_the_table_of_runs_stays_where_it_is_when_its_curve_is_read(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, seen = LiveValues.series, []

    async def slow(self: LiveValues, *parts: Any) -> object:
        await asyncio.sleep(0.3)
        seen.append(page.lines())
        return await read(self, *parts)

    monkeypatch.setattr(LiveValues, "series", slow)
    async with opened(trained, size=ROOMY) as page:
        await page.go_to(TITLE)
        for screen, words in (("card.open", "what is known"), ("runs", "one run says too little")):
            seen.clear()
            await page.press(screen)
            await curve(page)
            assert any("Reading the values of the runs" in line for line in seen[0])
            before, after = (
                [at for at, line in enumerate(lines) if words in line]
                for lines in (seen[0], page.lines())
            )
            assert before == after
            assert len(after) == 1
            await page.keys("q")
