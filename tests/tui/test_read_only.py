"""A store that cannot be written: the board is up, the reason shown, and what is typed stays."""

import asyncio
from pathlib import Path

import pytest

from mlkanban.service import Service
from mlkanban.tui import background
from tests.tui.page import clock, opened

REASON = "The disk is mounted read-only."


def reader(data: Path) -> Service:
    service = Service.open(data, actor="ada", clock=clock, write=False)
    service.forbid_writing(REASON)
    return service


async def test_the_board_is_up_and_says_why(used: Path) -> None:
    async with opened(used, opening=lambda: reader(used)) as board:
        assert REASON in board.status()
        assert len(board.stages()) > 4
        for command in ("card.open", "back", "reports", "back", "stages", "back"):
            await board.press(command)
        assert board.screen is board.board_screen


async def test_every_write_is_refused_with_the_reason(used: Path) -> None:
    async with opened(used, opening=lambda: reader(used)) as board:
        before = board.events()
        for keys in (["L"], ["J"], ["m", "2"], ["x"], ["p", "u"], ["c", "s", "enter"], ["u"]):
            board.screen.status.clear()
            await board.keys(*keys)
            assert REASON in board.status(), keys
        await board.press("stages", "stage.raise")
        assert REASON in board.status()
        assert board.events() == before


async def test_what_is_typed_stays(used: Path) -> None:
    async with opened(used, opening=lambda: reader(used)) as board:
        for command in ("card.new", "card.note", "card.tags"):
            await board.press(command)
            await board.answer("kept")
            assert REASON in board.status()
            assert board.typed() == "kept"
            await board.keys("ctrl+g", "ctrl+g")
        await board.press("card.edit")
        await board.type(" well")
        await board.keys("enter")
        assert REASON in board.status()
        assert "calibrate probabilities well" in board.text()


async def test_others_can_be_watched(used: Path) -> None:
    async with opened(used, opening=lambda: reader(used)) as board:
        with board.store() as bob:
            bob.cards.add(board.app.model.board.id, "from elsewhere")
        await board.until(lambda: "from elsewhere" in board.text())


SERVED = "The board is served read-only: nothing can be changed."


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; what SQLite keeps beside a store for its readers is left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".db-wal", ".db-shm", ".log")
    }


async def test_a_board_that_is_served_to_look_at_writes_no_file_and_opens_no_link(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BACKUP_SECONDS", "DRAFT_SECONDS"):
        monkeypatch.setattr(background, name, 0.01)
    monkeypatch.setattr(background.AutoBackup, "look", lambda _: looked.append("backup"))
    monkeypatch.setattr("mlkanban.machine.links.opened", lambda link, _: looked.append(link))
    looked: list[str] = []
    owner = Service.open(used, actor="ada", clock=clock)
    faces = owner.boards.snapshot(owner.boards.all()[0].id).faces
    owner.cards.edit([face.ref for face in faces], {"links": ("https://example.org",)})
    owner.close()
    before = files(used)
    async with opened(used, opening=lambda: reader(used), view_only=SERVED) as board:
        for command in ("template.save", "card.link", "card.editor", "report.write", "sync"):
            board.screen.status.clear()
            await board.press(command)
            assert SERVED in board.status(), command
        await board.press("stage.fold", "preview")
        await board.press("card.edit")
        await board.type("typed by a visitor")
        await asyncio.sleep(0.1)
        board.app.keep_drafts()
    assert files(used) == before
    assert looked == []
