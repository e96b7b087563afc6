"""The open board looks into the store only where its file may have been written."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from mlkanban.errors import StoreBusy
from mlkanban.tui import app as app_module
from mlkanban.tui.background import StoreFile
from tests.tui.page import NOW, Page, opened

LONG_AGO = (NOW - timedelta(hours=1)).timestamp()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each look into the store."""
    counted: list[None] = []
    look = app_module._look_again

    def counting(service: object) -> object:
        counted.append(None)
        return look(service)  # type: ignore[arg-type]

    monkeypatch.setattr(app_module, "_look_again", counting)
    return counted


async def poll(board: Page, times: int = 1) -> None:
    for _ in range(times):
        await board.app._poll()
    await board.settled()


async def test_a_file_that_nobody_wrote_is_not_opened(small: Path, looks: list[None]) -> None:
    async with opened(small) as board:
        os.utime(small / "board.db", (LONG_AGO, LONG_AGO))
        await poll(board, 2)
        looks.clear()
        await poll(board, 3)
        assert not looks
        with board.store() as service:
            service.cards.add(board.app.model.board.id, "elsewhere")
        os.utime(small / "board.db", (LONG_AGO + 1, LONG_AGO + 1))
        await poll(board)
        assert "elsewhere" in board.text()


async def test_a_file_written_just_now_is_opened_each_time(small: Path, looks: list[None]) -> None:
    """Two writes within a tick of the clock of the file system leave the same time."""
    async with opened(small) as board:
        moment = NOW.timestamp() - 1
        os.utime(small / "board.db", (moment, moment))
        await poll(board)
        looks.clear()
        await poll(board, 3)
        assert len(looks) >= 3


async def test_a_look_that_failed_is_repeated(
    small: Path, looks: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(small) as board:
        os.utime(small / "board.db", (LONG_AGO, LONG_AGO))
        await poll(board, 2)
        with board.store() as service:
            service.cards.add(board.app.model.board.id, "elsewhere")
        os.utime(small / "board.db", (LONG_AGO + 1, LONG_AGO + 1))
        take_in = app_module.BoardApp._take_in

        async def busy(app: app_module.BoardApp) -> None:
            monkeypatch.setattr(app_module.BoardApp, "_take_in", take_in)
            raise StoreBusy("busy")

        monkeypatch.setattr(app_module.BoardApp, "_take_in", busy)
        await poll(board)
        await poll(board)
        assert "elsewhere" in board.text()


def test_on_a_network_home_the_file_tells_nothing(tmp_path: Path) -> None:
    assert StoreFile(None).state(NOW) is None
    assert StoreFile(tmp_path / "nothing").state(NOW) is None


@pytest.mark.parametrize(("quiet", "seconds"), [(0.0, 0.25), (31.0, 1.0)])
async def test_an_idle_board_looks_less_often(
    small: Path, monkeypatch: pytest.MonkeyPatch, quiet: float, seconds: float
) -> None:
    asked: list[float] = []
    async with opened(small) as board:
        board.app._last_active -= quiet
        monkeypatch.setattr(board.app, "set_timer", lambda after, what: asked.append(after))
        board.app._poll_soon()
    assert asked[0] == seconds
