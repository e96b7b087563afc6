"""Backups that are made by themselves while the board is open."""

from pathlib import Path

import pytest

from mlkanban.tui import background
from tests.tui.page import opened


def made(data: Path) -> list[Path]:
    return list((data / "backups").glob("*-auto-*.db"))


async def test_one_is_made_when_nobody_types(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(small) as board:
        await board.keys("j")
        await board.app.auto_backup.look()
        assert made(small) == [], "a key was pressed just now"
        monkeypatch.setattr(background, "CALM", 0.0)
        await board.app.auto_backup.look()
        assert len(made(small)) == 1
        await board.app.auto_backup.look()
        assert len(made(small)) == 1


async def test_it_is_told_once_when_none_can_be_made(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "CALM", 0.0)
    (small / "backups").write_text("a file where the folder should be")
    async with opened(small) as board:
        await board.app.auto_backup.look()
        await board.until(lambda: "No backup was made:" in board.text())
        board.screen.status.clear()
        await board.app.auto_backup.look()
        assert "No backup was made:" not in board.text()
