"""Folded stages stay folded at the next start, on this machine and for their board."""

import json
from pathlib import Path

import pytest

from mlkanban.tui.fold_file import read_folds, write_folds
from tests.tui.boards import started
from tests.tui.page import Page, opened


def folded(page: Page) -> list[int]:
    """The stages whose cards take one line each."""
    return [seen.column.stage for seen in page.board_view.in_sight if not seen.heights.facts]


async def test_a_fold_is_there_at_the_next_start_and_no_event(used: Path) -> None:
    async with opened(used) as page:
        before = page.events()
        assert folded(page) == [], "there is room for what is finished"
        await page.press("stage.fold")
        await page.keys("8")
        await page.press("stage.fold")
        assert folded(page) == [0, 7]
        await page.press("stage.fold")
        assert folded(page) == [0]
        assert page.events() == before
    async with opened(used) as page:
        assert folded(page) == [0]
        await page.press("list", "list")
        assert folded(page) == [0]


async def test_each_board_has_its_own_folds(used: Path) -> None:
    ada = started(used, "Churn")
    ada.adds("a card")
    ada.service.close()
    async with opened(used) as page:
        await page.press("stage.fold")
        assert folded(page) == [0, 7]
        await page.app.open_board("fraud")
        await page.settled()
        assert folded(page) == []
        await page.app.open_board("churn")
        await page.settled()
        assert folded(page) == [0, 7]


@pytest.mark.parametrize("text", ["", "[]", '{"b": 3}', '{"b": {"s": "yes"}}', "{"])
def test_a_file_that_says_nothing_of_folds_is_no_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "folds.json").write_text(text)
    assert read_folds(tmp_path, "b") == {}
    write_folds(tmp_path, "b", {"s": True})
    assert read_folds(tmp_path, "b") == {"s": True}


def test_the_folds_of_other_boards_stay(tmp_path: Path) -> None:
    write_folds(tmp_path, "b", {"s": True})
    write_folds(tmp_path, "c", {"t": False})
    assert json.loads((tmp_path / "folds.json").read_text()) == {
        "b": {"s": True},
        "c": {"t": False},
    }


async def test_folds_that_cannot_be_kept_are_said(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlkanban.tui.app.write_folds", full)
    async with opened(used) as page:
        await page.press("stage.fold")
        assert folded(page) == [0]
        assert "Folded for now" in page.status()
